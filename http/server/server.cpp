// Starts and ends the io threads of a server.
#include "http/server/server.hpp"

#include <pistache/reactor.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/log.hpp"
#include "http/server/listening_sockets.hpp"
#include "http/server/transport.hpp"

namespace taskdriver::http {
namespace {

server_options with_defaults(server_options o) {
  if (!o.error_response) o.error_response = plain_error_response;
  o.io_threads = std::max(1u, o.io_threads);
  o.limits.sweep_ms = std::max(1, o.limits.sweep_ms);
  return o;
}

}  // namespace

class server::impl {
public:
  impl(server_options options, request_handler handler)
      : context_(std::make_shared<server_context>(with_defaults(std::move(options)),
                                                  std::move(handler))) {}
  ~impl() { end_threads(); }

  result<void> open();
  result<void> start();
  bool drain(std::chrono::milliseconds patience);
  void give_all(mailbox::order order) {
    for (const auto& t : transports_) t->mail().give(order);
  }

  const std::shared_ptr<server_context> context_;
  std::uint16_t port_ = 0;

private:
  void end_threads();

  std::optional<listening_sockets> sockets_;  // until the io threads have taken them
  std::shared_ptr<Pistache::Aio::Reactor> reactor_;
  std::vector<std::shared_ptr<transport>> transports_;
};

result<void> server::impl::open() {
  if (sockets_) return {};
  const server_options& o = context_->options;
  auto opened = listening_sockets::open(o.host, o.port, o.io_threads, o.backlog);
  if (!opened.ok()) return opened.error();
  sockets_.emplace(std::move(*opened));
  port_ = sockets_->port();
  return {};
}

result<void> server::impl::start() {
  TASKDRIVER_CHECK(!reactor_, "a server starts once");
  if (auto opened = open(); !opened.ok()) return opened;
  const server_options& o = context_->options;
  context_->sockets = &*sockets_;
  try {
    reactor_ = Pistache::Aio::Reactor::create();
    reactor_->init(Pistache::Aio::AsyncContext(o.io_threads, "http-io"));
    const auto key = reactor_->addHandler(std::make_shared<transport>(context_));
    for (const auto& handler : reactor_->handlers(key)) {
      transports_.push_back(std::static_pointer_cast<transport>(handler));
    }
    reactor_->run();
  } catch (const std::exception& e) {
    end_threads();
    return error_info{errc::unavailable, std::string("cannot start the HTTP server: ") + e.what()};
  }
  context_->sockets = nullptr;
  sockets_.reset();
  return {};
}

bool server::impl::drain(std::chrono::milliseconds patience) {
  give_all(mailbox::order::drain);
  bool all = false;
  {
    std::unique_lock lock(context_->drain_mutex);
    all = context_->drain_progress.wait_for(
        lock, patience, [this] { return context_->drained == transports_.size(); });
  }
  end_threads();
  return all;
}

/// The reactor's destructor joins its threads; what is open is closed with the transports.
void server::impl::end_threads() {
  if (!reactor_) return;
  reactor_->shutdown();
  reactor_.reset();
  transports_.clear();
}

server::server(server_options options, request_handler handler)
    : impl_(std::make_unique<impl>(std::move(options), std::move(handler))) {}
server::~server() = default;

result<void> server::open() {
  return impl_->open();
}
result<void> server::start() {
  return impl_->start();
}
std::uint16_t server::port() const {
  return impl_->port_;
}
void server::stop_accepting() {
  impl_->give_all(mailbox::order::stop_accepting);
}
bool server::drain(std::chrono::milliseconds patience) {
  return impl_->drain(patience);
}

server_statistics server::statistics() const {
  server_statistics sum;
  for (const auto& c : impl_->context_->counters) c->add_to(sum);
  return sum;
}

}  // namespace taskdriver::http
