// The table of planted mistakes; the numbers of seeds are measured, with a margin.
#include "tests/simulation/mutants.hpp"

#include <algorithm>
#include <array>

namespace taskdriver::simulation {
namespace {

using cluster::mutant;

constexpr known_mutant all_mutants[] = {
    {.mutant = mutant::acknowledge_after_one_backup,
     .name = "acknowledge_after_one_backup",
     .seeds_max = 3000},
    {.mutant = mutant::no_epoch_check, .name = "no_epoch_check", .seeds_max = 3000},
    {.mutant = mutant::serve_before_tail_is_committed,
     .name = "serve_before_tail_is_committed",
     .seeds_max = 3000,
     .only_faults = fault_crash | fault_cut | fault_isolated_primary},
    {.mutant = mutant::read_without_lease, .name = "read_without_lease", .seeds_max = 3000},
    {.mutant = mutant::grace_shorter_than_lease,
     .name = "grace_shorter_than_lease",
     .seeds_max = 3000,
     .only_faults = fault_cut | fault_isolated_primary},
    {.mutant = mutant::compare_by_index_only, .name = "compare_by_index_only", .seeds_max = 3000},
    {.mutant = mutant::learner_joins_early, .name = "learner_joins_early", .seeds_max = 3000},
    {.mutant = mutant::takeover_from_outside, .name = "takeover_from_outside", .seeds_max = 3000},
    {.mutant = mutant::seen_not_persisted,
     .name = "seen_not_persisted",
     .seeds_max = 3000,
     .only_faults = fault_returning_primary},
    {.mutant = mutant::unknown_change_is_failure,
     .name = "unknown_change_is_failure",
     .seeds_max = 3000,
     .only_faults = fault_register_cut | fault_register_away | fault_register_slow},
    {.mutant = mutant::only_old_set_counts, .name = "only_old_set_counts", .seeds_max = 3000},
    {.mutant = mutant::only_new_set_counts, .name = "only_new_set_counts", .seeds_max = 3000},
    {.mutant = mutant::restarted_primary_continues,
     .name = "restarted_primary_continues",
     .seeds_max = 3000},
    {.mutant = mutant::leads_whenever_named, .name = "leads_whenever_named", .seeds_max = 3000},
    {.mutant = mutant::no_store_id, .name = "no_store_id", .seeds_max = 3000},
    {.mutant = mutant::takeover_right_after_restart,
     .name = "takeover_right_after_restart",
     .seeds_max = 3000},
    {.mutant = mutant::cached_time,
     .name = "cached_time",
     .seeds_max = 3000,
     .only_faults = fault_pause | fault_isolated_primary},
    {.mutant = mutant::lease_from_arrival,
     .name = "lease_from_arrival",
     .seeds_max = 3000,
     .only_faults = fault_cut | fault_one_way_cut},
    {.mutant = mutant::learner_joins_at_commit,
     .name = "learner_joins_at_commit",
     .seeds_max = 3000},
    {.mutant = mutant::tail_is_restamped, .name = "tail_is_restamped", .seeds_max = 3000},
    {.mutant = mutant::acknowledge_before_fsync,
     .name = "acknowledge_before_fsync",
     .seeds_max = 3000},
    {.mutant = mutant::in_sync_shrinks_below_min,
     .name = "in_sync_shrinks_below_min",
     .seeds_max = 3000},
    {.mutant = mutant::accepts_while_taking_over,
     .name = "accepts_while_taking_over",
     .seeds_max = 3000,
     .only_faults = fault_slow_register_and_cut | fault_register_slow},
    {.mutant = mutant::serves_during_handover, .name = "serves_during_handover", .seeds_max = 3000},
    {.mutant = mutant::match_survives_epoch, .name = "match_survives_epoch", .seeds_max = 3000},
    {.mutant = mutant::refuses_by_entry_epoch, .name = "refuses_by_entry_epoch", .seeds_max = 3000},
    {.mutant = mutant::takeover_without_probe,
     .name = "takeover_without_probe",
     .seeds_max = 100,
     .scenario = scenario::primary_cut_while_learner_catches_up},
    {.mutant = mutant::beacon_ack_before_seen,
     .name = "beacon_ack_before_seen",
     .why_not = "entries acknowledged later wait for the same write anyway"},
    {.mutant = mutant::copied_configuration_is_a_read,
     .name = "copied_configuration_is_a_read",
     .why_not = "needs two restarts and a message that arrives after both"},
    {.mutant = mutant::stopped_disk_keeps_leading,
     .name = "stopped_disk_keeps_leading",
     .seeds_max = 3000,
     .scenario = scenario::primary_disk_hangs},
    {.mutant = mutant::stuck_member_is_not_mute,
     .name = "stuck_member_is_not_mute",
     .seeds_max = 3000,
     .scenario = scenario::backup_disk_hangs},
    {.mutant = mutant::configuration_restarts_grace,
     .name = "configuration_restarts_grace",
     .why_not = "only costs time, and only if a primary proposes changes it can never make (R27)"},
    {.mutant = mutant::checkpoint_wipes_tail,
     .name = "checkpoint_wipes_tail",
     .why_not = "a member in sync is hardly ever so far behind that it gets a checkpoint"},
    {.mutant = mutant::commits_with_too_few_in_sync,
     .name = "commits_with_too_few_in_sync",
     .seeds_max = 3000,
     .only_faults = fault_force | fault_crash},
    {.mutant = mutant::members_before_seen,
     .name = "members_before_seen",
     .seeds_max = 3000,
     .only_faults =
         fault_hanging_disk | fault_restart_all | fault_returning_primary | fault_isolated_primary},
    {.mutant = mutant::own_commit_is_taken_for_granted,
     .name = "own_commit_is_taken_for_granted",
     .seeds_max = 3000,
     .only_faults = fault_force},
    {.mutant = mutant::force_keeps_epoch,
     .name = "force_keeps_epoch",
     .seeds_max = 3000,
     .only_faults = fault_force},
    {.mutant = mutant::force_lowers_min_in_sync,
     .name = "force_lowers_min_in_sync",
     .seeds_max = 3000,
     .only_faults = fault_force},
    {.name = "queue_lease_not_restarted",
     .seeds_max = 2000,
     .of_queue = queue_mutant::lease_not_restarted},
    {.name = "queue_answers_before_commit",
     .seeds_max = 2000,
     .of_queue = queue_mutant::answers_before_commit},
    {.name = "queue_decides_without_lease",
     .why_not = "its first refused proposal makes it forget its memory, before most stale reads",
     .of_queue = queue_mutant::decides_without_lease},
    {.name = "queue_leases_on_wall_clock",
     .seeds_max = 2000,
     .of_queue = queue_mutant::leases_on_wall_clock},
    {.name = "queue_goes_on_after_refusal",
     .seeds_max = 2000,
     .of_queue = queue_mutant::goes_on_after_refusal},
};

}  // namespace

void plant(const known_mutant& m) {
  cluster::planted_mutant = m.mutant;
  planted_queue_mutant = m.of_queue;
}

std::span<const known_mutant> known_mutants() {
  return all_mutants;
}

std::optional<known_mutant> mutant_named(std::string_view name) {
  const auto* found = std::find_if(std::begin(all_mutants), std::end(all_mutants),
                                   [&](const known_mutant& m) { return m.name == name; });
  if (found == std::end(all_mutants)) return std::nullopt;
  return *found;
}

}  // namespace taskdriver::simulation
