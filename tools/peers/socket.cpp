// Sends whole messages; receives into one buffer that is used up and refilled.
#include "tools/peers/socket.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace taskdriver::peers {

void give_up(const std::string& why) {
  std::fprintf(stderr, "peer_cycle: %s\n", why.c_str());
  std::_Exit(1);
}

text_socket::text_socket(const std::string& host, const std::string& port) {
  addrinfo wanted{};
  wanted.ai_family = AF_INET;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found) != 0) give_up("unknown host");
  fd_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0 || ::connect(fd_, found->ai_addr, found->ai_addrlen) != 0) give_up("cannot connect");
  ::freeaddrinfo(found);
  const int at_once = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
}

text_socket::~text_socket() {
  ::close(fd_);
}

void text_socket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) give_up("connection lost");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string text_socket::line() {
  for (;;) {
    const auto end = buffer_.find("\r\n", used_);
    if (end != std::string::npos) {
      std::string text = buffer_.substr(used_, end - used_);
      used_ = end + 2;
      return text;
    }
    receive();
  }
}

std::string text_socket::body(std::size_t count) {
  while (buffer_.size() - used_ < count + 2) receive();
  std::string text = buffer_.substr(used_, count);
  used_ += count + 2;
  return text;
}

void text_socket::receive() {
  buffer_.erase(0, used_);
  used_ = 0;
  char bytes[16 * 1024];
  const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
  if (got <= 0) give_up("connection lost");
  buffer_.append(bytes, static_cast<std::size_t>(got));
}

}  // namespace taskdriver::peers
