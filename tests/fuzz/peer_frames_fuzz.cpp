// What a peer may send: any bytes, cut anywhere, must end the connection or give frames in bounds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "cluster/transport/peer_connection.hpp"
#include "cluster/transport/peer_hello.hpp"

namespace {

using namespace taskdriver::cluster;

/// What was read must be written again by the same bytes: an opening has one encoding.
void check_hello(const opening& read, std::string_view bytes) {
  if (read.is != opening::state::hello || read.hello.from.protocol != peer_protocol) return;
  TASKDRIVER_CHECK(read.bytes <= opening_bytes_max, "an opening is short");
  TASKDRIVER_CHECK(encode_hello(read.hello) == bytes.substr(0, read.bytes),
                   "a hello has one encoding");
}

/// Feeds `bytes` in pieces of `piece_bytes` to a connection that opens as soon as it is greeted.
std::string frames_of(std::string_view bytes, std::size_t piece_bytes) {
  peer_limits limits;
  limits.bulk_window_bytes = 4096;
  peer_connection connection(nullptr, limits, 0);
  std::string frames;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), piece_bytes))) {
    if (!connection.feed(bytes.substr(0, piece_bytes), 0)) return frames + "|failed";
    if (!connection.is_open()) {
      const auto read = connection.read_greeting();
      if (read.is == opening::state::incomplete) continue;
      if (read.is != opening::state::hello || read.bytes == 0) return frames + "|not greeted";
      const auto lane = read.hello.lane;
      connection.open(lane, std::make_shared<outbox>("peer", lane, limits.window_bytes(lane)));
    }
    while (auto frame = connection.next_frame()) {
      connection.processed(frame->size());
      frames += std::to_string(frame->size()) + " ";
    }
    if (connection.broken()) return frames + "|broken";
  }
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_hello(read_opening(bytes), bytes);
  TASKDRIVER_CHECK(frames_of(bytes, 1) == frames_of(bytes, 7), "cuts make no difference");
  return 0;
}
