// socket, bind, listen; and the trick that keeps a shared port from being shared too far.
#include "http/server/listening_sockets.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace taskdriver::http {
namespace {

struct addrinfo_deleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using addrinfo_list = std::unique_ptr<addrinfo, addrinfo_deleter>;

error_info cannot_listen(const std::string& host, std::uint16_t port, const std::string& why) {
  return {errc::unavailable, "cannot listen on " + host + ":" + std::to_string(port) + ": " + why};
}

/// Accepted sockets inherit TCP_NODELAY from the listening one.
int open_socket(const addrinfo& where) {
  const int fd = ::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

bool share_port(int fd) {
  const int on = 1;
  return ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
}

void set_port(sockaddr* address, std::uint16_t port) {
  if (address->sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(address)->sin_port = htons(port);
  }
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port);
  }
  return ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
}

}  // namespace

result<listening_sockets> listening_sockets::open(const std::string& host, std::uint16_t port,
                                                  unsigned count, int backlog) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failed != 0) return cannot_listen(host, port, ::gai_strerror(failed));
  const addrinfo_list list(found);

  listening_sockets opened;
  for (unsigned i = 0; i < count; ++i) {
    const int fd = open_socket(*found);
    if (fd >= 0) opened.sockets_.push_back(fd);
    const bool first = i == 0;
    const bool ready = fd >= 0 && (first || share_port(fd)) &&
                       ::bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
                       (!first || share_port(fd)) && ::listen(fd, backlog) == 0;
    if (!ready) return cannot_listen(host, port, std::strerror(errno));
    if (first) {
      opened.port_ = bound_port(fd);
      set_port(found->ai_addr, opened.port_);  // with port 0 its sisters join the chosen one
    }
  }
  return opened;
}

listening_sockets::listening_sockets(listening_sockets&& other) noexcept
    : sockets_(std::exchange(other.sockets_, {})), port_(other.port_) {}

listening_sockets::~listening_sockets() {
  for (const int fd : sockets_) ::close(fd);
}

int listening_sockets::take() {
  if (sockets_.empty()) return -1;
  const int fd = sockets_.back();
  sockets_.pop_back();
  return fd;
}

}  // namespace taskdriver::http
