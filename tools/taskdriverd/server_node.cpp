// Starts the parts bottom-up and stops them top-down.
#include "tools/taskdriverd/server_node.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "actors/actor_node.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "cluster/node/membership.hpp"
#include "cluster/single_node_replicas.hpp"
#include "http/api_server.hpp"
#include "http/large_requests.hpp"
#include "http/server/server.hpp"
#include "storage/node_store.hpp"
#include "tools/taskdriverd/admin_token.hpp"
#include "tools/taskdriverd/backup_writer.hpp"
#include "tools/taskdriverd/bootstrap_project.hpp"
#include "tools/taskdriverd/cluster_setup.hpp"
#include "tools/taskdriverd/log_monitor.hpp"

namespace taskdriver::server {
namespace {

constexpr std::chrono::seconds drain_patience{6};
constexpr unsigned stop_seconds_max = 10;
constexpr std::int64_t hand_over_ms_max = 3'000;

/// A replica that may not know what it stored must not speak. The store has logged why.
[[noreturn]] void end_after_disk_failure(const error_info&) {
  flush_log();
  std::_Exit(1);
}

storage::store_options store_options_of(const server_options& o) {
  storage::store_options s;
  s.data_dir = o.data_dir;
  s.shard_count = static_cast<std::uint16_t>(o.shards);
  s.limits.block_cache_bytes = std::size_t{o.memory_mb} * storage::mebibyte;
  s.limits.free_bytes_min = std::uint64_t{o.reserve_disk_mb} * storage::mebibyte;
  s.replay = !o.clustered();  // what the other replicas do not have is not committed
  s.on_fatal = end_after_disk_failure;
  return s;
}

actors::actor_node_options actor_options_of(const server_options& o, backup_writer& backups,
                                            const cluster_setup& cluster) {
  actors::actor_node_options a;
  a.threads = o.actor_threads;
  a.settings.project_idle_ms = std::int64_t{o.project_idle_seconds} * 1000;
  a.settings.loaded_projects_max = o.loaded_projects_max;
  a.operators.back_up = [&backups](const std::string& name, backup_writer::done d) {
    backups.make(name, std::move(d));
  };
  if (cluster.node) {
    a.operators.control = &cluster.node->control();
    a.peers = &cluster.node->requests();
  }
  return a;
}

http::request_log_mode log_mode_of(request_log mode) {
  switch (mode) {
    case request_log::all:
      return http::request_log_mode::all;
    case request_log::errors:
      return http::request_log_mode::errors;
    case request_log::none:
      return http::request_log_mode::none;
  }
  return http::request_log_mode::all;
}

http::rate_limits rate_limits_of(const server_options& o) {
  http::rate_limits limits;
  limits.per_ip = o.rate_limit_ip;
  limits.per_session = o.rate_limit_session;
  limits.for_admin = std::uint64_t{o.rate_limit_session} * 100;  // A8
  limits.window_ms = std::int64_t{o.rate_limit_window_minutes} * 60'000;
  return limits;
}

void log_recovery(const storage::node_store& store, const server_options& o) {
  log_event(log_level::info, "storage open",
            {{"data_dir", o.data_dir},
             {"shards", store.shard_count()},
             {"replayed_entries", store.recovered().replayed_entries},
             {"replayed_bytes", store.recovered().replayed_bytes}});
}

void log_token(const admin_token& token) {
  if (!token.warning.empty()) log_event(log_level::warn, token.warning);
  if (token.from == admin_token::source::made)
    log_event(log_level::info, "admin token made", {{"file", token.file.string()}});
}

}  // namespace

struct server_node::parts {
  std::unique_ptr<storage::node_store> store;
  std::unique_ptr<log_monitor> monitor;
  std::unique_ptr<backup_writer> backups;
  cluster_setup cluster;  // empty on a node by itself, which has `alone`
  std::unique_ptr<cluster::single_node_replicas> alone;
  std::unique_ptr<actors::actor_node> actors;
  std::unique_ptr<http::api_server> api;
  std::unique_ptr<http::large_requests> large_requests;
  std::unique_ptr<http::server> listener;

