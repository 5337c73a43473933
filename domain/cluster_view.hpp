// A cluster as its operators see it: nodes, shards, replicas and streams as plain values, from
// cluster_control to the admin pages and tdctl.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace taskdriver::domain {

enum class cluster_node_state {
  up,        // it announces itself in the register
  draining,  // up, and giving its shards away
  gone,      // registered, but not there
};

struct cluster_node_view {
  std::string name;
  cluster_node_state state = cluster_node_state::gone;
  std::uint64_t store = 0;    // of its data directory
  std::string peer_address;   // HOST:PORT for other nodes
  std::string http_address;   // HOST:PORT for clients
  bool connected = false;     // from the node that was asked; true for that node itself
  std::int64_t gone_ms = 0;   // since the asked node saw it go; 0 while it is there
  std::uint32_t led = 0;      // shards whose registered primary it is
  std::uint32_t in_sync = 0;  // shards in whose registered in_sync it is
};

enum class replica_role_view { primary, taking_over, backup, learner };

/// One replica as its own node last told of it. Reports go between connected nodes every two
/// seconds; `told_ms_ago` says how old this one is.
struct shard_replica_view {
  std::string node;
  std::uint64_t store = 0;
  replica_role_view role = replica_role_view::learner;
  bool in_sync = false;   // as registered
  bool wanted = false;    // by the placement
  bool reported = false;  // false: nothing was heard of it, and the numbers below mean nothing
  bool serving = false;
  std::uint64_t epoch = 0;  // of the newest configuration it knows
  std::uint64_t last_index = 0, durable_index = 0, commit_index = 0, applied_index = 0;
  /// Entries that the primary has and this replica has not on its disk; absent without a report of
  /// the primary.
  std::optional<std::uint64_t> lag_entries = {};
  std::int64_t told_ms_ago = 0;
};

/// A registered configuration and what its replicas say.
struct shard_view {
  std::uint16_t shard = 0;
  std::uint64_t epoch = 0;
  std::string primary;  // empty: never configured
  bool served = false;  // a primary reports that it serves
  std::uint32_t min_in_sync = 1;
  std::vector<std::string> wanted = {};           // replicas of the placement, sorted
  std::string wanted_primary;                     // empty: any
  bool pinned = false;                            // placed by hand; the controller leaves it alone
  std::vector<shard_replica_view> replicas = {};  // by node
};

/// A checkpoint on its way to a replica that is too far behind for the log.
struct stream_view {
  std::uint16_t shard = 0;
  std::string from, to;
  std::uint64_t bytes = 0;  // sent up to now
  std::int64_t started_ms_ago = 0;
};

struct cluster_view {
  std::string cluster;
  std::string asked;       // the node whose view this is
  std::string controller;  // node that places replicas; empty = not known
  bool register_reachable = false;
  std::uint32_t replicas = 0;                 // wanted per shard
  std::vector<cluster_node_view> nodes = {};  // by name
  std::vector<shard_view> shards = {};        // by number
  std::vector<stream_view> streams = {};      // from or to the asked node
};

/// The same in numbers, as one node sees it: for /metrics and /health.
struct cluster_numbers {
  bool register_reachable = false;
  std::uint32_t peers_known = 0;  // other nodes of the cluster
  std::uint32_t peers_connected = 0;
  std::uint32_t shards = 0;
  std::uint32_t shards_led = 0;                // this node is the registered primary
  std::uint32_t shards_served = 0;             // of these, served now
  std::uint32_t shards_in_sync = 0;            // this node holds a replica in sync
  std::uint32_t shards_without_primary = 0;    // no node says that it serves them
  std::uint32_t shards_below_min_in_sync = 0;  // they take no writes
  std::uint64_t services = 0;                  // times that this node began to serve a shard
  std::uint64_t lag_entries_max = 0;           // the most that a replica lacks of a shard led here
  std::uint64_t streams = 0;                   // checkpoints on their way
};

}  // namespace taskdriver::domain
