// The two ends of a checkpoint's stream.
#include "cluster/replica/checkpoint_stream.hpp"

#include <utility>

#include "base/check.hpp"

namespace taskdriver::cluster {
namespace {

/// A stream without a sign of life for so long is given up; generous, since disks may be slow.
constexpr std::int64_t silence_ms_max = 10'000;

}  // namespace

// --- sender -------------------------------------------------------------------------------------

checkpoint_sender::checkpoint_sender(shard_id shard, std::uint64_t transfer,
                                     checkpoint_identity what, std::int64_t now_ms)
    : shard_(shard), transfer_(transfer), what_(what), heard_at_(now_ms) {}

checkpoint_frame checkpoint_sender::begin() const {
  return {shard_, transfer_, checkpoint_begin{what_}};
}

checkpoint_frame checkpoint_sender::chunk(std::string bytes) {
  TASKDRIVER_CHECK(may_send(), "a chunk needs credit");
  TASKDRIVER_CHECK(!bytes.empty() && bytes.size() <= checkpoint_chunk_bytes_max,
                   "a chunk has a size");
  checksum_ = crc32c(checksum_, bytes);
  return {shard_, transfer_, checkpoint_chunk{sent_++, std::move(bytes)}};
}

checkpoint_frame checkpoint_sender::end() {
  TASKDRIVER_CHECK(state_ == state::sending, "a stream ends once");
  state_ = state::ended;
  return {shard_, transfer_, checkpoint_end{sent_, checksum_}};
}

checkpoint_frame checkpoint_sender::abort() {
  state_ = state::aborted;
  return {shard_, transfer_, checkpoint_abort{}};
}

void checkpoint_sender::heard(const checkpoint_frame& frame, std::int64_t now_ms) {
  if (frame.shard != shard_ || frame.transfer != transfer_) return;
  heard_at_ = now_ms;
  if (const auto* credit = std::get_if<checkpoint_credit>(&frame.body)) {
    credit_ = std::max(credit_, credit->chunks);
  } else if (std::holds_alternative<checkpoint_abort>(frame.body)) {
    if (state_ != state::complete) state_ = state::aborted;
  } else if (std::holds_alternative<checkpoint_complete>(frame.body)) {
    if (state_ == state::ended) state_ = state::complete;
  }
}

bool checkpoint_sender::overdue(std::int64_t now_ms) const {
  return state_ != state::complete && now_ms - heard_at_ > silence_ms_max;
}

// --- receiver -----------------------------------------------------------------------------------

checkpoint_received checkpoint_receiver::take(checkpoint_frame frame, std::int64_t now_ms) {
  if (frame.shard != shard_) return {};
  if (const auto* first = std::get_if<checkpoint_begin>(&frame.body))
    return begin(frame.transfer, first->what, now_ms);
  auto* chunk = std::get_if<checkpoint_chunk>(&frame.body);
  const auto* end = std::get_if<checkpoint_end>(&frame.body);
  if (!current_ || current_->id != frame.transfer) {
    // Its beginning was lost, or it was abandoned: the sender need not go on.
    checkpoint_received unknown;
    if (chunk || end) unknown.answers.push_back(answer(frame.transfer, checkpoint_abort{}));
    return unknown;
  }
  current_->heard_at = now_ms;
  if (chunk) return take_chunk(std::move(*chunk));
  if (end) return take_end(*end);
  checkpoint_received given_up;
  if (std::holds_alternative<checkpoint_abort>(frame.body)) given_up.abandoned = abandon();
  return given_up;
}

checkpoint_received checkpoint_receiver::begin(std::uint64_t id, const checkpoint_identity& what,
                                               std::int64_t now_ms) {
  // Twice the same beginning: chunks may have been doubled or reordered just as well.
  if (what.store != store_ || (current_ && current_->id == id)) return refuse(id);
  current_ = transfer{.id = id, .what = what, .heard_at = now_ms};
  checkpoint_received begun{.begins = true, .identity = what};
  begun.answers.push_back(answer(id, checkpoint_credit{current_->credit}));
  return begun;
}

checkpoint_received checkpoint_receiver::take_chunk(checkpoint_chunk chunk) {
  auto& t = *current_;
  if (chunk.number != t.chunks || t.chunks >= t.credit) return refuse(t.id);
  ++t.chunks;
  t.checksum = crc32c(t.checksum, chunk.bytes);
  return {.gather = std::move(chunk.bytes), .identity = t.what};
}

checkpoint_received checkpoint_receiver::take_end(const checkpoint_end& end) {
  const auto t = *current_;
  if (end.chunks != t.chunks || end.checksum != t.checksum) return refuse(t.id);
  current_.reset();
  checkpoint_received all{.complete = true, .identity = t.what};
  all.answers.push_back(answer(t.id, checkpoint_complete{}));
  return all;
}

checkpoint_received checkpoint_receiver::refuse(std::uint64_t id) {
  checkpoint_received refused;
  if (current_ && current_->id == id) refused.abandoned = abandon();
  refused.answers.push_back(answer(id, checkpoint_abort{}));
  return refused;
}

/// Told in halves of the window: a frame per chunk would say little more.
std::optional<checkpoint_frame> checkpoint_receiver::gathered() {
  if (!current_) return std::nullopt;
  auto& t = *current_;
  TASKDRIVER_CHECK(t.gathered < t.chunks, "what is kept was received");
  const auto room = ++t.gathered + window_chunks;
  if (room < t.credit + window_chunks / 2) return std::nullopt;
  t.credit = room;
  return answer(t.id, checkpoint_credit{room});
}

bool checkpoint_receiver::abandon() {
  return std::exchange(current_, std::nullopt).has_value();
}

bool checkpoint_receiver::overdue(std::int64_t now_ms) const {
  return current_ && now_ms - current_->heard_at > silence_ms_max;
}

checkpoint_frame checkpoint_receiver::answer(std::uint64_t id,
                                             decltype(checkpoint_frame::body) body) const {
  return {shard_, id, std::move(body)};
}

}  // namespace taskdriver::cluster