  result<void> start(const server_options& o);
  result<void> start_replicas(const server_options& o);
  cluster::shard_replicas& replicas();
  result<http::api_edge_options> edge_options(const server_options& o, std::string token);
  void make_listener(const server_options& o);
};

result<void> server_node::parts::start(const server_options& given) {
  auto o = given;
  auto opened = storage::node_store::open(store_options_of(o));
  if (!opened) return opened.error();
  store = std::move(*opened);
  log_recovery(*store, o);
  auto token = load_admin_token(o.admin_token, o.data_dir);
  if (!token) return token.error();
  log_token(*token);

  monitor = std::make_unique<log_monitor>(*store);
  backups = std::make_unique<backup_writer>(*store, o.data_dir);
  make_listener(o);
  // The other nodes are told the port under which clients reach this one.
  if (o.clustered() && o.http.port == 0) {
    if (auto bound = listener->open(); !bound) return bound;
    o.http.port = listener->port();
  }
  if (auto started = start_replicas(o); !started) return started;
  actors = std::make_unique<actors::actor_node>(replicas(), system_time(),
                                                actor_options_of(o, *backups, cluster));
  auto edge = edge_options(o, std::move(token->token));
  if (!edge) return edge.error();
  api = std::make_unique<http::api_server>(std::move(*edge), *actors, *monitor, system_time());
  // Before the project is made: nodes that start together make it with each other's help.
  if (cluster.node) actors->serve_peers(api->reader());
  if (o.bootstrap_project) {
    auto id = bootstrap_project(*actors, *o.bootstrap_project);
    if (!id) return id.error();
    log_event(log_level::info, "bootstrap project",
              {{"name", *o.bootstrap_project}, {"project_id", *id}});
  }
  return listener->start();
}

result<void> server_node::parts::start_replicas(const server_options& o) {
  const auto on_fsync = [this](double s, std::size_t e, std::size_t b) {
    monitor->record(s, e, b);
  };
  if (!o.clustered()) {
    if (auto member = cluster::read_membership(o.data_dir); !member)
      return member.error();
    else if (*member)
      return error_info{errc::wrong_state, "the data directory belongs to cluster \"" +
                                               (*member)->cluster + "\": start it with --etcd"};
    alone = std::make_unique<cluster::single_node_replicas>(*store, on_fsync);
    return {};
  }
  auto started = start_cluster(o, *store, on_fsync);
  if (!started) return started.error();
  cluster = std::move(*started);
  monitor->watch(cluster.node.get());
  return {};
}

cluster::shard_replicas& server_node::parts::replicas() {
  return alone ? static_cast<cluster::shard_replicas&>(*alone) : cluster.node->replicas();
}

result<http::api_edge_options> server_node::parts::edge_options(const server_options& o,
                                                                std::string token) {
  auto cors = http::cors_policy::make(o.cors_origins);
  if (!cors) return cors.error();
  http::api_edge_options edge;
  edge.admin_token = std::move(token);
  edge.api.session_lifetime_ms = std::int64_t{o.session_hours} * 3'600'000;
  edge.limits = rate_limits_of(o);
  edge.cors = std::move(*cors);
  edge.log_requests = log_mode_of(o.log_requests);
  edge.version = server_version();
  edge.node_id = o.node_id;
  edge.in_cluster = o.clustered();
  edge.listener = [this]() -> http::server_numbers {
    const auto now = listener->statistics();
    return {.connections_open = now.connections_open,
            .connections_accepted = now.connections_accepted};
  };
  return edge;
}

void server_node::parts::make_listener(const server_options& o) {
  http::server_options s;
  s.host = o.http.host;
  s.port = o.http.port;
  s.io_threads = o.io_threads;
  s.limits.connections_max = o.max_connections;
  s.error_response = [this](int status, std::string_view text) {
    return api->protocol_error(status, text);
  };
  s.make_side_work = [this](std::function<void()> wake) -> http::side_work {
    const std::shared_ptr<actors::lent_thread> lent = actors->lend(std::move(wake));
    return [lent] { lent->run(); };
  };
  large_requests = std::make_unique<http::large_requests>(
      [this](http::request&& request, http::responder responder) {
        api->handle(std::move(request), std::move(responder));
      });
  listener = std::make_unique<http::server>(
      std::move(s), [this](http::request&& request, http::responder responder) {
        large_requests->take(std::move(request), std::move(responder));
      });
}

server_node::server_node(std::unique_ptr<parts> p) : parts_(std::move(p)) {}

result<std::unique_ptr<server_node>> server_node::start(const server_options& options) {
  std::unique_ptr<server_node> node(new server_node(std::make_unique<parts>()));
  if (auto started = node->parts_->start(options); !started) return started.error();
  auto at = options.http;
  at.port = node->parts_->listener->port();
  log_event(log_level::info, "listening",
            {{"http", at.text()}, {"node", options.node_id}, {"version", server_version()}});
  return node;
}

server_node::~server_node() {
  stop();
}

void server_node::stop() {
  if (!parts_) return;
  alarm(stop_seconds_max);  // nothing below should take that long; a hanging disk may
  if (parts_->cluster.node) parts_->cluster.node->hand_over(hand_over_ms_max);
  // A start that failed may have made a listener, but nobody whom it serves.
  if (parts_->listener && parts_->actors) {
    parts_->listener->stop_accepting();
    parts_->actors->release_polls();
    if (!parts_->listener->drain(drain_patience))
      log_event(log_level::warn, "some requests were cut off by the stop");
  }
  if (parts_->backups) parts_->backups->stop();
  parts_->large_requests.reset();  // a page of metrics that it renders asks the listener
  parts_->listener.reset();
  // The writer's last reports go to actors that have ended, but whose system must still be there.
  if (parts_->actors) parts_->actors->stop();
  parts_->alone.reset();
  if (parts_->monitor) parts_->monitor->watch(nullptr);
  parts_->cluster.node.reset();
  parts_->actors.reset();
  parts_->cluster.etcd.reset();
  parts_->store.reset();
  parts_.reset();
  alarm(0);
}

}  // namespace taskdriver::server
