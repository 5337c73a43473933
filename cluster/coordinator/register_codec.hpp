// What stands in the register as text: lines that an operator can read with etcdctl.
// docs/register_format.md has the grammar, tests/golden/register_v1 an example of each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cluster/replica/configuration.hpp"

namespace taskdriver::cluster {

/// Fixed when the cluster is made, but for min_in_sync, which is what new shards begin with.
struct cluster_record {
  std::uint32_t format = 1;  // of everything in the register
  std::uint16_t shards = 16;
  std::uint32_t min_in_sync = 1;
  std::int64_t created_ms = 0;  // wall clock
  std::uint64_t id = 0;         // random: tells this cluster from another one of its name
  /// The one whose directory the cluster began with; no node: it began empty (R37).
  member founder = {};

  bool operator==(const cluster_record&) const = default;
};

enum class node_state { up, draining, removed };

/// A node that belongs to the cluster, whether it runs or not.
struct node_record {
  std::uint64_t store = 0;      // of its data directory (R1)
  std::string cluster_address;  // HOST:PORT for other nodes
  std::string http_address;     // HOST:PORT for clients
  node_state state = node_state::up;

  bool operator==(const node_record&) const = default;
};

/// A node's process that runs now.
struct live_record {
  std::uint64_t store = 0;
  std::uint64_t boot = 0;  // random per process
  std::string version;     // of taskdriverd, e.g. "0.1.0"
  std::string cluster_address;
  std::string http_address;

  bool operator==(const live_record&) const = default;
};

/// Names and addresses must be free of blanks and control characters (node_name is by its rule).
std::string encode(const cluster_record& record);
std::string encode(const node_record& record);
std::string encode(const live_record& record);
std::string encode(const shard_configuration& configuration);
std::string encode(const shard_placement& placement);

/// Total: any bytes give a record or `internal` with a text that says what is wrong. Lists come out
/// sorted, as their structs promise.
result<cluster_record> decode_cluster_record(std::string_view text);
result<node_record> decode_node_record(std::string_view text);
result<live_record> decode_live_record(std::string_view text);
result<shard_configuration> decode_shard_configuration(std::string_view text);
result<shard_placement> decode_shard_placement(std::string_view text);

}  // namespace taskdriver::cluster
