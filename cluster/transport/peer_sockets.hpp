// Sockets between nodes: listening, connecting without blocking anybody, and the options they need.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cluster/transport/peer_network.hpp"

namespace taskdriver::cluster {

/// A file descriptor with an owner.
class owned_fd {
public:
  owned_fd() = default;
  explicit owned_fd(int fd) : fd_(fd) {}
  owned_fd(owned_fd&& other) noexcept : fd_(other.release()) {}
  owned_fd& operator=(owned_fd&& other) noexcept;
  ~owned_fd();
  int get() const { return fd_; }
  int release();

private:
  int fd_ = -1;
};

/// One socket per lane, connected.
using lane_sockets = std::array<owned_fd, 2>;

/// Fails: unavailable ("cannot listen on ...").
result<owned_fd> listen_for_peers(const std::string& host, std::uint16_t port);
std::uint16_t local_port(int fd);
/// "127.0.0.1:4000" of the other end; for people.
std::string remote_address(int fd);

/// TCP_NODELAY, keepalive, and an end to unacknowledged bytes after TCP_USER_TIMEOUT.
void tune_peer_socket(int fd);
/// Sends what fits into the socket's buffer, without waiting, and ends both directions at once.
void say_and_hang_up(int fd, std::string_view last_words);

/// Resolves and connects, both lanes, in a thread of its own that nobody has to wait for: a
/// resolver may hang for seconds. `done` is called there, exactly once; it and all it holds may
/// outlive the caller.
void connect_lanes(const peer_address& to, std::int64_t timeout_ms,
                   std::function<void(result<lane_sockets>)> done);

/// Is it a loopback address, or "localhost"? Other names are not looked up: they count as not.
bool is_loopback(const std::string& host);

}  // namespace taskdriver::cluster
