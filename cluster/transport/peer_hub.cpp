// Handshakes, sessions and their ends; every call comes from the broker, in the io thread.
#include "cluster/transport/peer_hub.hpp"

#include <algorithm>
#include <caf/io/broker.hpp>
#include <utility>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

namespace taskdriver::cluster {
namespace {

/// A session that lived so long was a good one; a shorter one counts as a failed attempt.
constexpr std::int64_t good_session_ms = 2000;
/// A tick that comes this late means that this process was stopped, not that its peers were mute.
constexpr std::int64_t late_tick_ms = 1000;
/// As much as one read takes from a socket. CAF fills a buffer of this size with zeros before each,
/// which would cost more than all else for the short frames of requests: reads are large only while
/// much comes.
constexpr std::size_t read_bytes_few = std::size_t{4} << 10;
constexpr std::size_t read_bytes_many = std::size_t{64} << 10;

std::size_t index_of(peer_lane lane) {
  return static_cast<std::size_t>(lane);
}

std::int64_t clock_ms() {
  return system_time().now().steady_ms;
}

caf::io::connection_handle handle_of(std::int64_t id) {
  return caf::io::connection_handle::from_int(id);
}

}  // namespace

peer_hub::peer_hub(caf::io::broker& self, peer_identity identity, const peer_limits& limits,
                   const hub_surroundings& around)
    : self_(self),
      limits_(limits),
      around_(around),
      roster_(std::move(identity), limits, random_u64()),
      now_ms_(clock_ms()),
      ticked_ms_(now_ms_) {}

peer_hub::~peer_hub() = default;

peer_hub::connection* peer_hub::find(std::int64_t id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : &found->second;
}

std::size_t peer_hub::strangers() const {
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [](const auto& each) { return each.second.node.empty(); }));
}

peer_hub::connection& peer_hub::adopt(std::int64_t id, std::unique_ptr<tls_session> tls) {
  const int fd = static_cast<int>(id);
  self_.configure_read(handle_of(id), caf::io::receive_policy::at_most(read_bytes_few));
  connections_.erase(id);
  return connections_.try_emplace(id, std::move(tls), limits_, now_ms_, remote_address(fd))
      .first->second;
}

// --- from outside -------------------------------------------------------------------------------

void peer_hub::accepted(std::int64_t id) {
  now_ms_ = clock_ms();
  if (strangers() >= limits_.strangers_max) {
    self_.close(handle_of(id));  // never read from, so that CAF lets go of it at once
    return;
  }
  tune_peer_socket(static_cast<int>(id));
  adopt(id, around_.tls ? around_.tls->accepting() : nullptr);
}

void peer_hub::received(std::int64_t id, std::string_view bytes) {
  now_ms_ = clock_ms();
  connection* from = find(id);
  if (!from) return;
  fit_reads(id, *from, bytes.size());
  if (auto fed = from->io.feed(bytes, now_ms_); !fed) return broke(id, fed.error().text);
  if (from->io.is_open()) {
    deliver(id);
  } else if (!from->greeted) {
    greet(id);
  }
  flush(id);
}

/// A full read means that more is there.
void peer_hub::fit_reads(std::int64_t id, connection& from, std::size_t received) {
  const bool many = received >= read_bytes_few;
  if (many == from.reads_many) return;
  from.reads_many = many;
  self_.configure_read(handle_of(id),
                       caf::io::receive_policy::at_most(many ? read_bytes_many : read_bytes_few));
}

void peer_hub::closed(std::int64_t id) {
  now_ms_ = clock_ms();
  if (find(id)) broke(id, "closed by the peer");
}

void peer_hub::woken() {
  now_ms_ = clock_ms();
  auto work = around_.inbox->take();
  if (work.peers) set_peers(*work.peers);
  for (auto& done : work.dialled) dialled(std::move(done));
  for (const auto id : work.filled) flush(id);
  dial_due();
}

void peer_hub::tick() {
  now_ms_ = clock_ms();
  const bool was_stopped = now_ms_ - std::exchange(ticked_ms_, now_ms_) > late_tick_ms;
  std::vector<std::pair<std::int64_t, std::string>> silent;
  for (auto& [id, each] : connections_) {
    if (was_stopped) each.io.excuse_silence(now_ms_);
    if (auto well = each.io.tick(now_ms_); !well)
      silent.emplace_back(id, well.error().text);
    else
      flush(id);
  }
  for (const auto& [id, why] : silent)
    if (find(id)) broke(id, why);
  dial_due();
}

void peer_hub::stop() {
  while (!connections_.empty()) hang_up(connections_.begin()->first);
  for (auto& [node, s] : sessions_) {
    around_.directory.remove(node);
    for (auto& out : s.out)
      if (out) out->close();
  }
  sessions_.clear();
}

