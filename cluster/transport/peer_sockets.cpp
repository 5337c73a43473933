// socket, connect, poll: what CAF 0.17 would do blocking, for 133 s, with all others behind it.
#include "cluster/transport/peer_sockets.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>

#include "base/thread_name.hpp"
#include "cluster/transport/peer_network_options.hpp"

namespace taskdriver::cluster {
namespace {

constexpr int backlog = 256;
constexpr unsigned user_timeout_ms = 5000;

struct addrinfo_deleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using addrinfo_list = std::unique_ptr<addrinfo, addrinfo_deleter>;

std::string shown(const std::string& host, std::uint16_t port) {
  return host + ":" + std::to_string(port);
}

error_info failed(const std::string& doing, const std::string& why) {
  return {errc::unavailable, doing + ": " + why};
}

result<addrinfo_list> resolve(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return failed("cannot resolve " + host, ::gai_strerror(error));
  return addrinfo_list(found);
}

owned_fd open_socket(const addrinfo& where) {
  return owned_fd(::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// 0, or the errno.
int wait_connected(int fd, std::int64_t timeout_ms) {
  pollfd wanted{fd, POLLOUT, 0};
  const int ready = ::poll(&wanted, 1, static_cast<int>(timeout_ms));
  if (ready == 0) return ETIMEDOUT;
  if (ready < 0) return errno;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

int connect_within(int fd, const addrinfo& where, std::int64_t timeout_ms) {
  tune_peer_socket(fd);
  if (::connect(fd, where.ai_addr, where.ai_addrlen) == 0) return 0;
  return errno == EINPROGRESS ? wait_connected(fd, timeout_ms) : errno;
}

result<owned_fd> connect_any(const addrinfo& list, const std::string& to, std::int64_t timeout_ms) {
  int error = 0;
  for (const addrinfo* where = &list; where; where = where->ai_next) {
    owned_fd fd = open_socket(*where);
    error = fd.get() < 0 ? errno : connect_within(fd.get(), *where, timeout_ms);
    if (error == 0) return fd;
  }
  return failed("cannot connect to " + to, std::strerror(error));
}

result<lane_sockets> connect_both(const peer_address& to, std::int64_t timeout_ms) {
  auto list = resolve(to.host, to.port, 0);
  if (!list) return list.error();
  lane_sockets lanes;
  for (auto& lane : lanes) {
    auto connected = connect_any(**list, shown(to.host, to.port), timeout_ms);
    if (!connected) return connected.error();
    lane = std::move(*connected);
  }
  return lanes;
}

}  // namespace

owned_fd& owned_fd::operator=(owned_fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

owned_fd::~owned_fd() {
  if (fd_ >= 0) ::close(fd_);
}

int owned_fd::release() {
  return std::exchange(fd_, -1);
}

result<owned_fd> listen_for_peers(const std::string& host, std::uint16_t port) {
  const std::string doing = "cannot listen for peers on " + shown(host, port);
  auto list = resolve(host, port, AI_PASSIVE);
  if (!list) return failed(doing, list.error().text);
  owned_fd fd = open_socket(**list);
  const int on = 1;
  const bool ready = fd.get() >= 0 &&
                     ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                     ::bind(fd.get(), (*list)->ai_addr, (*list)->ai_addrlen) == 0 &&
                     ::listen(fd.get(), backlog) == 0;
  if (!ready) return failed(doing, std::strerror(errno));
  return fd;
}

std::uint16_t local_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
}

std::string remote_address(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char host[NI_MAXHOST], port[NI_MAXSERV];
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::getpeername(fd, generic, &size) != 0 ||
      ::getnameinfo(generic, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "unknown";
  return std::string(host) + ":" + port;
}

void tune_peer_socket(int fd) {
  const int on = 1, idle_s = 5, interval_s = 2, probes = 3;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof user_timeout_ms);
}

void say_and_hang_up(int fd, std::string_view last_words) {
  if (!last_words.empty())
    (void)!::send(fd, last_words.data(), last_words.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(fd, SHUT_RDWR);
}

void connect_lanes(const peer_address& to, std::int64_t timeout_ms,
                   std::function<void(result<lane_sockets>)> done) {
  std::thread([to, timeout_ms, done = std::move(done)] {
    name_this_thread("peer-dial");
    done(connect_both(to, timeout_ms));
  }).detach();
}

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return host == "localhost";
}

result<void> check_transport_security(const peer_network_options& options, bool insecure) {
  if (options.tls || insecure || is_loopback(options.host)) return {};
  return error_info{errc::bad_request,
                    "nodes on " + options.host +
                        " would speak in the clear: give --cluster-tls-ca, "
                        "--cluster-tls-certificate and --cluster-tls-key, or --insecure-cluster "
                        "on a network of their own"};
}

}  // namespace taskdriver::cluster
