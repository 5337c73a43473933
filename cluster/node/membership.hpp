// How a node becomes a member of its cluster, and what its data directory remembers of that.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cluster/coordinator/coordinator.hpp"
#include "cluster/coordinator/register_codec.hpp"
#include "cluster/coordinator/register_keys.hpp"
#include "cluster/transport/peer_network.hpp"

namespace taskdriver::cluster {

/// The file CLUSTER in a data directory: which cluster it belongs to, and where its peers were.
/// With it a node can rejoin while the register is away (R32).
struct membership_file {
  std::string cluster;
  std::uint64_t id = 0;
  std::map<node_name, std::string> peers = {};  // cluster addresses

  bool operator==(const membership_file&) const = default;
};
/// nullopt: the directory belongs to no cluster. Fails: internal (damaged, unreadable).
result<std::optional<membership_file>> read_membership(const std::string& data_dir);
/// Atomic and durable. Fails: internal (disk).
result<void> write_membership(const std::string& data_dir, const membership_file& file);

/// "HOST:PORT" or "[v6]:PORT". nullopt when it is neither.
std::optional<peer_address> parse_peer_address(const node_name& node, const std::string& text);

/// Who wants to be a member, and with what.
struct joining_node {
  std::string cluster;
  node_name node;
  live_record live = {};  // with store, boot and addresses
  std::uint16_t shards = 0;
  /// Epoch of each shard's log; all 0 in an empty directory.
  std::vector<std::uint64_t> epochs = {};
  bool has_data = false;
  /// The operator wants a cluster that begins with a directory that has data (R37): whoever has
  /// none waits for it. Nodes that run the register themselves have to start together.
  bool adopt = false;
  std::optional<membership_file> remembered = {};
};

/// Makes the cluster if there is none, checks that the node belongs to it, and registers it:
///
///   cluster record: make or check --> nobody else lives under this name --> node record --> live
///
/// Asks the register again until it answers or `give_up` says so (then: unavailable).
/// Fails: wrong_state (another cluster of this name, other shards, a register without the cluster
/// that the directory belongs to, a directory with data of its own), name_taken (another process
/// lives under the node's name), forbidden (the node was removed).
/// Thread: blocks the calling one; not the coordinator's.
result<cluster_record> join_cluster(coordinator& judge, const joining_node& who,
                                    const std::function<bool()>& give_up);

/// How long a live key outlives its process.
inline constexpr int live_ttl_s = 5;

}  // namespace taskdriver::cluster
