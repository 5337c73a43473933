// Frames on their way to one lane of one peer: filled by any thread, emptied by the io thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cluster/transport/peer_network.hpp"

namespace taskdriver::cluster {

/// Holds the peer's window: bytes handed over and not yet reported as processed never exceed it,
/// wherever they are (here, in the socket, unread by the peer). So nothing else needs a bound.
/// Thread: any. Fails: see push.
class outbox {
public:
  outbox(std::string peer, peer_lane lane, std::size_t window_bytes)
      : peer_(std::move(peer)), lane_(lane), window_bytes_(window_bytes) {}

  enum class pushed { first, more };  // first: nobody was told yet that there is something
  /// Copies the frame, with its head, behind the others. Fails: payload_too_large; unavailable
  /// (closed, or the window is full).
  result<pushed> push(std::string_view frame);

  /// Moves all that waits to the end of `out`, which is free of charge if `out` is empty.
  void take(std::vector<char>& out);

  /// The peer has processed so many bytes since the connection began. False: it cannot have.
  bool processed(std::uint64_t bytes);
  /// Nothing more goes out, and what waits is gone.
  void close();
  /// Handed over and not yet reported as processed.
  std::size_t unprocessed_bytes() const;

private:
  const std::string peer_;
  const peer_lane lane_;
  const std::size_t window_bytes_;
  mutable std::mutex lock_;
  std::vector<char> waiting_;
  std::uint64_t pushed_bytes_ = 0;
  std::uint64_t processed_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace taskdriver::cluster
