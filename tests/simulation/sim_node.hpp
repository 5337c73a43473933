// One simulated machine: its clock, its disk, and the process with its replicas.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/shard_host.hpp"
#include "tests/simulation/sim_disk.hpp"

namespace taskdriver::simulation {

/// A node's own CLOCK_BOOTTIME: it drifts, and means nothing after a reboot.
struct sim_clock {
  std::int64_t offset_us = 0;
  std::int64_t drift_per_mille = 0;

  std::int64_t read_ms(std::int64_t world_us) const {
    return (offset_us + world_us + world_us * drift_per_mille / 1000) / 1000;
  }
};

struct sim_node {
  sim_node(node_index i, std::uint32_t shards)
      : index(i), name("n" + std::to_string(i + 1)), disk(shards) {}

  node_index index;
  cluster::node_name name;
  std::uint64_t store = 0;  // another one after the disk was lost
  sim_clock clock;
  std::int64_t wall_offset_ms = 0;
  sim_disk disk;

  bool up = false;
  std::uint32_t life = 0;
  std::vector<std::unique_ptr<shard_host>> hosts;  // while up
  std::vector<std::uint64_t> watched_epoch;        // newest configuration sent by the watch
  std::vector<std::uint64_t> watched_wish;
  std::int64_t cached_ms = 0;  // of the last tick, for the mutant that trusts it

  bool paused = false;
  std::deque<node_event> held;  // what waits meanwhile

  bool doomed = false;                // crashes as soon as the present event is dealt with
  bool crashes_at_disk = false;       // at its next disk operation
  std::int64_t disk_slowness = 1;     // a factor
  int disk_hangs = 0;                 // how many faults hold it
  std::int64_t force_on_disk_us = 0;  // since when it knows of the newest force for good
  std::vector<bool> held_batches;     // that would be done, if it did not hang
};

}  // namespace taskdriver::simulation
