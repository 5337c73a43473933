// Every planted mistake of cluster/replica/mutants.hpp, and how the simulation finds it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "cluster/replica/mutants.hpp"
#include "tests/simulation/profile.hpp"

namespace taskdriver::simulation {

/// Mistakes of whoever serves a queue on a primary, planted in queue_service.
enum class queue_mutant {
  none,
  lease_not_restarted,    // P6, after a failover
  answers_before_commit,  // P1
  decides_without_lease,  // P7
  leases_on_wall_clock,   // P6
  goes_on_after_refusal,  // memory ahead of the log
  loads_before_applied,   // after a refusal: from a state that lacks what is committed
  forgets_at_commit,      // what is not in the state yet is taken from there all the same
};
inline queue_mutant planted_queue_mutant = queue_mutant::none;

/// Mistakes of the shell around a replica, whose state is behind what is committed; planted in
/// shard_host and in the service of level log.
enum class shell_mutant {
  none,
  serves_before_state_has_it,  // R21: told as soon as the replica is ready
  list_at_commit,              // P7: read from the state before that has what was acknowledged
  log_cut_at_commit,           // R31: up to what was committed when the state was flushed
  checkpoint_named_by_commit,  // R31: its state is an older one
  installs_beside_backlog,     // R19: what is still on its way reaches the installed state
};
inline shell_mutant planted_shell_mutant = shell_mutant::none;

/// `seeds_max` = 0: random histories do not find it, `why_not` says why; such a rule has scripted
/// tests in tests/replica/.
struct known_mutant {
  cluster::mutant mutant = cluster::mutant::none;
  std::string_view name;
  std::uint64_t seeds_max = 0;
  std::string_view why_not = {};
  std::uint32_t nodes = 3;
  std::uint32_t only_faults = 0;  // those that bring it out
  simulation::scenario scenario = scenario::none;
  queue_mutant of_queue = queue_mutant::none;  // then `mutant` is none, and the level is queue
  shell_mutant of_shell = shell_mutant::none;  // then `mutant` is none
  bool needs_lag = false;  // no mistake at all where the state has at once what is committed

  /// What its histories are like.
  history_options options() const {
    return {.nodes = nodes,
            .level = of_queue == queue_mutant::none ? level::log : level::queue,
            .scenario = scenario,
            .only_faults = only_faults};
  }
};

/// From now on, in this process.
void plant(const known_mutant& m);
std::span<const known_mutant> known_mutants();
std::optional<known_mutant> mutant_named(std::string_view name);

}  // namespace taskdriver::simulation
