// Opens one listening socket per io thread on the same port, and makes sure that nobody else has
// it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace taskdriver::http {

/// The sockets among which the kernel spreads new connections (SO_REUSEPORT).
///
/// SO_REUSEPORT alone would let a second server on the same port succeed and take every other
/// connection. Therefore the first socket binds without it, which fails if anybody listens there,
/// and gets it only afterwards, for its sisters to join. Two servers can never share a port.
///
/// Thread: one owner. Owns: the sockets that were not taken.
class listening_sockets {
public:
  /// `host`: an address or a name. Fails (unavailable): unknown host, address taken or not here.
  static result<listening_sockets> open(const std::string& host, std::uint16_t port, unsigned count,
                                        int backlog);
  listening_sockets(listening_sockets&& other) noexcept;
  listening_sockets& operator=(listening_sockets&&) = delete;
  ~listening_sockets();

  std::uint16_t port() const { return port_; }
  /// Hands one socket over; -1 when none is left.
  int take();

private:
  listening_sockets() = default;

  std::vector<int> sockets_;
  std::uint16_t port_ = 0;
};

}  // namespace taskdriver::http