// --- dialling -----------------------------------------------------------------------------------

void peer_hub::set_peers(const std::vector<peer_address>& peers) {
  for (const auto& node : roster_.set_peers(peers)) {
    end_session(node, session_end::lived, "no longer a node of the cluster");
    unreachable_.erase(node);
  }
}

void peer_hub::dial_due() {
  for (const auto& due : roster_.due(now_ms_)) {
    connect_lanes(due.to, limits_.connect_ms,
                  [inbox = around_.inbox, due](result<lane_sockets> sockets) {
                    inbox->dialled({due.to, due.session, std::move(sockets)});
                  });
  }
}

void peer_hub::dialled(dial_result done) {
  const node_name& node = done.to.node;
  // A node that was dropped and came back may have been dialled twice.
  if (!roster_.has(node) || sessions_.contains(node)) return;
  if (!done.sockets) {
    log_unreachable(node, done.sockets.error().text);
    return roster_.ended(node, session_end::failed, now_ms_);
  }
  session s{done.session, true};
  for (const auto lane : {peer_lane::main, peer_lane::bulk}) {
    const int fd = (*done.sockets)[index_of(lane)].release();
    const std::int64_t id = self_.add_scribe(fd).id();
    s.lanes[index_of(lane)] = id;
    connection& to = adopt(id, around_.tls ? around_.tls->connecting() : nullptr);
    to.node = node;
    to.lane = lane;
    to.io.say(encode_hello({roster_.self(), s.number, lane}));
  }
  const auto lanes = s.lanes;
  sessions_.insert_or_assign(node, std::move(s));
  for (const auto id : lanes) flush(id);
}

// --- greeting -----------------------------------------------------------------------------------

void peer_hub::greet(std::int64_t id) {
  connection& from = *find(id);
  const opening read = from.io.read_greeting();
  switch (read.is) {
    case opening::state::incomplete:
      return;
    case opening::state::malformed:
      return broke(id, "not a greeting of a node");
    case opening::state::refused:
      if (from.node.empty()) return broke(id, "not a greeting of a node");
      return refused_by_peer(from, read.why);
    case opening::state::hello:
      from.greeted = true;
      return from.node.empty() ? greet_stranger(id, from, read.hello)
                               : greet_dialled(from, read.hello);
  }
}

void peer_hub::greet_stranger(std::int64_t id, connection& from, const peer_hello& hello) {
  if (auto why = roster_.judge(hello, from.io.certified_nodes())) return refuse(id, hello, *why);
  if (!join(id, hello)) return refuse(id, hello, refusal::stale);
  from.node = hello.from.node;
  from.lane = hello.lane;
  from.io.say(encode_hello({roster_.self(), hello.session, hello.lane}));
  flush(id);
  bring_up(sessions_.at(hello.from.node));
}

void peer_hub::greet_dialled(const connection& from, const peer_hello& hello) {
  session& s = sessions_.at(from.node);
  const peer_hello said{roster_.self(), s.number, from.lane};
  if (auto why = roster_.judge_answer(hello, from.node, said, from.io.certified_nodes())) {
    log_event(log_level::warn, "peer refused",
              {{"peer", hello.from.node},
               {"dialled", from.node},
               {"address", from.address},
               {"cluster", hello.from.cluster},
               {"reason", refusal_text(*why)}});
    return end_session(node_name(from.node), session_end::refused, refusal_text(*why));
  }
  const bool other_greeted = s.greeted[1 - index_of(from.lane)];
  if (other_greeted && (s.peer.boot != hello.from.boot || s.peer.store != hello.from.store))
    return end_session(node_name(from.node), session_end::failed, "two processes answered");
  s.peer = hello.from;
  s.greeted[index_of(from.lane)] = true;
  bring_up(s);
}

void peer_hub::refused_by_peer(const connection& from, refusal why) {
  const bool soon = why == refusal::unknown_node;  // it will hear of us
  log_unreachable(from.node, "refused: " + std::string(refusal_text(why)));
  end_session(node_name(from.node), soon ? session_end::failed : session_end::refused,
              refusal_text(why));
}

/// Makes the connection a lane of its node's session. False: it is older than what is there.
bool peer_hub::join(std::int64_t id, const peer_hello& hello) {
  const auto lane = index_of(hello.lane);
  const auto found = sessions_.find(hello.from.node);
  if (found != sessions_.end()) {
    const session& there = found->second;
    const bool same_process = there.peer.boot == hello.from.boot;
    if (same_process && hello.session < there.number) return false;
    if (same_process && hello.session == there.number) {
      if (there.lanes[lane] >= 0 || there.peer.store != hello.from.store) return false;
    } else {
      end_session(hello.from.node, session_end::failed, "replaced by a newer connection");
    }
  }
  session& s = sessions_[hello.from.node];
  s.number = hello.session;
  s.peer = hello.from;
  s.lanes[lane] = id;
  s.greeted[lane] = true;
  return true;
}

