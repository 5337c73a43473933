// Who holds a shard: the configuration that the register (etcd) decides on, and what placement
// wishes for. Rules cited as R1–R38 stand in docs/replication.md.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace taskdriver::cluster {

/// The name of a node (--node-id), 1–64 of [A-Za-z0-9._-]; unique in the cluster.
using node_name = std::string;

/// A node together with its data directory: a node that lost its disk is not the member it was
/// (R1).
struct member {
  node_name node;
  std::uint64_t store = 0;

  auto operator<=>(const member&) const = default;
};

/// Names one attempted change of a configuration, so that its author can tell whether it was this
/// one that went through (R2, R7).
struct change_id {
  node_name node;
  std::uint64_t boot = 0;  // random, of one replica in one life of its process
  std::uint64_t counter = 0;

  bool operator==(const change_id&) const = default;
};

/// One key of the register per shard. Every change is a compare-and-swap from epoch e to e+1.
struct shard_configuration {
  std::uint64_t epoch = 0;  // 0: the shard was never configured
  node_name primary;
  std::vector<member> in_sync;  // sorted; has the primary but after force (R36)
  bool handover = false;        // the epoch began with the old primary's consent (R10, R30)
  std::uint32_t min_in_sync = 1;
  change_id change;

  bool operator==(const shard_configuration&) const = default;

  bool holds(const member& m) const {
    return std::find(in_sync.begin(), in_sync.end(), m) != in_sync.end();
  }
  /// The registered store of `node`; null if it is not in sync.
  const member* find(std::string_view node) const {
    const auto found = std::find_if(in_sync.begin(), in_sync.end(),
                                    [&](const member& m) { return m.node == node; });
    return found == in_sync.end() ? nullptr : &*found;
  }
};

/// What the placement controller wants for a shard. The primary works towards it by changes of its
/// own: nothing here is needed for safety.
struct shard_placement {
  std::vector<node_name> replicas;  // sorted; those not in sync yet are learners
  node_name primary;                // preferred; empty = whoever it is
  std::uint32_t min_in_sync = 0;    // raised once that many are in sync (R37); 0 = as it is
  bool pinned = false;              // placed by hand: for the controller, no replica reads it

  bool operator==(const shard_placement&) const = default;
};

}  // namespace taskdriver::cluster
