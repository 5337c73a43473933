// Puts the cluster's parts together from the options.
#include "tools/taskdriverd/cluster_setup.hpp"

#include <signal.h>

#include <cstdlib>
#include <utility>

#include "base/log.hpp"
#include "base/time.hpp"
#include "cluster/coordinator/etcd_coordinator.hpp"
#include "cluster/transport/caf_peer_network.hpp"
#include "cluster/transport/tls_session.hpp"

namespace taskdriver::server {
namespace {

/// The process was told to stop while it still starts: the signals are blocked and wait.
bool stop_is_pending() {
  sigset_t pending;
  if (::sigpending(&pending) != 0) return false;
  return ::sigismember(&pending, SIGTERM) == 1 || ::sigismember(&pending, SIGINT) == 1;
}

/// This process must not go on as the node that it was.
[[noreturn]] void end_as_no_member(const error_info& why) {
  log_event(log_level::error, "no member of the cluster any more", {{"reason", why.text}});
  flush_log();
  std::_Exit(1);
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    parts.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

cluster::etcd_tls_files etcd_tls(const server_options& o) {
  return {o.etcd_ca.value_or(""), o.etcd_cert.value_or(""), o.etcd_key.value_or("")};
}

result<cluster::managed_etcd_options> managed_options(const server_options& o) {
  auto peers = cluster::parse_etcd_peers(*o.etcd_peers);
  if (!peers) return error_info{errc::validation, "etcd-peers: " + peers.error().text};
  cluster::managed_etcd_options m;
  m.data_dir = o.data_dir + "/etcd";
  m.cluster = o.cluster_name;
  m.node = o.node_id;
  m.peers = std::move(*peers);
  m.tls = {o.cluster_ca.value_or(""), o.cluster_cert.value_or(""), o.cluster_key.value_or("")};
  return m;
}

result<std::unique_ptr<cluster::coordinator>> make_coordinator(const server_options& o,
                                                               cluster_setup& setup) {
  cluster::etcd_options e;
  e.user = o.etcd_user.value_or("");
  e.password = o.etcd_password.value_or("");
  e.tls = etcd_tls(o);
  if (o.etcd == "managed") {
    auto managed = managed_options(o);
    if (!managed) return managed.error();
    e.endpoints = cluster::managed_endpoints(*managed);
    if (!o.etcd_ca) e.tls = managed->tls;
    if (cluster::runs_member(*managed))
      setup.etcd = std::make_unique<cluster::managed_etcd>(*managed);
  } else {
    e.endpoints = split(*o.etcd);
  }
  return std::unique_ptr<cluster::coordinator>(
      std::make_unique<cluster::etcd_coordinator>(std::move(e)));
}

cluster::peer_network_options network_options(const server_options& o) {
  cluster::peer_network_options n;
  n.host = o.cluster_listen->host;
  n.port = o.cluster_listen->port;
  if (o.cluster_ca) n.tls = cluster::tls_files{*o.cluster_ca, *o.cluster_cert, *o.cluster_key};
  return n;
}

cluster::cluster_node_options node_options(const server_options& o, storage::fsync_hook on_fsync) {
  cluster::cluster_node_options n;
  n.cluster = o.cluster_name;
  n.node = o.node_id;
  n.data_dir = o.data_dir;
  n.version = server_version();
  n.cluster_address = o.cluster_advertise.value_or(o.cluster_listen->text());
  n.http_address = o.http.text();
  n.adopt = o.cluster_adopt;
  n.placement.replicas = o.replicas;
  n.placement.replace_after_ms = std::int64_t{o.replace_after_minutes} * 60'000;
  n.replica.drop_after_ms = std::int64_t{o.drop_after_seconds} * 1000;
  n.on_fsync = std::move(on_fsync);
  n.give_up = stop_is_pending;
  n.on_fatal = end_as_no_member;
  return n;
}

}  // namespace

result<cluster_setup> start_cluster(const server_options& o, storage::node_store& store,
                                    storage::fsync_hook on_fsync) {
  const auto network = network_options(o);
  if (auto secure = cluster::check_transport_security(network, o.insecure_cluster); !secure)
    return secure.error();
  // Before anybody hears of this node; the network reads them again.
  if (network.tls)
    if (auto readable = cluster::tls_context::load(*network.tls); !readable)
      return readable.error();
  cluster_setup setup;
  auto judge = make_coordinator(o, setup);
  if (!judge) return judge.error();
  const auto make_network =
      [&](const cluster::peer_identity& self,
          cluster::peer_observer& observer) -> result<std::unique_ptr<cluster::peer_network>> {
    auto made = cluster::caf_peer_network::start(self, network, observer);
    if (!made) return made.error();
    return std::unique_ptr<cluster::peer_network>(std::move(*made));
  };
  auto node = cluster::cluster_node::start(node_options(o, std::move(on_fsync)), store,
                                           std::move(*judge), make_network, system_time());
  if (!node) return node.error();
  setup.node = std::move(*node);
  return setup;
}

}  // namespace taskdriver::server
