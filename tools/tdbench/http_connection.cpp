// Socket work of the load generator: one send(2) and one recv(2) per request when all goes well.
#include "tools/tdbench/http_connection.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.hpp"

namespace taskdriver::bench {

http_connection::http_connection(event_loop& loop, const endpoint& to, answer_listener& owner)
    : loop_(loop), to_(to), owner_(owner), deferred_break_(*this) {}

http_connection::~http_connection() {
  disconnect();
}

void http_connection::send(std::string_view request) {
  TASKDRIVER_CHECK(!busy_, "a second request on a busy connection");
  busy_ = true;
  unsent_ = request;
  if (fd_ < 0) {
    fd_ = start_connect(to_);
    ++sockets_opened_;
    connecting_ = fd_ >= 0;
    if (connecting_) loop_.watch(fd_, *this);
  }
  if (fd_ >= 0 && (connecting_ || flush())) return;
  failure_ = std::strerror(errno);
  disconnect();
  loop_.call_at(0, deferred_break_);
}

void http_connection::on_io(std::uint32_t events) {
  if (fd_ < 0) return;
  if (connecting_ && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) finish_connect();
  if (fd_ < 0 || connecting_) return;
  if (!unsent_.empty() && (events & EPOLLOUT) != 0 && !flush()) {
    return broken(std::strerror(errno));
  }
  const bool peer_closed = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (peer_closed || (events & EPOLLIN) != 0) receive(peer_closed);
}

void http_connection::finish_connect() {
  int failure = 0;
  socklen_t length = sizeof failure;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &failure, &length);
  connecting_ = false;
  if (failure != 0) return broken(std::strerror(failure));
}

bool http_connection::flush() {
  while (!unsent_.empty()) {
    const ssize_t sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    unsent_.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void http_connection::receive(bool peer_closed) {
  auto& scratch = loop_.scratch();
  const unsigned socket_number = sockets_opened_;
  // The listener may have opened another socket from inside take(): that one has events of its own.
  while (fd_ >= 0 && sockets_opened_ == socket_number) {
    const ssize_t count = recv(fd_, scratch.data(), scratch.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      return broken(count == 0 ? "closed by the server" : std::strerror(errno));
    }
    const auto size = static_cast<std::size_t>(count);
    take({scratch.data(), size}, peer_closed);
    if (size < scratch.size() && !peer_closed) return;
  }
}

void http_connection::take(std::string_view bytes, bool peer_closed) {
  if (!busy_) {
    disconnect();
    return owner_.on_stray();
  }
  const bool in_pieces = !received_.empty();
  if (in_pieces) received_.append(bytes);
  const auto parsed = parse_answer(in_pieces ? std::string_view(received_) : bytes, chunks_);
  if (parsed.state == parse_state::malformed) return broken(std::string(parsed.problem));
  if (parsed.state == parse_state::incomplete) {
    if (!in_pieces) received_.assign(bytes);
    return;
  }
  if (parsed.used != (in_pieces ? received_.size() : bytes.size())) {
    return broken("more bytes than one answer");
  }
  if (parsed.answer.closes || peer_closed || !unsent_.empty()) {
    close(std::exchange(fd_, -1));
    unsent_ = {};
  }
  busy_ = false;
  // A moved string keeps its buffer (an answer is too long to be stored inside the string object),
  // so the views stay good while the listener already sends its next request.
  const std::string kept = std::exchange(received_, {});
  owner_.on_answer(parsed.answer);
}

void http_connection::broken(std::string why) {
  const bool was_busy = std::exchange(busy_, false);
  disconnect();
  if (was_busy) owner_.on_broken(why);
}

void http_connection::disconnect() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  connecting_ = false;
  unsent_ = {};
  received_.clear();
}

}  // namespace taskdriver::bench
