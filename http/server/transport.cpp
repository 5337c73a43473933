// Accepting, event dispatch, mail and sweeps of one io thread.
#include "http/server/transport.hpp"

#include <pistache/net.h>
#include <pistache/peer.h>
#include <pistache/reactor.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "http/server/listening_sockets.hpp"

namespace taskdriver::http {
namespace {

using Pistache::Polling::NotifyOn;
namespace tcp = Pistache::Tcp;

/// Between two looks at the connections that are there already.
constexpr int accepts_per_event = 64;
/// How often an io thread goes on with what its own answers have let in, before it looks at others.
constexpr int repeats_per_round = 8;
/// A flood must not keep a server from ending.
constexpr int accept_rounds_at_end = 64;

std::int64_t steady_now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

NotifyOn flags_of(byte_channel::interest what) {
  switch (what) {
    case byte_channel::interest::nothing:
      return NotifyOn::None;  // epoll tells EPOLLHUP and EPOLLERR nevertheless
    case byte_channel::interest::readable:
      return NotifyOn::Read;
    case byte_channel::interest::hang_up:
      return NotifyOn::Shutdown;
    case byte_channel::interest::writable:
      return NotifyOn::Write;
  }
  return NotifyOn::None;
}

io_result failure_of_call() {
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {later ? io_result::kind::would_block : io_result::kind::failed, 0};
}

/// An IPv4 client of an IPv6 socket is the same client as ever.
std::string client_ip(const Pistache::Address& address) {
  constexpr std::string_view mapped = "::ffff:";
  std::string ip = address.host();
  const bool is_ipv4 = ip.starts_with(mapped) && ip.find('.') != std::string::npos;
  return is_ipv4 ? ip.substr(mapped.size()) : ip;
}

bool out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

server_context::server_context(const server_options& o, request_handler h)
    : options(o), handler(std::move(h)) {
  for (unsigned i = 0; i < o.io_threads; ++i) counters.push_back(std::make_unique<io_counters>());
}

std::uint64_t server_context::connections_open() const {
  std::uint64_t sum = 0;
  for (const auto& c : counters) sum += c->open.value();
  return sum;
}

/// A peer's socket. Thread: the io thread.
class transport::peer_channel final : public byte_channel {
public:
  peer_channel(transport& owner, int fd) : owner_(owner), fd_(fd) {}

  io_result read(char* into, std::size_t size) override {
    const ssize_t n = ::recv(fd_, into, size, 0);
    if (n < 0) return failure_of_call();
    if (n == 0) return {io_result::kind::end, 0};
    return {io_result::kind::done, static_cast<std::size_t>(n)};
  }

  io_result write(std::string_view first, std::string_view second) override {
    if (second.empty()) return sent(::send(fd_, first.data(), first.size(), MSG_NOSIGNAL));
    iovec pieces[2] = {{const_cast<char*>(first.data()), first.size()},
                       {const_cast<char*>(second.data()), second.size()}};
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = 2;
    return sent(::sendmsg(fd_, &message, MSG_NOSIGNAL));
  }

