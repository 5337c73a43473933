// The streams of one shard and what they have under way: who hears of what, in which order.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "cluster/shard_replicas.hpp"

namespace taskdriver::cluster {

/// A stream as its table and its entries in flight share it. The flags are the table's.
struct stream_state {
  std::shared_ptr<stream_observer> observer;
  project_number project{};
  bool broken = false;  // proposes no more
  bool lost = false;    // hears lost(), once
};
using stream_ptr = std::shared_ptr<stream_state>;

/// A stream that hears committed(ticket), or applied(ticket).
struct reached_ticket {
  stream_ptr to;
  std::uint64_t ticket = 0;
};
/// Streams that hear lost(), and then those that may start because nothing is before them any more.
struct broken_streams {
  std::vector<stream_ptr> uncertain;  // something of theirs was accepted and may still be committed
  std::vector<stream_ptr> undone;     // nothing was
  std::vector<reached_ticket> starting;
};
using proposal_payload = std::shared_ptr<const std::string>;

/// Proposals in their order, from propose() to settle() or to the end of their stream.
///
///   propose --> [ committed | accepted (have an index) | not accepted yet ]
///       settle(n) |   ^----------' commit(n)               | take(), then accept(n) or refuse()
///                 v                                        v
///              applied                                    lost
///
/// Thread: any; but take() and what follows it by one, commit() and awaited() by one, and settle()
/// by one. What these and refuse() return is told by the caller, outside the lock and in the order
/// of the calls.
/// Owns: the proposals under way.
class stream_table {
public:
  /// The newest stream of a project ends its older one: two owners of one project's memory must
  /// never both propose. Starts with applied(0) once all that is under way now is settled.
  stream_ptr open(project_number project, std::shared_ptr<stream_observer> observer);
  void close(const stream_ptr& closed);

  /// Adds a proposal that has no index yet. Fails: not_primary, unavailable (the stream is broken).
  result<void> propose(const stream_ptr& from, std::uint64_t ticket, proposal_payload payload);
  /// Adds one that has its place in the log: `append` is called in the order of the proposals, and
  /// if it refuses, the stream is broken.
  template <class Append>
  result<void> propose_accepted(const stream_ptr& from, std::uint64_t ticket, Append append);

  /// The payloads of all that is not accepted yet, in order; they stay until accept() or refuse().
  /// None after end().
  std::vector<proposal_payload> take();
  void accept(std::size_t count);
  /// Of the payloads that are not accepted yet: their bytes, and their storage::crowding_bytes.
  struct waiting_sizes {
    std::size_t bytes = 0;
    std::size_t crowding_bytes = 0;
  };
  waiting_sizes waiting() const;
  /// Breaks the streams of all that is not accepted. Those that have something accepted before it
  /// are uncertain: that will still be committed.
  broken_streams refuse();
  /// The oldest `count` proposals that are accepted and not committed are committed.
  std::vector<reached_ticket> commit(std::size_t count);
  /// Whether a stream starts when the newest `count` committed proposals, which are not settled,
  /// are applied.
  bool awaited(std::size_t count) const;
  /// The oldest `count` committed proposals are applied.
  std::vector<reached_ticket> settle(std::size_t count);
  /// Breaks the streams of all that is not committed, accepted or not. `meanwhile` is called under
  /// the lock, so that no proposal falls in between.
  template <class Meanwhile>
  broken_streams drop_all(Meanwhile meanwhile);

  /// Takes no proposals and lets no stream open until begin(): the shard is not served here any
  /// more. `time` numbers the times of service; one that ended before it could begin never begins.
  void end(std::uint64_t time);
  /// After end(), once all that is committed was settled: breaks all streams.
  broken_streams drop();
  void begin(std::uint64_t time);

private:
  struct in_flight {
    stream_ptr from;
    std::uint64_t ticket = 0;
    proposal_payload payload;
    /// Streams that were opened behind this proposal and may start once it is settled.
    std::vector<stream_ptr> starts_then = {};
  };

  result<void> check(const stream_ptr& from) const;
  void size_up(const std::string& payload, bool comes);
  broken_streams drop_from(std::size_t position);

  mutable std::mutex mutex_;
  /// The stream that may propose for a project.
  std::unordered_map<std::uint32_t, std::weak_ptr<stream_state>> open_;
  std::deque<in_flight> waiting_;
  std::size_t committed_ = 0;  // of waiting_, from the front
  std::size_t accepted_ = 0;   // the same, with the committed ones
  waiting_sizes sizes_;
  bool ended_ = false;
  std::uint64_t ended_time_ = 0;
};

/// One call per stream, with its newest ticket.
void tell_committed(const std::vector<reached_ticket>& committed);
void tell_applied(const std::vector<reached_ticket>& applied);
void tell(const broken_streams& broken, const error_info& uncertain, const error_info& undone);

template <class Append>
result<void> stream_table::propose_accepted(const stream_ptr& from, std::uint64_t ticket,
                                            Append append) {
  const std::lock_guard lock(mutex_);
  if (auto fine = check(from); !fine) return fine;
  if (auto appended = append(); !appended) {
    from->broken = true;
    return appended;
  }
  waiting_.push_back({from, ticket, nullptr});
  ++accepted_;
  return {};
}

template <class Meanwhile>
broken_streams stream_table::drop_all(Meanwhile meanwhile) {
  const std::lock_guard lock(mutex_);
  meanwhile();
  return drop_from(committed_);
}

}  // namespace taskdriver::cluster
