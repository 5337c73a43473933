// The list of peers as etcd's own arguments, and the wait for a member to answer.
#include "cluster/coordinator/managed_etcd.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <future>
#include <set>

#include "base/check.hpp"
#include "base/time.hpp"
#include "cluster/coordinator/etcd_client.hpp"
#include "cluster/coordinator/etcd_json.hpp"

namespace taskdriver::cluster {
namespace {

/// The register holds some kilobytes; this is room for an hour of changes before compaction.
constexpr const char* quota_bytes = "1073741824";
constexpr std::int64_t health_pause_ms = 50;

error_info wrong(std::string_view entry, const char* what) {
  return {errc::validation, "--etcd-peers: \"" + std::string(entry) + "\" " + what};
}

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}
bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}
bool is_loopback(const etcd_peer& peer) {
  return peer.host == "localhost" || peer.host == "::1" ||
         (is_ipv4(peer.host) && peer.host.starts_with("127."));
}

bool all_on_loopback(const managed_etcd_options& options) {
  return std::all_of(options.peers.begin(), options.peers.end(), is_loopback);
}

std::string url(const managed_etcd_options& options, const std::string& host, int port) {
  const std::string scheme = all_on_loopback(options) ? "http://" : "https://";
  return scheme + (is_ipv6(host) ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

/// etcd listens on addresses only: for a name, on all of this machine's.
std::string listening_host(const std::string& host) {
  return is_ipv4(host) || is_ipv6(host) || host == "localhost" ? host : "0.0.0.0";
}

const etcd_peer* self(const managed_etcd_options& options) {
  const auto found = std::find_if(options.peers.begin(), options.peers.end(),
                                  [&](const etcd_peer& peer) { return peer.node == options.node; });
  return found == options.peers.end() ? nullptr : &*found;
}

result<etcd_peer> parse_peer(std::string_view entry) {
  const auto equals = entry.find('=');
  const auto colon = entry.rfind(':');
  if (equals == std::string_view::npos || colon == std::string_view::npos || colon < equals)
    return wrong(entry, "is not NODE=HOST:PORT");
  etcd_peer peer{node_name(entry.substr(0, equals)),
                 std::string(entry.substr(equals + 1, colon - equals - 1)), 0};
  const bool bracketed =
      peer.host.size() > 2 && peer.host.front() == '[' && peer.host.back() == ']';
  if (bracketed) peer.host = peer.host.substr(1, peer.host.size() - 2);
  const auto plain = [](const std::string& text) {
    return !text.empty() && text.find_first_of(" ,=/[]@\"") == std::string::npos;
  };
  if (!plain(peer.node) || !plain(peer.host) || bracketed != is_ipv6(peer.host))
    return wrong(entry, "has no usable name or host");
  const std::string_view port = entry.substr(colon + 1);
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), peer.port);
  if (parsed.ec != std::errc() || parsed.ptr != port.data() + port.size() || peer.port < 2)
    return wrong(entry, "has no port from 2 to 65535");
  return peer;
}

child_options child_of(const managed_etcd_options& options) {
  child_options child;
  child.name = "etcd";
  child.program = options.program;
  child.arguments = managed_etcd::arguments(options);
  // Without the other members etcd does not end on SIGTERM; it loses nothing by SIGKILL.
  child.stop_ms = 2000;
  // ETCD_... of the environment would override; this one only lets it start at all on ARM.
  if (const char* arch = std::getenv("ETCD_UNSUPPORTED_ARCH"))
    child.environment.push_back(std::string("ETCD_UNSUPPORTED_ARCH=") + arch);
  return child;
}

const etcd_peer& checked_self(const managed_etcd_options& options) {
  TASKDRIVER_CHECK(runs_member(options), "only a peer runs a member");
  return *self(options);
}

}  // namespace

result<std::vector<etcd_peer>> parse_etcd_peers(std::string_view text) {
  std::vector<etcd_peer> peers;
  std::set<std::string> names, addresses;
  while (true) {
    const auto end = std::min(text.find(','), text.size());
    auto peer = parse_peer(text.substr(0, end));
    if (!peer) return peer.error();
    if (!names.insert(peer->node).second) return wrong(peer->node, "is named twice");
    for (const int port : {peer->port - 1, int{peer->port}})
      if (!addresses.insert(peer->host + " " + std::to_string(port)).second)
        return wrong(peer->node,
                     "shares a port with another peer; each takes two, PORT-1 and PORT");
    peers.push_back(std::move(*peer));
    if (end == text.size()) return peers;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> managed_endpoints(const managed_etcd_options& options) {
  std::vector<std::string> endpoints;
  for (const etcd_peer& peer : options.peers) {
    const auto at = peer.node == options.node ? endpoints.begin() : endpoints.end();
    endpoints.insert(at, url(options, peer.host, peer.port - 1));
  }
  return endpoints;
}

bool runs_member(const managed_etcd_options& options) {
  return self(options) != nullptr;
}

std::vector<std::string> managed_etcd::arguments(const managed_etcd_options& options) {
  const etcd_peer& me = checked_self(options);
  const std::string host = listening_host(me.host);
  std::string members;
  for (const etcd_peer& peer : options.peers)
    members += (members.empty() ? "" : ",") + peer.node + "=" + url(options, peer.host, peer.port);
  std::vector<std::string> arguments = {
      "--name=" + me.node,
      "--data-dir=" + options.data_dir,
      "--listen-peer-urls=" + url(options, host, me.port),
      "--initial-advertise-peer-urls=" + url(options, me.host, me.port),
      "--listen-client-urls=" + url(options, host, me.port - 1),
      "--advertise-client-urls=" + url(options, me.host, me.port - 1),
      "--initial-cluster=" + members,
      "--initial-cluster-token=taskdriver-" + options.cluster,
      "--initial-cluster-state=new",  // ignored once there is data
      "--auto-compaction-mode=periodic",
      "--auto-compaction-retention=1h",
      std::string("--quota-backend-bytes=") + quota_bytes,
      "--logger=zap",
      "--log-outputs=stderr",
  };
  if (all_on_loopback(options)) return arguments;
  for (const std::string prefix : {"", "peer-"}) {
    arguments.push_back("--" + prefix + "cert-file=" + options.tls.cert_file);
    arguments.push_back("--" + prefix + "key-file=" + options.tls.key_file);
    arguments.push_back("--" + prefix + "trusted-ca-file=" + options.tls.ca_file);
    arguments.push_back("--" + prefix + "client-cert-auth");
  }
  return arguments;
}

managed_etcd::managed_etcd(const managed_etcd_options& options)
    : endpoint_(url(options, checked_self(options).host, checked_self(options).port - 1)),
      tls_(options.tls),
      child_(child_of(options)) {}

bool managed_etcd::wait_until_healthy(std::int64_t timeout_ms) const {
  const std::int64_t deadline_ms = system_time().now().steady_ms + timeout_ms;
  http_loop loop(tls_);
  etcd_client client(loop, {.endpoints = {endpoint_}, .timeout_ms = timeout_ms, .tls = tls_});
  std::promise<bool> healthy;
  std::function<void()> ask = [&] {
    client.probe(0, probe_request("/taskdriver/"), [&](const etcd_answer& answer) {
      const bool fine = answer.fate == etcd_fate::answered;
      const bool over = loop.stopping() || system_time().now().steady_ms >= deadline_ms;
      if (fine || over) return healthy.set_value(fine);
      loop.after(health_pause_ms, ask);
    });
  };
  loop.run_soon(ask);
  const bool fine = healthy.get_future().get();
  loop.stop({});
  return fine;
}

}  // namespace taskdriver::cluster
