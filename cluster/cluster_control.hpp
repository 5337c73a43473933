// What an operator may ask of a cluster: to see it, and to have nodes and shards moved.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "cluster/replica/configuration.hpp"
#include "domain/cluster_view.hpp"

namespace taskdriver::cluster {

/// Works on any node. A command is done when the register has it; the cluster then works towards
/// it, which view() shows. Repeating a command is harmless.
///
/// Thread: any; nothing blocks. `done` is called once, on a thread of the cluster, and must not
/// block.
/// Fails: unavailable (the register is away), outcome_unknown (it did not answer: look, then
/// repeat), wrong_state (another change came in between: repeat), and what each command says.
class cluster_control {
public:
  using done = std::function<void(result<void>)>;

  virtual ~cluster_control() = default;

  /// From memory; cheap.
  virtual domain::cluster_view view() const = 0;

  /// The node's shards move to others, primaries first; it stays a member without shards and may
  /// then be stopped. Fails: not_found; in_use when too few other nodes are up to hold the shards.
  virtual void drain(const node_name& node, done d) = 0;
  virtual void undrain(const node_name& node, done d) = 0;
  /// Forgets a node that will not come back; its replicas are replaced at once. Fails: not_found;
  /// in_use while it is up (drain and stop it first).
  virtual void remove(const node_name& node, done d) = 0;
  /// Puts a replica of `shard` on `to` in the place of the one on `from`; the shard then counts as
  /// placed by hand (shard_view::pinned). An empty `from` adds, an empty `to` takes away.
  /// Fails: not_found; in_use (`to` has one already); validation (fewer than min_in_sync left).
  virtual void move(shard_id shard, const node_name& from, const node_name& to, done d) = 0;
  /// Makes `node` the primary without a failed request. Fails: not_found; wrong_state when it is
  /// not in sync.
  virtual void transfer(shard_id shard, const node_name& node, done d) = 0;
  /// Lets the controller place the shard again.
  virtual void unpin(shard_id shard, done d) = 0;
  /// When all in-sync replicas are lost for good: makes `node`'s copy the shard. What only the
  /// others had IS LOST. view() shows what each reachable replica has. Fails: not_found (`node` has
  /// no copy or is gone); in_use while an in-sync replica's node is up, unless `anyway` (R36).
  virtual void force(shard_id shard, const node_name& node, bool anyway, done d) = 0;
};

}  // namespace taskdriver::cluster
