// Sockets in pairs under one poll.
#include "tests/coordinator/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

namespace taskdriver::testing {
namespace {

/// How long the thread sleeps before it looks at what the test wants.
constexpr int look_ms = 10;

int loopback_socket(std::uint16_t port, bool listen, std::uint16_t* got) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const bool fine = listen ? ::bind(fd, any, size) == 0 && ::listen(fd, 64) == 0 &&
                                 ::getsockname(fd, any, &size) == 0
                           : ::connect(fd, any, size) == 0;
  if (got != nullptr) *got = ntohs(address.sin_port);
  if (fine) return fd;
  ::close(fd);
  return -1;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

tcp_proxy::tcp_proxy(std::uint16_t to_port)
    : to_port_(to_port), listener_(loopback_socket(0, true, &port_)) {
  BOOST_TEST_REQUIRE(listener_ >= 0);
  thread_ = std::thread([this] { run(); });
}

tcp_proxy::~tcp_proxy() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
}

void tcp_proxy::answer_by_itself(std::string answer) {
  const std::lock_guard lock(mutex_);
  own_answer_ = std::move(answer);
  own_ = true;
}

void tcp_proxy::accept_one() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = own_ ? -1 : loopback_socket(to_port_, false, nullptr);
  if (server < 0 && !own_) {
    ::close(client);
    return;
  }
  pairs_.push_back({client, server});
}

void tcp_proxy::run() {
  while (!stop_) {
    std::vector<pollfd> waits = {{listener_, POLLIN, 0}};
    for (const pair& p : pairs_) {
      waits.push_back({p.client, POLLIN, 0});
      waits.push_back({p.server, POLLIN, 0});
    }
    ::poll(waits.data(), waits.size(), look_ms);
    const bool cut = cut_.exchange(false);
    std::vector<pair> kept;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      if (!cut && pump(pairs_[i], waits[1 + 2 * i].revents, waits[2 + 2 * i].revents)) {
        kept.push_back(pairs_[i]);
        continue;
      }
      ::close(pairs_[i].client);
      if (pairs_[i].server >= 0) ::close(pairs_[i].server);
    }
    pairs_ = std::move(kept);
    if (waits[0].revents != 0) accept_one();
  }
  for (const pair& p : pairs_) {
    ::close(p.client);
    if (p.server >= 0) ::close(p.server);
  }
}

bool tcp_proxy::pump(const pair& p, short client_events, short server_events) {
  char bytes[16384];
  if (client_events != 0) {
    const ssize_t count = ::recv(p.client, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    if (own_ || p.server < 0) {
      const std::lock_guard lock(mutex_);
      send_all(p.client, own_answer_);
      return false;
    }
    passed_ += static_cast<std::uint64_t>(count);
    if (!send_all(p.server, {bytes, static_cast<std::size_t>(count)})) return false;
  }
  if (server_events != 0) {
    const ssize_t count = ::recv(p.server, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    if (!swallow_ && !send_all(p.client, {bytes, static_cast<std::size_t>(count)})) return false;
  }
  return true;
}

}  // namespace taskdriver::testing
