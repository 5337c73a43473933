// What checkpoint streams read, send, write and report.
#include "cluster/node/checkpoint_exchange.hpp"

#include <chrono>
#include <utility>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/thread_name.hpp"

namespace taskdriver::cluster {
namespace {

/// Leaves disk and network to requests.
constexpr std::uint64_t bytes_per_second = std::uint64_t{64} << 20;
constexpr std::chrono::milliseconds pump_pause{20};

void log_broken(std::string_view what, shard_id shard, const node_name& peer,
                const std::string& why) {
  log_event(log_level::warn, what, {{"shard", raw(shard)}, {"peer", peer}, {"reason", why}});
}

}  // namespace

checkpoint_exchange::checkpoint_exchange(storage::node_store& store, const time_source& time,
                                         node_name self, std::function<void(shard_event)> report)
    : store_(store), time_(time), self_(std::move(self)), report_(std::move(report)) {}

checkpoint_exchange::~checkpoint_exchange() {
  stop();
}

void checkpoint_exchange::start(peer_network& network) {
  network_ = &network;
  room_.emplace(store_);
  thread_ = std::thread([this] { run(); });
}

void checkpoint_exchange::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
  room_.reset();
}

void checkpoint_exchange::add(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void checkpoint_exchange::run() {
  name_this_thread("checkpoints");
  std::vector<std::function<void()>> tasks;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      const auto ready = [this] { return stop_ || !tasks_.empty(); };
      if (outgoing_.empty() && incoming_.empty())
        wake_.wait(lock, ready);
      else
        wake_.wait_for(lock, pump_pause, ready);
      if (stop_) return;
      std::swap(tasks, tasks_);
    }
    for (const auto& task : tasks) task();
    tasks.clear();
    pump();
    drop_silent();
    note_streams();
  }
}

void checkpoint_exchange::send(shard_id shard, const node_name& to) {
  add([this, shard, to] { open(shard, to); });
}
void checkpoint_exchange::install(shard_id shard, const checkpoint_install& what) {
  add([this, shard, what] { what.drops ? drop(shard) : put_in_place(shard, what); });
}
void checkpoint_exchange::forget(shard_id shard) {
  add([this, shard] { incoming_.erase(shard); });
}
void checkpoint_exchange::received(const node_name& from, std::string frame) {
  add([this, from, frame = std::move(frame)] { take(from, frame); });
}
void checkpoint_exchange::connected(const member& peer) {
  add([this, peer] { stores_[peer.node] = peer.store; });
}
void checkpoint_exchange::disconnected(const node_name& peer) {
  add([this, peer] {
    stores_.erase(peer);
    std::erase_if(incoming_,
                  [&](const auto& i) { return i.second.from == peer && !i.second.gathered; });
    std::vector<outgoing_key> ended;
    for (const auto& [key, o] : outgoing_)
      if (o.to == peer) ended.push_back(key);
    for (const auto& key : ended) end(key);
  });
}

std::vector<domain::stream_view> checkpoint_exchange::streams() const {
  const std::lock_guard lock(mutex_);
  return views_;
}

// --- sending ------------------------------------------------------------------------------------

void checkpoint_exchange::open(shard_id shard, const node_name& to) {
  const auto store = stores_.find(to);
  auto source = store == stores_.end() ? error_info{errc::unavailable, "not connected"}
                                       : storage::shard_checkpoint::open(
                                             store_, shard, {.bytes_per_second = bytes_per_second});
  if (!source) {
    log_broken("checkpoint not sent", shard, to, source.error().text);
    return report_({shard, replica_input(checkpoint_sent_input{to})});
  }
  const auto& header = (*source)->header();
  log_event(log_level::info, "checkpoint begins",
            {{"shard", raw(shard)}, {"to", to}, {"index", header.index}});
  checkpoint_sender stream(shard, random_u64(), {header.index, header.entry_epoch, store->second},
                           now_ms());
  outgoing fresh{to, stream, std::move(*source), encode_checkpoint_frame(stream.begin()), now_ms()};
  outgoing_.erase({shard, to});
  outgoing_.emplace(outgoing_key{shard, to}, std::move(fresh));
}

void checkpoint_exchange::pump() {
  std::vector<outgoing_key> over;
  for (auto& [key, o] : outgoing_)
    if (!pump(o)) over.push_back(key);
  for (const auto& key : over) end(key);
}

/// Sends what credit, rate and lane allow. False: the stream is over.
bool checkpoint_exchange::pump(outgoing& o) {
  using state = checkpoint_sender::state;
  for (;;) {
    if (!o.unsent.empty()) {
      if (!network_->send(o.to, peer_lane::bulk, o.unsent)) return network_->connected(o.to);
      o.unsent.clear();
    }
    const auto now = o.stream.now();
    if (now == state::complete || now == state::aborted) return false;
    if (!o.stream.may_send() || now_ms() - o.started_ms < o.source->due_ms()) return true;
    auto frame = next_frame(o);
    if (!frame) return false;
    o.unsent = std::move(*frame);
  }
}

std::optional<std::string> checkpoint_exchange::next_frame(outgoing& o) {
  auto chunk = o.source->next();
  if (!chunk) return encode_checkpoint_frame(o.stream.abort());
  return encode_checkpoint_frame(chunk->empty() ? o.stream.end()
                                                : o.stream.chunk(std::move(*chunk)));
}

