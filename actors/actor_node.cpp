// The actor system: CAF's settings, the gateway, and the hand-over of requests to it.
#include "actors/actor_node.hpp"

#include <algorithm>
#include <atomic>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "actors/entrance.hpp"
#include "actors/gateway_actor.hpp"
#include "actors/local_messages.hpp"
#include "actors/visitors_actor.hpp"

namespace taskdriver::actors {
namespace {

/// A question from here on is read by an actor of its own, on CAF's threads.
constexpr std::size_t large_question_bytes = std::size_t{64} << 10;

}  // namespace

struct actor_node::running_system {
  explicit running_system(std::size_t threads) : system(configure(config, threads)) {}

  /// "sharing" has the lowest latency of CAF's schedulers and does not poll when idle; its threads
  /// are few because nothing in an actor blocks (measured: 45 µs per hop, against 130 µs).
  static caf::actor_system_config& configure(caf::actor_system_config& config,
                                             std::size_t threads) {
    config.set("scheduler.policy", caf::atom("sharing"));
    config.set("scheduler.max-threads", threads);
    return config;
  }

  caf::actor_system_config config;
  caf::actor_system system;
  caf::actor gateway;
  std::vector<caf::actor> visitors;
};

actor_node::actor_node(cluster::shard_replicas& replicas, const time_source& time,
                       const actor_node_options& options)
    : time_(time),
      operators_(options.operators),
      threads_(options.threads),
      context_{replicas, time, counts_, *lent_, doors_, options.settings, options.peers},
      system_(std::make_unique<running_system>(options.threads)) {
  system_->gateway = spawn_gateway_actor(system_->system, context_);
}

actor_node::~actor_node() {
  stop();
}

void actor_node::stop() {
  for (const auto& visitor : system_->visitors)
    caf::anon_send_exit(visitor, caf::exit_reason::user_shutdown);
  system_->visitors.clear();
  caf::anon_send_exit(system_->gateway, caf::exit_reason::user_shutdown);
  system_->system.await_all_actors_done();
}

void actor_node::handle(request_ptr request) {
  if (std::holds_alternative<domain::cluster_command>(request->what))
    return serve_operator(request, operators_);
  bring_in(routed_request{.request = std::move(request)}, context_, system_->gateway);
}

std::unique_ptr<lent_thread> actor_node::lend(std::function<void()> wake) {
  return lent_->lend(system_->system, std::move(wake));
}

/// Reading a body of 16 MiB takes 100 ms or more, so one reader is not enough for large ones, and
/// the network's threads and lent ones are none of them. The network may outlive the actors, and
/// must not keep them.
void actor_node::serve_peers(std::shared_ptr<const request_reader> reader) {
  struct pool {
    std::vector<caf::actor_addr> visitors;
    std::atomic<std::size_t> turn = 0;
    std::size_t next() { return turn.fetch_add(1, std::memory_order_relaxed) % visitors.size(); }
  };
  const auto make_pool = [&] {
    auto made = std::make_shared<pool>();
    for (std::size_t i = 0; i < std::max<std::size_t>(1, threads_); ++i) {
      system_->visitors.push_back(
          spawn_visitors_actor(system_->system, context_, system_->gateway, reader));
      made->visitors.push_back(caf::actor_cast<caf::actor_addr>(system_->visitors.back()));
    }
    return made;
  };
  context_.peers->serve([small = make_pool(), large = make_pool(),
                         lent = lent_](std::unique_ptr<cluster::incoming_request> question) {
    const bool is_large = question->bytes().size() >= large_question_bytes;
    auto& from = is_large ? *large : *small;
    const auto next = from.next();
    const auto visitor = caf::actor_cast<caf::actor>(from.visitors[next]);
    if (!visitor)
      question->answer(error_info{.code = errc::unavailable, .text = "The node is stopping"});
    else if (is_large)
      caf::anon_send(visitor, peer_question_arrived{std::move(question)});
    else
      lent->send_home(next, visitor, peer_question_arrived{std::move(question)});
  });
}

queue_totals actor_node::totals() const {
  return counts_.totals(time_.now().wall_ms);
}

std::vector<project_gauges> actor_node::deepest_projects(std::size_t limit) const {
  return counts_.deepest(limit, time_.now().wall_ms);
}

void actor_node::release_polls() {
  caf::anon_send(system_->gateway, actors::release_polls{});
}

}  // namespace taskdriver::actors
