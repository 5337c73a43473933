// One actor system, one broker that feeds the hub, and the way in for other threads.
#include "cluster/transport/caf_peer_network.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/multiplexer.hpp>
#include <caf/send.hpp>
#include <future>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "cluster/transport/io_inbox.hpp"
#include "cluster/transport/peer_directory.hpp"
#include "cluster/transport/peer_hub.hpp"
#include "cluster/transport/tls_session.hpp"

namespace taskdriver::cluster {
namespace {

using wake_atom = caf::atom_constant<caf::atom("wake")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using stop_atom = caf::atom_constant<caf::atom("stop")>;

/// Fine enough for the shortest back-off; 20 wake-ups a second cost nothing to speak of.
constexpr std::chrono::milliseconds tick_interval{50};

struct broker_arguments {
  peer_identity self;
  peer_limits limits;
  hub_surroundings around;
  int listening;
  std::shared_ptr<std::promise<void>> stopped;
};

/// Without a sender: a tick that came after the stop would keep the broker that it lies in.
void tick_later(caf::io::broker* self) {
  caf::delayed_anon_send(caf::actor_cast<caf::actor>(self), tick_interval, tick_atom::value);
}

caf::behavior run_hub(caf::io::broker* self, const broker_arguments& given) {
  const auto hub = std::make_shared<peer_hub>(*self, given.self, given.limits, given.around);
  const caf::io::accept_handle door = self->add_doorman(given.listening);
  tick_later(self);
  return {
      [=](const caf::io::new_connection_msg& msg) { hub->accepted(msg.handle.id()); },
      [=](const caf::io::new_data_msg& msg) {
        hub->received(msg.handle.id(), {msg.buf.data(), msg.buf.size()});
      },
      [=](const caf::io::connection_closed_msg& msg) { hub->closed(msg.handle.id()); },
      [=](const caf::io::acceptor_closed_msg&) {
        log_event(log_level::error, "peers can no longer connect: the listening socket failed");
      },
      [=](wake_atom) { hub->woken(); },
      [=](tick_atom) {
        hub->tick();
        tick_later(self);
      },
      [=, stopped = given.stopped](stop_atom) {
        hub->stop();
        self->close(door);
        self->quit();
        stopped->set_value();
      },
  };
}

caf::actor_system_config& configure(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("sharing"));  // idle threads sleep
  config.set("scheduler.max-threads", std::size_t{1});
  config.set("middleman.attach-utility-actors", true);  // no thread for BASP, which is not used
  config.load<caf::io::middleman>();
  return config;
}

}  // namespace

struct caf_peer_network::running {
  running() : system(configure(config)) {}

  std::uint16_t port = 0;
  std::unique_ptr<tls_context> tls;
  peer_directory directory;
  std::shared_ptr<io_inbox> inbox = std::make_shared<io_inbox>();
  std::shared_ptr<std::promise<void>> stopped = std::make_shared<std::promise<void>>();
  caf::actor_system_config config;
  caf::actor_system system;
  caf::actor broker;
};

caf_peer_network::caf_peer_network(std::unique_ptr<running> all) : all_(std::move(all)) {}

result<std::unique_ptr<caf_peer_network>> caf_peer_network::start(
    const peer_identity& self, const peer_network_options& options, peer_observer& observer) {
  if (!valid_identity(self))
    return error_info{errc::bad_request,
                      "names of cluster and node are 1 to 64 of [A-Za-z0-9._-], and the HTTP "
                      "address has at most 256 characters"};
  std::unique_ptr<tls_context> tls;
  if (options.tls) {
    auto loaded = tls_context::load(*options.tls);
    if (!loaded) return loaded.error();
    tls = std::move(*loaded);
  }
  auto listening = listen_for_peers(options.host, options.port);
  if (!listening) return listening.error();

  auto all = std::make_unique<running>();
  all->tls = std::move(tls);
  all->port = local_port(listening->get());
  const hub_surroundings around{observer, all->inbox, all->directory, all->tls.get()};
  all->broker = all->system.middleman().spawn_broker<caf::hidden>(
      run_hub, broker_arguments{self, options.limits, around, listening->release(), all->stopped});
  // One round of the loop later the door is watched. CAF leaks one that is closed before.
  std::promise<void> watched;
  all->system.middleman().backend().post([&] { watched.set_value(); });
  watched.get_future().wait();
  all->inbox->start([to = all->broker] { caf::anon_send(to, wake_atom::value); });
  return std::unique_ptr<caf_peer_network>(new caf_peer_network(std::move(all)));
}

caf_peer_network::~caf_peer_network() {
  all_->inbox->stop();
  caf::anon_send(all_->broker, stop_atom::value);
  all_->stopped->get_future().wait();
  all_->broker = nullptr;
}

std::uint16_t caf_peer_network::port() const {
  return all_->port;
}

void caf_peer_network::set_peers(std::vector<peer_address> peers) {
  all_->inbox->peers(std::move(peers));
}

result<void> caf_peer_network::send(const node_name& to, peer_lane lane, std::string frame) {
  TASKDRIVER_CHECK(!frame.empty(), "a frame begins with its kind");
  TASKDRIVER_CHECK(frame.front() != 0 && kind_fits(lane, static_cast<std::uint8_t>(frame.front())),
                   "the lane has this kind of frame");
  const lane_end end = all_->directory.find(to, lane);
  if (!end.out) return error_info{errc::unavailable, "not connected to " + to, {}, 1};
  auto pushed = end.out->push(frame);
  if (!pushed) return pushed.error();
  if (*pushed == outbox::pushed::first) all_->inbox->filled(end.connection);
  return {};
}

bool caf_peer_network::connected(const node_name& to) const {
  return all_->directory.has(to);
}

}  // namespace taskdriver::cluster
