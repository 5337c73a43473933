// Proposals become log entries; what the log writer reports back becomes calls of the observers.
#include "cluster/single_node_replicas.hpp"

#include <algorithm>
#include <set>

#include "base/check.hpp"
#include "storage/changes_codec.hpp"

namespace taskdriver::cluster {
namespace {

constexpr project_number directory_number{0};

shard_id home_of(project_number project, std::uint16_t shard_count) {
  return project == directory_number ? shard_id{0} : shard_of(project, shard_count);
}

}  // namespace

class single_node_replicas::stream final : public proposal_stream {
public:
  stream(single_node_replicas& replicas, std::shared_ptr<stream_state> state)
      : replicas_(replicas), state_(std::move(state)) {}
  ~stream() override { replicas_.close(state_); }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  result<void> propose(std::uint64_t ticket, const domain::changes& what) override {
    return replicas_.propose(state_, ticket, what);
  }

private:
  single_node_replicas& replicas_;
  std::shared_ptr<stream_state> state_;
};

single_node_replicas::single_node_replicas(storage::node_store& store, storage::fsync_hook on_fsync)
    : store_(store), records_(store), writer_(store, *this, std::move(on_fsync)) {
  begin_epochs();
}

single_node_replicas::~single_node_replicas() = default;

/// The marks go into the log before the first entry of the epoch, in order; no need to wait.
void single_node_replicas::begin_epochs() {
  for (std::uint16_t i = 0; i < store_.shard_count(); ++i) {
    const auto& at = store_.recovered().shards[i];
    auto s = std::make_unique<shard>();
    s->epoch = std::max(at.seen_epoch, at.last_epoch) + 1;
    s->next_index = at.last_index + 1;
    // A full disk refuses the mark; the first entry of the epoch is then refused as well.
    (void)writer_.append(storage::log_mark{.shard = shard_id{i}, .seen_epoch = s->epoch}, {});
    shards_.push_back(std::move(s));
  }
}

std::unique_ptr<proposal_stream> single_node_replicas::open_stream(
    project_number project, std::shared_ptr<stream_observer> observer) {
  auto state = std::make_shared<stream_state>();
  state->observer = std::move(observer);
  state->shard = home_of(project, store_.shard_count());
  state->project = project;
  auto& s = *shards_[raw(state->shard)];
  const std::lock_guard lock(s.mutex);
  // Two owners of one project's memory must never both propose: the older one ends here.
  auto& open = s.open[raw(project)];
  if (const auto older = open.lock()) older->broken = true;
  open = state;
  if (s.waiting.empty())
    state->observer->committed(0);
  else
    s.waiting.back().starts_then.push_back(state);
  return std::make_unique<stream>(*this, std::move(state));
}

void single_node_replicas::close(const std::shared_ptr<stream_state>& closed) {
  auto& s = *shards_[raw(closed->shard)];
  const std::lock_guard lock(s.mutex);
  const auto found = s.open.find(raw(closed->project));
  if (found != s.open.end() && found->second.lock() == closed) s.open.erase(found);
}

void single_node_replicas::observe_leadership(std::shared_ptr<leadership_observer> observer) {
  for (std::uint16_t i = 0; i < store_.shard_count(); ++i) observer->began(shard_id{i});
}

result<void> single_node_replicas::accepts_proposals() const {
  if (writer_.crowded())
    return error_info{.code = errc::unavailable,
                      .text = "Too many writes are waiting for the disk",
                      .retry_after_s = 1};
  if (store_.writable()) return {};
  return error_info{.code = errc::unavailable,
                    .text = "Storage takes no writes: " + store_.trouble(),
                    .retry_after_s = 5};
}

result<void> single_node_replicas::propose(const std::shared_ptr<stream_state>& from,
                                           std::uint64_t ticket, const domain::changes& what) {
  auto payload = storage::encode_changes(what, from->project, store_.shard_count());
  auto& s = *shards_[raw(from->shard)];
  const std::lock_guard lock(s.mutex);
  if (from->broken) return error_info{.code = errc::unavailable, .text = "Storage refused a write"};
  auto appended = writer_.append(storage::log_entry{.shard = from->shard,
                                                    .epoch = s.epoch,
                                                    .index = s.next_index,
                                                    .payload = std::move(payload)});
  if (!appended) {
    from->broken = true;
    return appended;
  }
  ++s.next_index;
  s.waiting.push_back({from, ticket});
  return {};
}

void single_node_replicas::note(committed_streams& streams, std::shared_ptr<stream_state> from,
                                std::uint64_t ticket) {
  const auto known = std::find_if(streams.begin(), streams.end(),
                                  [&](const committed_stream& c) { return c.from == from; });
  if (known == streams.end())
    streams.push_back({std::move(from), ticket});
  else
    known->ticket = ticket;
}

single_node_replicas::committed_streams single_node_replicas::take_committed(
    std::span<const storage::log_entry> entries) {
  committed_streams streams;
  for (const auto& entry : entries) {
    auto& s = *shards_[raw(entry.shard)];
    const std::lock_guard lock(s.mutex);
    TASKDRIVER_CHECK(!s.waiting.empty(), "an entry that became durable was proposed here");
    auto done = std::move(s.waiting.front());
    s.waiting.pop_front();
    note(streams, std::move(done.from), done.ticket);
    for (auto& starting : done.starts_then) note(streams, std::move(starting), 0);
  }
  return streams;
}

void single_node_replicas::durable(std::span<const storage::log_entry> entries) {
  // A failure to apply ends the process or is its end already: nothing may be answered then.
  if (failed_ || !store_.apply(entries)) {
    failed_ = true;
    return;
  }
  for (const auto& c : take_committed(entries)) c.from->observer->committed(c.ticket);
}

void single_node_replicas::refused(std::span<const storage::log_entry> entries,
                                   const error_info& why) {
  std::set<std::shared_ptr<stream_state>> broken;
  std::vector<std::shared_ptr<stream_state>> starting;
  for (const auto& entry : entries) {
    auto& s = *shards_[raw(entry.shard)];
    const std::lock_guard lock(s.mutex);
    s.next_index = std::min(s.next_index, entry.index);
    // Whatever is in flight behind a refused entry is refused as well: all streams here end.
    for (; !s.waiting.empty(); s.waiting.pop_front()) {
      auto& front = s.waiting.front();
      front.from->broken = true;
      broken.insert(std::move(front.from));
      starting.insert(starting.end(), front.starts_then.begin(), front.starts_then.end());
    }
  }
  for (const auto& from : broken) from->observer->lost(why);
  for (const auto& from : starting)
    if (!from->broken) from->observer->committed(0);
}

}  // namespace taskdriver::cluster
