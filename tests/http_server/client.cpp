// Sockets of the test client.
#include "tests/http_server/client.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace taskdriver::http::test {
namespace {

constexpr int patience_ms = 20'000;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

client::client(std::uint16_t port, int receive_buffer_bytes) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail("socket");
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer_bytes != 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fail("connect");
}

client::client(client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

void client::wait(short events) {
  pollfd p{fd_, events, 0};
  if (::poll(&p, 1, patience_ms) <= 0) fail("the server did not react in 20 s");
}

void client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    wait(POLLOUT);
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) return;  // the server has closed: what it says is read later
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// False at the end of the stream.
bool client::fill() {
  wait(POLLIN);
  char bytes[16 * 1024];
  const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
  if (n < 0) fail("recv");
  buffer_.append(bytes, static_cast<std::size_t>(n));
  return n > 0;
}

client_response client::receive(bool to_head) {
  client_response r;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) throw std::runtime_error("closed before an answer: \"" + buffer_ + "\"");
  }
  r.head = buffer_.substr(0, end + 4);
  buffer_.erase(0, end + 4);
  r.status = std::stoi(r.head.substr(9, 3));
  const std::size_t at = r.head.find("Content-Length: ");
  if (to_head || at == std::string::npos) return r;
  const std::size_t length = std::stoul(r.head.substr(at + 16));
  while (buffer_.size() < length) {
    if (!fill()) throw std::runtime_error("closed inside an answer's body");
  }
  r.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return r;
}

bool client::sees_close() {
  while (fill()) {
  }
  return buffer_.empty();
}

bool client::is_quiet() {
  pollfd p{fd_, POLLIN, 0};
  return buffer_.empty() && ::poll(&p, 1, 0) == 0;
}

void client::finish_sending() {
  ::shutdown(fd_, SHUT_WR);
}

void client::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void client::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace taskdriver::http::test
