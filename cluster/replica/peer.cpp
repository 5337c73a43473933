// The bookkeeping of one peer: acknowledgements, rewinding, bytes under way.
#include "cluster/replica/peer.hpp"

#include <algorithm>
#include <utility>

namespace taskdriver::cluster {

peer::peer(std::uint64_t last_index, std::uint64_t since_epoch, std::int64_t now_ms)
    : since_epoch_(since_epoch),
      heard_at_(now_ms),
      progress_at_(now_ms),
      next_(last_index + 1),
      looking_since_(now_ms) {}

std::int64_t peer::silent_ms(std::int64_t now_ms) const {
  return now_ms - heard_at_;
}

void peer::heard(std::uint64_t store, std::uint64_t last_index, std::int64_t now_ms) {
  if (store == store_) return;
  if (store_ != 0) begin_anew(last_index, since_epoch_, now_ms);
  store_ = store;
}

void peer::begin_anew(std::uint64_t last_index, std::uint64_t epoch, std::int64_t now_ms) {
  since_epoch_ = epoch;
  if (store_ == 0) return;
  auto fresh = peer(last_index, epoch, now_ms);
  fresh.store_ = store_;
  fresh.checkpoint_under_way_ = checkpoint_under_way_;  // its end will still be reported
  fresh.checkpoint_index_ = checkpoint_index_;
  *this = std::move(fresh);
}

void peer::renew_lease(std::int64_t stamp_ms) {
  lease_stamp_ = std::max(lease_stamp_, stamp_ms);
  heard_at_ = std::max(heard_at_, stamp_ms);
}

void peer::acknowledged(const ack_message& ack, std::int64_t now_ms) {
  if (ack.match > match_) progress_at_ = now_ms;
  match_ = std::max(match_, ack.match);
  if (checkpoint_index_ && match_ >= *checkpoint_index_) checkpoint_index_.reset();
  verified_ = true;
  wants_state_ = false;
  next_ = std::max(next_, match_ + 1);
  for (; !unacked_.empty() && unacked_.front().last_index <= match_; unacked_.pop_front())
    unacked_bytes_ -= unacked_.front().bytes;
  if (looking_ && ack.stamp >= looking_since_) looking_ = awaited_ = false;
}

void peer::mismatched(const ack_message& ack, std::int64_t now_ms) {
  // Many messages may have followed the one that was lost; only the first refusal says something.
  if (ack.stamp < looking_since_) return;
  wants_state_ = next_ == 1 && ack.match == 0;
  look_from(std::max(match_, ack.match) + 1, now_ms);
}

void peer::look_from(std::uint64_t next, std::int64_t now_ms) {
  next_ = next;
  looking_ = true;
  awaited_ = false;
  looking_since_ = now_ms;
  unacked_.clear();
  unacked_bytes_ = 0;
}

void peer::forgive(std::int64_t now_ms) {
  heard_at_ = std::max(heard_at_, now_ms);
  progress_at_ = std::max(progress_at_, now_ms);
}

void peer::sent(std::uint64_t last_index, std::uint64_t bytes, std::int64_t now_ms) {
  sent_at_ = now_ms;
  if (looking_) {
    awaited_ = true;  // where it goes on from is known by the answer
    return;
  }
  if (last_index < next_) return;
  next_ = last_index + 1;
  unacked_.push_back({last_index, bytes});
  unacked_bytes_ += bytes;
}

bool peer::wants_checkpoint(std::int64_t now_ms, std::int64_t retry_ms) const {
  return store_ != 0 && !checkpoint_under_way_ && now_ms - checkpoint_ended_at_ >= retry_ms;
}

void peer::checkpoint_begins(std::uint64_t least_index) {
  checkpoint_under_way_ = true;
  checkpoint_index_ = least_index;
}

void peer::checkpoint_ends(std::int64_t now_ms) {
  checkpoint_under_way_ = false;
  checkpoint_ended_at_ = now_ms;
  hurry();
}

std::optional<std::uint64_t> peer::needs_from() const {
  if (!verified_ && !checkpoint_index_) return std::nullopt;
  return std::max(match_, checkpoint_index_.value_or(0)) + 1;
}

}  // namespace taskdriver::cluster
