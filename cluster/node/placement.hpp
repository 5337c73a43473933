// Where replicas and primaries should be: a pure function of what the register says.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/ids.hpp"
#include "cluster/replica/configuration.hpp"

namespace taskdriver::cluster {

struct placement_settings {
  std::uint32_t replicas = 3;
  std::int64_t replace_after_ms = 600'000;
  /// Shards that gain a replica at the same time.
  std::size_t moves_max = 2;
  /// How long a new cluster waits for as many nodes as replicas are wanted.
  std::int64_t founding_ms = 5'000;
};

struct placeable_node {
  std::uint64_t store = 0;
  bool up = false;
  bool draining = false;
  std::int64_t gone_ms = 0;  // since it was last up, as the controller saw it
};

struct placeable_shard {
  shard_configuration configuration;  // epoch 0: none yet
  shard_placement wanted;             // no replicas: none yet
};

/// What the controller sees. Nodes that were removed are not in it.
struct placement_view {
  std::map<node_name, placeable_node> nodes = {};
  std::vector<placeable_shard> shards = {};
  std::int64_t waited_ms = 0;  // since the controller first saw a node up
  bool founded = false;        // a founder makes the first configurations (R37)
};

struct placement_plan {
  struct first_configuration {
    shard_id shard{};
    shard_configuration configuration;
  };
  struct wish {
    shard_id shard{};
    shard_placement wanted;
  };
  std::vector<first_configuration> first;
  std::vector<wish> wishes;  // only what differs from now
};

/// Stable: what it wants is what it finds, unless
///   a node is gone for replace_after_ms, removed or draining: its replicas go to others;
///   a shard has fewer replicas than it could have: it gets more, on the nodes that have the
///   fewest; a node has two replicas, or two primaries, more than another: one moves.
/// Nothing that it plans is needed for safety: the primaries act on it by changes of their own.
placement_plan plan_placement(const placement_view& view, const placement_settings& settings);

}  // namespace taskdriver::cluster
