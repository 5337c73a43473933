// The length is judged before anything is allocated for it, the kind as soon as it is there.
#include "cluster/transport/frame_reader.hpp"

#include <algorithm>
#include <utility>

#include "base/wire.hpp"
#include "cluster/transport/peer_network_options.hpp"

namespace taskdriver::cluster {

bool kind_fits(peer_lane lane, std::uint8_t kind) {
  if (kind == window_frame_kind) return true;
  switch (static_cast<frame_kind>(kind)) {  // no default: a new kind must say its lane
    case frame_kind::replica:
    case frame_kind::request:
    case frame_kind::answer:
    case frame_kind::cancel:
    case frame_kind::report:
      return lane == peer_lane::main;
    case frame_kind::checkpoint:
      return lane == peer_lane::bulk;
  }
  return false;
}

std::string encode_window_frame(std::uint64_t processed_bytes) {
  std::string frame;
  byte_writer out(frame);
  out.u32(window_frame_bytes);
  out.u8(window_frame_kind);
  out.u64(processed_bytes);
  return frame;
}

void frame_reader::read_head(std::string_view& in) {
  const std::size_t taken = std::min(in.size(), frame_head_bytes - head_used_);
  std::copy_n(in.data(), taken, head_.data() + head_used_);
  head_used_ += taken;
  in.remove_prefix(taken);
  if (head_used_ < frame_head_bytes) return;
  length_ = byte_reader({head_.data(), head_.size()}).u32();
  if (length_ == 0 || length_ > frame_bytes_max(lane_))
    broken_ = "a frame of a length that its lane does not have";
}

std::optional<std::string> frame_reader::next(std::string_view& in) {
  if (head_used_ < frame_head_bytes && !broken_) read_head(in);
  if (in.empty() || broken_) return std::nullopt;
  if (body_.empty() && !kind_fits(lane_, static_cast<std::uint8_t>(in.front()))) {
    broken_ = "a frame of a kind that its lane does not have";
    return std::nullopt;
  }
  const std::size_t taken = std::min(in.size(), length_ - body_.size());
  body_.append(in.substr(0, taken));
  in.remove_prefix(taken);
  if (body_.size() < length_) return std::nullopt;
  head_used_ = 0;
  return std::exchange(body_, {});
}

}  // namespace taskdriver::cluster
