// What this node knows of the register: a copy that a watch keeps new, and the way to change
// shards.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "cluster/coordinator/coordinator.hpp"
#include "cluster/coordinator/register_codec.hpp"
#include "cluster/coordinator/register_keys.hpp"
#include "cluster/node/replica_loop.hpp"

namespace taskdriver::cluster {

/// A value of the register with the revision that the next change must expect; 0: absent.
template <class Record>
struct revised {
  Record record = {};
  std::int64_t revision = 0;
};

/// The register at some recent moment.
struct cluster_picture {
  bool known = false;  // a first snapshot came
  std::map<node_name, revised<node_record>> nodes;
  std::map<node_name, live_record> live;
  std::vector<revised<shard_configuration>> shards;  // by number
  std::vector<revised<shard_placement>> placements;
  node_name controller;
};

/// Who hears of what is new. Thread: the coordinator's; must not block.
struct mirror_hooks {
  std::function<void(shard_event)> event;  // register_input and placement_input
  std::function<void()> nodes_changed;
};

/// Thread: any. Owns: the copy. The coordinator must outlive it; it is watched from start() on.
/// Fails: a value that this version cannot read is logged and counts as unchanged.
class register_mirror final : public watch_observer,
                              public shard_register,
                              public std::enable_shared_from_this<register_mirror> {
public:
  register_mirror(coordinator& judge, register_keys keys, std::uint16_t shard_count,
                  const time_source& time, mirror_hooks hooks);
  void start();
  cluster_picture picture() const;
  /// How long a registered node has not been there, as seen from here.
  std::int64_t gone_ms(const node_name& node, std::int64_t now_ms) const;

  /// shard_register: the answers come as events.
  void read(shard_id shard) override;
  void change(shard_id shard, const shard_configuration& wanted) override;

  void changed(const std::vector<register_item>& items) override;
  void snapshot(const register_snapshot& all) override;

private:
  void change_at(shard_id shard, const shard_configuration& wanted, std::int64_t revision);
  void read_then_change(shard_id shard, const shard_configuration& wanted);
  void take(const register_item& item);
  void take_node(const node_name& name, const register_value& value);
  void take_live(const node_name& name, const register_value& value);
  void take_shard(std::uint16_t number, const register_value& value, bool linearizable);
  void take_placement(std::uint16_t number, const register_value& value);
  revised<shard_configuration> known(shard_id shard) const;

  coordinator& judge_;
  const register_keys keys_;
  const time_source& time_;
  const mirror_hooks hooks_;
  mutable std::mutex mutex_;
  cluster_picture picture_;
  std::map<node_name, std::int64_t> gone_at_ms_;
};

}  // namespace taskdriver::cluster
