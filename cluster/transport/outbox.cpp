// One lock, one copy per frame; buffers that became large are given back.
#include "cluster/transport/outbox.hpp"

#include "cluster/transport/frame_reader.hpp"
#include "cluster/transport/peer_network_options.hpp"

namespace taskdriver::cluster {
namespace {

/// A buffer that has grown beyond this is freed when it is empty.
constexpr std::size_t kept_bytes_max = std::size_t{1} << 20;

error_info refused(errc code, const std::string& text) {
  return {code, text, {}, 1};
}

void append_head(std::vector<char>& out, std::size_t length) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(length >> shift));
}

}  // namespace

result<outbox::pushed> outbox::push(std::string_view frame) {
  if (frame.size() > frame_bytes_max(lane_))
    return refused(errc::payload_too_large, "the frame is longer than its lane allows");
  const std::size_t bytes = frame_head_bytes + frame.size();
  const std::lock_guard held(lock_);
  if (closed_) return refused(errc::unavailable, "not connected to " + peer_);
  if (pushed_bytes_ - processed_bytes_ + bytes > window_bytes_)
    return refused(errc::unavailable, peer_ + " does not read: its window is full");
  pushed_bytes_ += bytes;
  const pushed was = waiting_.empty() ? pushed::first : pushed::more;
  append_head(waiting_, frame.size());
  waiting_.insert(waiting_.end(), frame.begin(), frame.end());
  return was;
}

void outbox::take(std::vector<char>& out) {
  const std::lock_guard held(lock_);
  if (out.empty()) {
    out.swap(waiting_);
  } else {
    out.insert(out.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
  }
  if (waiting_.capacity() > kept_bytes_max) std::vector<char>().swap(waiting_);
}

bool outbox::processed(std::uint64_t bytes) {
  const std::lock_guard held(lock_);
  if (bytes < processed_bytes_ || bytes > pushed_bytes_) return false;
  processed_bytes_ = bytes;
  return true;
}

void outbox::close() {
  const std::lock_guard held(lock_);
  closed_ = true;
  std::vector<char>().swap(waiting_);
}

std::size_t outbox::unprocessed_bytes() const {
  const std::lock_guard held(lock_);
  return pushed_bytes_ - processed_bytes_;
}

}  // namespace taskdriver::cluster
