// The register of a simulated cluster: one configuration and one wish per shard, linearizable.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "cluster/replica/configuration.hpp"
#include "tests/simulation/events.hpp"

namespace taskdriver::simulation {

/// Thread: one.
class sim_register {
public:
  explicit sim_register(std::uint32_t shards) : shards_(shards) {}

  const cluster::shard_configuration& configuration(shard_index shard) const {
    return shards_[shard].configuration;
  }
  const cluster::shard_placement& wish(shard_index shard) const { return shards_[shard].wish; }
  std::uint64_t wish_revision(shard_index shard) const { return shards_[shard].wish_revision; }

  void set(shard_index shard, cluster::shard_configuration first) {
    shards_[shard].configuration = std::move(first);
  }
  void set_wish(shard_index shard, cluster::shard_placement wanted) {
    shards_[shard].wish = std::move(wanted);
    ++shards_[shard].wish_revision;
  }
  /// Compare-and-swap: `wanted` must be one epoch ahead. False: nothing is changed.
  bool change(shard_index shard, const cluster::shard_configuration& wanted) {
    auto& now = shards_[shard].configuration;
    if (wanted.epoch != now.epoch + 1) return false;
    now = wanted;
    return true;
  }
  /// Whether this data directory counts as a member of any shard.
  bool holds_store(std::uint64_t store) const {
    for (const auto& s : shards_)
      for (const auto& m : s.configuration.in_sync)
        if (m.store == store) return true;
    return false;
  }

  // Faults:
  int away = 0;  // how many faults keep it from answering
  std::int64_t extra_delay_us = 0;

private:
  struct shard {
    cluster::shard_configuration configuration;
    cluster::shard_placement wish;
    std::uint64_t wish_revision = 0;
  };
  std::vector<shard> shards_;
};

}  // namespace taskdriver::simulation
