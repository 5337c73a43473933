// Carries out what operators ask, on any node: commands go to the register, the view comes from
// memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "cluster/cluster_control.hpp"
#include "cluster/node/checkpoint_exchange.hpp"
#include "cluster/node/cluster_node.hpp"
#include "cluster/node/peer_reports.hpp"
#include "cluster/node/register_mirror.hpp"
#include "cluster/node/replica_loop.hpp"
#include "cluster/transport/peer_network.hpp"

namespace taskdriver::cluster {

/// Every command is one compare-and-swap of one key, decided on what the register's copy shows; if
/// that was old, the swap fails and the operator is told to repeat (wrong_state).
/// Thread: any. Owns: nothing; all it is given must outlive it.
class cluster_operator final : public cluster_control {
public:
  struct surroundings {
    coordinator& judge;
    const register_mirror& mirror;
    const replica_loop& loop;
    const checkpoint_exchange& exchange;
    const peer_reports& reports;
    register_keys keys;
    std::string cluster;
    node_name self;
    std::uint64_t boot = 0;
    std::uint32_t replicas = 0;
    const time_source& time;
  };
  explicit cluster_operator(const surroundings& around) : around_(around) {}
  /// Who is connected; null until the network is there.
  void use(const peer_network* network) { network_ = network; }

  domain::cluster_view view() const override;
  void drain(const node_name& node, done d) override;
  void undrain(const node_name& node, done d) override;
  void remove(const node_name& node, done d) override;
  void move(shard_id shard, const node_name& from, const node_name& to, done d) override;
  void transfer(shard_id shard, const node_name& node, done d) override;
  void unpin(shard_id shard, done d) override;
  void force(shard_id shard, const node_name& node, bool anyway, done d) override;

  domain::cluster_numbers numbers() const;

private:
  void set_state(const node_name& node, node_state state, const done& d);
  void change(const std::string& key, std::int64_t revision, std::string value, done d);
  void place(shard_id shard, const cluster_picture& picture, const shard_placement& wanted, done d);
  bool connected(const node_name& node) const;
  result<void> may_drain(const cluster_picture& picture, const node_name& node) const;
  std::map<node_name, heard_report> all_reports() const;

  const surroundings around_;
  std::atomic<const peer_network*> network_ = nullptr;
  std::atomic<std::uint64_t> changes_ = 0;
};

}  // namespace taskdriver::cluster