void peer_hub::bring_up(session& s) {
  if (!s.greeted[0] || !s.greeted[1]) return;
  const node_name node = s.peer.node;
  const auto ids = s.lanes;
  lane_ends ends;
  for (const auto lane : {peer_lane::main, peer_lane::bulk}) {
    auto& out = s.out[index_of(lane)];
    out = std::make_shared<outbox>(node, lane, limits_.window_bytes(lane));
    ends[index_of(lane)] = {out, ids[index_of(lane)]};
    find(ids[index_of(lane)])->io.open(lane, out);
  }
  s.up_ms = now_ms_;
  unreachable_.erase(node);
  log_event(log_level::info, "peer connected",
            {{"peer", node},
             {"address", find(ids[0])->address},
             {"tls", around_.tls != nullptr},
             {"dialled", s.dialled}});
  around_.directory.add(node, ends);
  around_.observer.connected(s.peer);
  for (const auto id : ids) {
    deliver(id);
    flush(id);
  }
}

// --- frames -------------------------------------------------------------------------------------

void peer_hub::deliver(std::int64_t id) {
  connection* from = find(id);
  if (!from) return;
  const peer_identity& peer = sessions_.at(from->node).peer;
  while (auto frame = from->io.next_frame()) {
    const std::size_t bytes = frame->size();
    around_.observer.received(peer, from->lane, std::move(*frame));
    from->io.processed(bytes);
  }
  if (const char* why = from->io.broken()) broke(id, why);
}

void peer_hub::flush(std::int64_t id) {
  connection* to = find(id);
  if (!to) return;
  to->io.drain(self_.wr_buf(handle_of(id)), now_ms_);
  self_.flush(handle_of(id));
}

// --- ends ---------------------------------------------------------------------------------------

void peer_hub::broke(std::int64_t id, std::string_view why) {
  connection& at = *find(id);
  if (!at.node.empty()) {
    if (sessions_.at(at.node).up_ms < 0) log_unreachable(at.node, std::string(why));
    return end_session(node_name(at.node), session_end::failed, why);
  }
  if (stranger_lines_.open(now_ms_))
    log_event(log_level::info, "peer did not introduce itself",
              {{"address", at.address}, {"reason", why}});
  hang_up(id);
}

void peer_hub::refuse(std::int64_t id, const peer_hello& who, refusal why) {
  connection& at = *find(id);
  if (stranger_lines_.open(now_ms_))
    log_event(log_level::warn, "peer refused",
              {{"peer", who.from.node},
               {"address", at.address},
               {"cluster", who.from.cluster},
               {"protocol", who.from.protocol},
               {"reason", refusal_text(why)}});
  at.io.say(encode_refusal(why));
  hang_up(id);
}

void peer_hub::end_session(const node_name& node, session_end how, std::string_view why) {
  const auto found = sessions_.find(node);
  if (found == sessions_.end()) return roster_.ended(node, how, now_ms_);
  session ended = std::move(found->second);
  sessions_.erase(found);
  const bool was_up = ended.up_ms >= 0;
  if (how == session_end::failed && was_up && now_ms_ - ended.up_ms >= good_session_ms)
    how = session_end::lived;
  around_.directory.remove(node);
  for (auto& out : ended.out)
    if (out) out->close();
  const std::string reason(why);  // `why` may be of a connection
  for (const auto id : ended.lanes)
    if (id >= 0 && find(id)) hang_up(id);
  roster_.ended(node, how, now_ms_);
  if (!was_up) return;
  log_event(log_level::warn, "peer disconnected", {{"peer", node}, {"reason", reason}});
  around_.observer.disconnected(ended.peer);
}

/// A refusal or TLS alert still goes out if the socket takes it at once. After that the socket
/// reports its end to CAF, which then lets go of it. CAF's own close only sends FIN: it would wait
/// for a peer that does not read or never closes, and it leaks a socket that it began to watch in
/// the same round of its loop.
void peer_hub::hang_up(std::int64_t id) {
  std::vector<char> words;
  if (peer_connection& io = find(id)->io; !io.is_open()) io.drain(words, now_ms_);
  say_and_hang_up(static_cast<int>(id), {words.data(), words.size()});
  connections_.erase(id);
}

void peer_hub::log_unreachable(const node_name& node, const std::string& why) {
  std::string& known = unreachable_[node];
  if (known == why) return;
  known = why;
  log_event(log_level::warn, "peer not reached", {{"peer", node}, {"reason", why}});
}

}  // namespace taskdriver::cluster