  peer_state look() override {
    pollfd p{fd_, POLLIN | POLLRDHUP, 0};
    if (::poll(&p, 1, 0) <= 0) return peer_state::quiet;
    if ((p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return peer_state::dead;
    if ((p.revents & POLLRDHUP) != 0) return peer_state::half_closed;
    return peer_state::has_bytes;
  }

  void finish_writing() override { ::shutdown(fd_, SHUT_WR); }

  void wait_for(interest what) override {
    owner_.reactor()->modifyFd(owner_.key(), fd_, flags_of(what), Pistache::Polling::Mode::Level);
  }

private:
  static io_result sent(ssize_t n) {
    if (n < 0) return failure_of_call();
    return {io_result::kind::done, static_cast<std::size_t>(n)};
  }

  transport& owner_;
  const int fd_;
};

transport::transport(std::shared_ptr<server_context> server)
    : tcp::Transport(std::make_shared<peer_handler>()), server_(std::move(server)) {}

transport::~transport() {
  if (services_) services_->mail->close();
  for (std::size_t fd = 0; fd < connections_.size(); ++fd) {
    if (connections_[fd]) ::close(static_cast<int>(fd));
  }
  if (listen_fd_ >= 0) ::close(listen_fd_);
  if (timer_fd_ >= 0) ::close(timer_fd_);
}

/// Pistache clones its prototype, one transport for each io thread.
std::shared_ptr<Pistache::Aio::Handler> transport::clone() const {
  return std::make_shared<transport>(server_);
}

/// Still on the thread that starts the server.
void transport::registerPoller(Pistache::Polling::Epoll& poller) {
  tcp::Transport::registerPoller(poller);
  services_ = std::make_unique<io_services>(server_->options, server_->handler,
                                            *server_->counters[server_->transports_made++]);
  listen_fd_ = server_->sockets->take();
  timer_fd_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  TASKDRIVER_CHECK(listen_fd_ >= 0 && timer_fd_ >= 0, "an io thread lacks a descriptor");
  const int sweep_ms = server_->options.limits.sweep_ms;
  itimerspec period{};
  period.it_interval = {sweep_ms / 1000, (sweep_ms % 1000) * 1'000'000L};
  period.it_value = period.it_interval;
  ::timerfd_settime(timer_fd_, 0, &period, nullptr);
  for (const int fd : {listen_fd_, timer_fd_, mail().wake_fd()}) {
    poller.addFd(fd, Pistache::Flags<NotifyOn>(NotifyOn::Read), Pistache::Polling::Tag(fd));
  }
}

/// The base class is not asked: its own queues are never used.
void transport::onReady(const Pistache::Aio::FdSet& ready) {
  if (!std::exchange(started_, true)) start();
  services_->now_ns = steady_now_ns();
  for (const auto& event : ready) on_event(static_cast<int>(event.getTag().value()));
  end_round();
  tell_if_drained();
}

void transport::start() {
  mail().own();
  const auto& make = server_->options.make_side_work;
  if (make) side_work_ = make([mail = services_->mail] { mail->wake_owner(); });
}

/// An answer may let the next request of a pipeline in, which is work again. After some of these
/// the others have their turn.
void transport::end_round() {
  for (int i = 0; i < repeats_per_round; ++i) {
    if (side_work_) side_work_();
    mail().collect_own(letters_);
    if (!deliver_answers()) return;
    services_->now_ns = steady_now_ns();
  }
  mail().wake_owner();
}

void transport::on_event(int fd) {
  if (fd == listen_fd_) {
    accept_some();
  } else if (fd == mail().wake_fd()) {
    read_mail();
  } else if (fd == timer_fd_) {
    sweep();
  } else {
    step(fd, [](connection& c) { c.on_ready(); });
  }
}

connection* transport::find(int fd) const {
  const auto at = static_cast<std::size_t>(fd);
  return at < connections_.size() ? connections_[at].get() : nullptr;
}

/// Lets a connection go on, and removes it if that was its end.
template <class Action>
void transport::step(int fd, Action action) {
  connection* c = find(fd);
  if (c == nullptr) return;  // an event that is older than the connection's end
  action(*c);
  if (c->closed()) remove(fd);
}

void transport::remove(int fd) {
  connections_[static_cast<std::size_t>(fd)].reset();
  services_->counters.open.subtract(1);
  const std::shared_ptr<tcp::Peer> peer = peers.at(fd);
  removePeer(peer);  // closes the descriptor
}

/// True if there may be more to accept.
bool transport::accept_some() {
  for (int i = 0; i < accepts_per_event; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = ::accept4(listen_fd_, reinterpret_cast<sockaddr*>(&from), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      admit(fd, from);
    } else if (out_of_resources(errno)) {
      pause_accepting(errno);
      return false;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return false;
    }  // else: that client is gone already, the next one may be there
  }
  return true;
}

void transport::admit(int fd, sockaddr_storage& from) {
  services_->counters.accepted.add(1);
  shortage_told_ = false;
  if (server_->connections_open() >= server_->options.limits.connections_max) return refuse(fd);
  try {
    const auto address = Pistache::Address::fromUnix(reinterpret_cast<sockaddr*>(&from));
    handleNewPeer(tcp::Peer::Create(fd, address));
    auto channel = std::make_unique<peer_channel>(*this, fd);
    channel->wait_for(byte_channel::interest::readable);  // Pistache has registered for edges
    const auto at = static_cast<std::size_t>(fd);
    if (at >= connections_.size()) connections_.resize(at + 1);
    connections_[at] = std::make_unique<connection>(
        connection_id{fd, ++generation_}, std::move(channel), client_ip(address), *services_);
    services_->counters.open.add(1);
  } catch (const std::exception& e) {
    log_event(log_level::warn, "connection not admitted", {{"what", e.what()}});
    peers.erase(fd);
    ::close(fd);
  }
}

/// One system call each: a flood of clients must not become a flood of state.
void transport::refuse(int fd) {
  services_->counters.refused.add(1);
  const response full = server_->options.error_response(503, "too many connections");
  std::string& out = services_->write_buffer;
  out.clear();
  services_->encoder.append_head(out, full, {.keep_alive = false});
  out.append(full.body);
  [[maybe_unused]] ssize_t n = ::send(fd, out.data(), out.size(), MSG_NOSIGNAL);
  ::shutdown(fd, SHUT_WR);
  // Unread input would turn the close into a RST, which can overtake the answer.
  n = ::recv(fd, services_->read_buffer.data(), services_->read_buffer.size(), 0);
  ::close(fd);
}

/// Without a free descriptor the listening socket stays readable, which would spin: look again with
/// the next sweep. Clients wait in its backlog meanwhile.
void transport::pause_accepting(int error) {
  if (!std::exchange(shortage_told_, true)) {
    log_event(log_level::warn, "accepting paused", {{"what", std::strerror(error)}});
  }
  reactor()->modifyFd(key(), listen_fd_, NotifyOn::None);
  accept_paused_ = true;
}

/// Who is in the backlog has been promised a connection by the kernel and is served.
void transport::stop_accepting() {
  if (listen_fd_ < 0) return;
  for (int i = 0; i < accept_rounds_at_end && accept_some(); ++i) {
  }
  reactor()->removeFd(key(), listen_fd_);
  ::close(std::exchange(listen_fd_, -1));
}

void transport::read_mail() {
  mail().collect(letters_);
  deliver_answers();
  if (letters_.stop_accepting || letters_.drain) stop_accepting();
  if (letters_.drain) begin_drain();
}

/// False if there were none.
bool transport::deliver_answers() {
  if (letters_.answers.empty()) return false;
  for (answer& a : letters_.answers) {
    step(a.to.fd, [&a](connection& c) {
      if (c.id() == a.to) c.on_answer(std::move(a.content));
    });
  }
  letters_.answers.clear();
  return true;
}

void transport::sweep() {
  std::uint64_t times = 0;
  if (::read(timer_fd_, &times, sizeof times) < 0) return;
  if (std::exchange(accept_paused_, false) && listen_fd_ >= 0) {
    reactor()->modifyFd(key(), listen_fd_, NotifyOn::Read);
  }
  if (services_->counters.open.value() == 0) return;
  for (std::size_t fd = 0; fd < connections_.size(); ++fd) {
    if (connections_[fd]) step(static_cast<int>(fd), [](connection& c) { c.on_sweep(); });
  }
}

void transport::begin_drain() {
  if (std::exchange(draining_, true)) return;
  for (std::size_t fd = 0; fd < connections_.size(); ++fd) {
    if (connections_[fd]) step(static_cast<int>(fd), [](connection& c) { c.begin_drain(); });
  }
}

void transport::tell_if_drained() {
  if (!draining_ || told_drained_ || services_->counters.open.value() != 0) return;
  told_drained_ = true;
  const std::lock_guard lock(server_->drain_mutex);
  ++server_->drained;
  server_->drain_progress.notify_all();
}

}  // namespace taskdriver::http
