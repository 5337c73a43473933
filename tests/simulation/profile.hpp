// What the world of one simulated history is like: all of it drawn from the seed.
#pragma once

#include <cstdint>
#include <string>

#include "cluster/replica/replica.hpp"

namespace taskdriver::simulation {

/// What is replicated: plain numbers, or the changes of a real queue.
enum class level { log, queue };

/// Kinds of faults, as bits: each history has only some of them, so that rare ones get their turn.
enum fault_kind : std::uint32_t {
  fault_crash = 1U << 0,
  fault_crash_at_disk = 1U << 1,
  fault_pause = 1U << 2,
  fault_cut = 1U << 3,           // a node from all others, or two nodes from each other
  fault_one_way_cut = 1U << 4,   // one direction between two nodes
  fault_register_cut = 1U << 5,  // a node from the register
  fault_register_away = 1U << 6,
  fault_register_slow = 1U << 7,
  fault_slow_disk = 1U << 8,
  fault_hanging_disk = 1U << 9,
  fault_lost_disk = 1U << 10,
  fault_restart_all = 1U << 11,
  fault_handover = 1U << 12,
  fault_placement = 1U << 13,
  fault_returning_primary = 1U << 14,  // the directed patterns, see nemesis.hpp
  fault_isolated_primary = 1U << 15,
  fault_slow_register_and_cut = 1U << 16,
  fault_clock_jump = 1U << 17,  // of what people read; the steady clock never jumps
  fault_force = 1U << 18,       // not drawn like the others: once in a history, in some of them
  /// Not drawn like the others either: the shard moves all the time, to fewer nodes than there are,
  /// and those that it left soon drop what they have.
  fault_drop = 1U << 19,
  /// As fault_force, but nobody goes down for it: an operator errs, or cannot see who runs.
  fault_force_anyway = 1U << 20,
};
inline constexpr std::uint32_t fault_kinds = 18;

/// One fault in a world that is kind otherwise: the shard goes on within 3 s.
enum class scenario {
  none,
  primary_crashes,
  backup_crashes,
  primary_disk_hangs,
  backup_disk_hangs,
  primary_cut_from_peers,  // but not from the register
  /// The same, while the only other node that could replace it catches up for longer than the
  /// grace: the old primary stays in sync, and must not take the shard back again and again (R20).
  primary_cut_while_learner_catches_up,
  /// It is in sync again before the faults end, although a checkpoint takes seconds and the log is
  /// cut meanwhile (R31).
  backup_loses_its_disk,
};

/// What somebody asks for on the command line or in a test.
struct history_options {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 3;  // 1 to 5
  simulation::level level = level::log;
  bool trace = false;
  simulation::scenario scenario = scenario::none;  // at level log, with 3 nodes or more
  std::uint32_t only_faults = 0;                   // bits of fault_kind; 0 = as the seed says
  bool state_lags = true;                          // false: what is committed is applied at once
};

/// Times in µs unless the name says otherwise; chances in 1/1000.
struct profile {
  simulation::scenario scenario = scenario::none;
  std::uint32_t nodes = 3;
  std::uint32_t shards = 1;
  std::uint32_t min_in_sync = 2;
  std::uint32_t replicas = 3;  // of a shard, at first
  bool quiet = false;          // hardly any writes meanwhile: what was acknowledged long ago is all
  bool grows_from_one = false;    // one node is taken into a cluster (R37)
  std::int64_t faults_until = 0;  // the world is kind from then on
  std::int64_t converge_until = 0;
  std::int64_t gap_max_ms = 3000;  // without a write, in a scenario

  std::uint32_t faults = 0;  // bits of fault_kind
  std::int64_t fault_every = 0;

  std::int64_t delay_min = 0, delay_max = 0;
  std::uint64_t drop = 0, twice = 0, unordered = 0, far = 0;
  std::int64_t register_min = 0, register_max = 0;
  std::uint64_t register_lost = 0;  // of requests and of answers
  std::int64_t fsync_min = 0, fsync_max = 0;
  std::int64_t drift_per_mille = 0;  // at most, either way

  std::int64_t flush_every = 0;
  std::int64_t gathering_max = 0;  // of what is committed, before the state gets it; 0 = at once
  std::int64_t gathering_kind_max = 0;  // in a kind world
  std::uint64_t gathered_entries_max = 1024;
  std::uint64_t stalls = 0;        // of batches that somebody waits for
  std::uint64_t recent_bytes = 0;  // that a queue keeps of what its store has too
  std::int64_t request_every = 0;
  std::uint64_t state_bytes = 0;  // filling of a checkpoint
  std::uint64_t chunk_bytes = 1;  // of its stream
  std::uint64_t chunks_per_tick = 1;
  cluster::replica_settings replica;
};

profile draw_profile(const history_options& options);

}  // namespace taskdriver::simulation
