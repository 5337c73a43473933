// etcd as part of a node (--etcd managed): the nodes of --etcd-peers each run a member of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cluster/coordinator/http_loop.hpp"
#include "cluster/coordinator/supervised_child.hpp"
#include "cluster/replica/configuration.hpp"

namespace taskdriver::cluster {

/// Where a node's etcd listens for the other members; clients are served one port below, as with
/// etcd's own 2380 and 2379, so that one list says everything.
struct etcd_peer {
  node_name node;
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;

  bool operator==(const etcd_peer&) const = default;
};

/// "n1=HOST:PORT,n2=HOST:PORT,n3=HOST:PORT", an IPv6 host in brackets; the same list on all nodes.
/// Fails: validation, with a text that says what is wrong.
result<std::vector<etcd_peer>> parse_etcd_peers(std::string_view text);

struct managed_etcd_options {
  std::string program = "/usr/bin/etcd";
  std::string data_dir;  // of the member: <data-dir>/etcd
  std::string cluster;   // name; members of another cluster are refused by etcd
  node_name node;        // this one
  std::vector<etcd_peer> peers;
  /// Of the cluster's nodes. Used unless every peer is on loopback; then all are needed.
  etcd_tls_files tls;
};

/// What an etcd_coordinator is to use: this node's member first. Any node may ask, also one that
/// runs no member.
std::vector<std::string> managed_endpoints(const managed_etcd_options& options);
/// Whether this node is one of the peers.
bool runs_member(const managed_etcd_options& options);

/// A member of etcd as a supervised child. With data in its directory it goes on as the member it
/// was; without, it forms the cluster together with the other peers. A member that lost its data
/// while the others kept theirs is refused by them: docs/operations.md says what to do then.
/// Thread: any. Owns: the child.
class managed_etcd {
public:
  /// `runs_member(options)` must be true.
  explicit managed_etcd(const managed_etcd_options& options);

  /// Whether this member answered a linearizable read within `timeout_ms`, which needs more than
  /// half of the peers. Blocks.
  bool wait_until_healthy(std::int64_t timeout_ms) const;
  pid_t pid() const { return child_.pid(); }
  int starts() const { return child_.starts(); }

  static std::vector<std::string> arguments(const managed_etcd_options& options);

private:
  const std::string endpoint_;
  const etcd_tls_files tls_;
  supervised_child child_;
};

}  // namespace taskdriver::cluster
