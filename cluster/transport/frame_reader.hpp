// Cuts the bytes of a connection into frames: u32 length, then that many bytes, the kind first.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/transport/peer_network.hpp"

namespace taskdriver::cluster {

inline constexpr std::size_t frame_head_bytes = 4;
/// The one kind of frame that the transport keeps for itself: `u64` bytes of frames that the
/// sender of this one has processed. Grants the window, and shows that its sender lives.
inline constexpr std::uint8_t window_frame_kind = 0;
inline constexpr std::size_t window_frame_bytes = 9;

/// May a frame of this kind travel on this lane?
bool kind_fits(peer_lane lane, std::uint8_t kind);

/// A whole window frame, head included.
std::string encode_window_frame(std::uint64_t processed_bytes);

/// Holds at most one unfinished frame, and allocates only for bytes that are there.
/// Thread: one owner.
class frame_reader {
public:
  explicit frame_reader(peer_lane lane) : lane_(lane) {}

  /// The next frame, without its head; takes its bytes from the front of `in`. None: all of `in`
  /// is taken and the frame is unfinished, or the input is broken().
  std::optional<std::string> next(std::string_view& in);

  /// Why nothing more can be read: a length or kind that the lane does not have.
  const char* broken() const { return broken_; }

private:
  void read_head(std::string_view& in);

  const peer_lane lane_;
  std::array<char, frame_head_bytes> head_{};
  std::size_t head_used_ = 0;
  std::size_t length_ = 0;  // once the head is there
  std::string body_;
  const char* broken_ = nullptr;
};

}  // namespace taskdriver::cluster
