// What a primary knows of one other node of the shard: how far it is, its lease, what was sent.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "cluster/replica/messages.hpp"

namespace taskdriver::cluster {

/// Before any time of a node's clock; differences to it do not overflow.
inline constexpr std::int64_t never_ms = INT64_MIN / 4;

/// A peer during one leadership. Entries are sent in one of two ways:
///
///              a mismatch                 the next acknowledgement
///   streaming -----------> looking for the -----------> streaming
///   (many messages)        common prefix (one at a time)
///
/// Thread: one owner. Owns: nothing of the log.
class peer {
public:
  /// Nothing is known but that its log may end where the primary's does. What it acknowledged in
  /// epochs before `since_epoch` says nothing.
  peer(std::uint64_t last_index, std::uint64_t since_epoch, std::int64_t now_ms);

  // --- what it said ---
  std::uint64_t store() const { return store_; }  // 0: nothing was heard of it
  std::uint64_t since_epoch() const { return since_epoch_; }
  std::uint64_t match_index() const { return match_; }
  bool verified() const { return verified_; }
  /// The latest of its acknowledged messages was sent then (R25); never_ms if there is none.
  std::int64_t lease_stamp_ms() const { return lease_stamp_; }
  /// It was not heard of, or did not get on with outstanding entries, for this long (R26).
  std::int64_t silent_ms(std::int64_t now_ms) const;
  std::int64_t stuck_ms(std::int64_t now_ms) const { return now_ms - progress_at_; }

  /// An answer from `store`: from another one than before, all that was known is void (R24).
  void heard(std::uint64_t store, std::uint64_t last_index, std::int64_t now_ms);
  /// A learner in a new epoch: what it said in earlier ones is void (R28).
  void begin_anew(std::uint64_t last_index, std::uint64_t epoch, std::int64_t now_ms);
  void renew_lease(std::int64_t stamp_ms);
  void acknowledged(const ack_message& ack, std::int64_t now_ms);
  /// It lacks what the acknowledged message built on, or cannot tell: on to where it may have it.
  /// That may be behind the end of the primary's log (R36).
  void mismatched(const ack_message& ack, std::int64_t now_ms);
  /// The first outstanding entry is there: from now on progress is expected.
  void expect_progress(std::int64_t now_ms) { progress_at_ = now_ms; }
  /// The primary itself was away: silence before that says nothing.
  void forgive(std::int64_t now_ms);

  // --- what it gets ---
  std::uint64_t next_index() const { return next_; }
  std::uint64_t unacked_bytes() const { return unacked_bytes_; }
  bool looking() const { return looking_; }
  bool awaited() const { return awaited_; }
  std::int64_t sent_at_ms() const { return sent_at_; }
  /// A message with entries up to `last_index` (= next_index - 1: a beacon) leaves now.
  void sent(std::uint64_t last_index, std::uint64_t bytes, std::int64_t now_ms);
  /// Something is due to it at once, at least a beacon.
  void hurry() { sent_at_ = never_ms; }

  // --- the stream of a checkpoint ---
  /// It refuses even a log from its beginning (R36).
  bool wants_state() const { return wants_state_; }
  bool wants_checkpoint(std::int64_t now_ms, std::int64_t retry_ms) const;
  void checkpoint_begins(std::uint64_t least_index);
  void checkpoint_ends(std::int64_t now_ms);
  /// Entries from here on are of use to it; nothing while neither it said what it has nor a
  /// checkpoint was begun for it. An empty disk says nothing before that is installed.
  std::optional<std::uint64_t> needs_from() const;
  /// It has less than a checkpoint that was begun for it.
  bool follows_checkpoint() const { return checkpoint_index_.has_value(); }

private:
  struct batch {
    std::uint64_t last_index;
    std::uint64_t bytes;
  };
  void look_from(std::uint64_t next, std::int64_t now_ms);

  std::uint64_t store_ = 0;
  std::uint64_t since_epoch_;
  std::uint64_t match_ = 0;
  bool verified_ = false;  // match_ was said in this leadership
  std::int64_t lease_stamp_ = never_ms;
  std::int64_t heard_at_;     // a lease stamp, or the beginning
  std::int64_t progress_at_;  // match_ grew, or had nothing to grow for

  std::uint64_t next_;
  bool looking_ = true;
  bool awaited_ = false;  // looking_: a message is out
  std::int64_t looking_since_;
  std::int64_t sent_at_ = never_ms;
  std::deque<batch> unacked_;
  std::uint64_t unacked_bytes_ = 0;

  bool wants_state_ = false;
  bool checkpoint_under_way_ = false;
  std::optional<std::uint64_t> checkpoint_index_;  // it will have at least this; until it does
  std::int64_t checkpoint_ended_at_ = never_ms;
};

}  // namespace taskdriver::cluster