void checkpoint_exchange::end(const outgoing_key& which) {
  const auto found = outgoing_.find(which);
  if (found == outgoing_.end()) return;
  log_event(log_level::info, "checkpoint ends",
            {{"shard", raw(which.first)},
             {"to", which.second},
             {"bytes", found->second.source->bytes_read()},
             {"complete", found->second.stream.now() == checkpoint_sender::state::complete}});
  outgoing_.erase(found);
  report_({which.first, replica_input(checkpoint_sent_input{which.second})});
}

void checkpoint_exchange::tell(const node_name& to, const checkpoint_frame& frame) {
  (void)network_->send(to, peer_lane::bulk, encode_checkpoint_frame(frame));
}

// --- receiving ----------------------------------------------------------------------------------

void checkpoint_exchange::take(const node_name& from, const std::string& bytes) {
  auto frame = decode_checkpoint_frame(bytes);
  if (!frame || raw(frame->shard) >= store_.shard_count()) return;
  const auto sent = outgoing_.find({frame->shard, from});
  if (sent != outgoing_.end()) sent->second.stream.heard(*frame, now_ms());
  const bool answer = std::holds_alternative<checkpoint_credit>(frame->body) ||
                      std::holds_alternative<checkpoint_complete>(frame->body);
  if (!answer) take_from_sender(from, std::move(*frame));
}

void checkpoint_exchange::take_from_sender(const node_name& from, checkpoint_frame frame) {
  const auto shard = frame.shard;
  const bool begins = std::holds_alternative<checkpoint_begin>(frame.body);
  auto found = incoming_.find(shard);
  if (found != incoming_.end() && found->second.from != from) {
    if (!begins) return;
    incoming_.erase(found);  // a newer stream has newer state
    found = incoming_.end();
  }
  if (found == incoming_.end()) {
    incoming fresh{from, checkpoint_receiver(shard, store_.store_id()), nullptr};
    found = incoming_.emplace(shard, std::move(fresh)).first;
  }
  auto& in = found->second;
  auto what = in.stream.take(std::move(frame), now_ms());
  for (const auto& answer : what.answers) tell(from, answer);
  if (auto gathered = gather(from, shard, in, what); !gathered) {
    log_broken("checkpoint refused", shard, from, gathered.error().text);
    incoming_.erase(shard);  // the sender hears of it with its next frame
    return;
  }
  if (!in.stream.under_way() && !in.gathered) incoming_.erase(shard);
}

result<void> checkpoint_exchange::gather(const node_name& from, shard_id shard, incoming& in,
                                         checkpoint_received& what) {
  if (what.begins) {
    in.target.reset();  // one at a time
    in.gathered = false;
    auto target = storage::shard_install::begin(store_, shard);
    if (!target) return target.error();
    in.target = std::move(*target);
    in.bytes = 0;
    in.started_ms = now_ms();
  }
  if (!what.gather.empty()) {
    if (auto taken = in.target->take(what.gather); !taken) return taken;
    in.bytes += what.gather.size();
    if (const auto credit = in.stream.gathered()) tell(from, *credit);
  }
  if (!what.complete) return {};
  auto header = in.target->finish();
  if (!header) return header.error();
  in.gathered = true;
  log_event(log_level::info, "checkpoint gathered",
            {{"shard", raw(shard)}, {"from", from}, {"index", header->index}});
  report_({shard, replica_input(checkpoint_gathered_input{header->index, header->entry_epoch, from,
                                                          in.started_ms})});
  return {};
}

void checkpoint_exchange::put_in_place(shard_id shard, const checkpoint_install& what) {
  const auto found = incoming_.find(shard);
  const bool there = found != incoming_.end() && found->second.gathered;
  const auto installed =
      there ? found->second.target->install(what.keep_suffix)
            : result<void>(error_info{errc::internal, "the gathered checkpoint is gone"});
  incoming_.erase(shard);
  if (installed) {
    log_event(log_level::info, "checkpoint installed",
              {{"shard", raw(shard)}, {"index", what.index}, {"epoch", what.entry_epoch}});
    return report_({shard, replica_input(checkpoint_installed_input{})});
  }
  log_broken("checkpoint not installed", shard, self_, installed.error().text);
  report_({shard, install_failed{}});
}

/// A checkpoint that is coming in shares the place of its tables with this; the sender hears of it
/// with its next frame. One that goes out has its snapshot.
void checkpoint_exchange::drop(shard_id shard) {
  incoming_.erase(shard);
  const auto applied = store_.applied(shard);
  if (const auto dropped = storage::drop_shard(store_, shard); !dropped) {
    log_broken("shard not dropped", shard, self_, dropped.error().text);
    return report_({shard, install_failed{}});
  }
  log_event(log_level::info, "shard dropped", {{"shard", raw(shard)}, {"applied", applied}});
  report_({shard, replica_input(checkpoint_installed_input{})});
  room_->free(shard);
}

void checkpoint_exchange::drop_silent() {
  std::erase_if(incoming_, [&](const auto& i) { return i.second.stream.overdue(now_ms()); });
  std::vector<outgoing_key> silent;
  for (const auto& [key, o] : outgoing_)
    if (o.stream.overdue(now_ms())) silent.push_back(key);
  for (const auto& key : silent) end(key);
}

void checkpoint_exchange::note_streams() {
  std::vector<domain::stream_view> views;
  for (const auto& [key, o] : outgoing_)
    views.push_back({raw(key.first), self_, o.to, o.source->bytes_read(), now_ms() - o.started_ms});
  for (const auto& [shard, i] : incoming_)
    views.push_back({raw(shard), i.from, self_, i.bytes, now_ms() - i.started_ms});
  const std::lock_guard lock(mutex_);
  views_ = std::move(views);
}

}  // namespace taskdriver::cluster
