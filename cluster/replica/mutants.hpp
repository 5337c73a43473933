// Rules of replication that the simulation can take out, one at a time, to see that it would
// notice.
#pragma once

namespace taskdriver::cluster {

/// A planted mistake. Each names what the broken replica does; the rule it breaks stands beside it.
enum class mutant {
  none,
  acknowledge_after_one_backup,     // R23
  no_epoch_check,                   // R13
  serve_before_tail_is_committed,   // R21
  read_without_lease,               // R25
  grace_shorter_than_lease,         // R25
  compare_by_index_only,            // R15, R16
  learner_joins_early,              // R28
  takeover_from_outside,            // R20
  seen_not_persisted,               // R4, R14
  unknown_change_is_failure,        // R11
  only_old_set_counts,              // R12
  only_new_set_counts,              // R12
  restarted_primary_continues,      // R10, R33
  leads_whenever_named,             // R9, R10
  no_store_id,                      // R1, R24
  takeover_right_after_restart,     // R20
  cached_time,                      // R6
  lease_from_arrival,               // R25
  learner_joins_at_commit,          // R28: without ready_at
  tail_is_restamped,                // R3
  acknowledge_before_fsync,         // R18, R23
  in_sync_shrinks_below_min,        // R27
  accepts_while_taking_over,        // R12
  serves_during_handover,           // R12, R30
  match_survives_epoch,             // R14
  refuses_by_entry_epoch,           // R13
  takeover_without_probe,           // R20
  beacon_ack_before_seen,           // R14
  copied_configuration_is_a_read,   // R10
  stopped_disk_keeps_leading,       // R29
  stuck_member_is_not_mute,         // R26: beacons alone count
  configuration_restarts_grace,     // R8: also a mere change of in_sync
  checkpoint_wipes_tail,            // R19
  commits_with_too_few_in_sync,     // R23
  members_before_seen,              // R21: acts in an epoch that its own disk may forget
  own_commit_is_taken_for_granted,  // R15, R36: never compared with the primary's log
  checkpoint_of_a_former_primary,   // R19, R36
  astray_member_follows,            // R36
  force_keeps_epoch,                // R36
  force_lowers_min_in_sync,         // R36
  drops_although_named,             // R38: whoever is registered, whatever is wished
  drop_forgets_seen,                // R38, R4
  drops_what_it_acknowledged,       // R38: also in the epoch of its last acknowledgement
  learner_acks_survive_epoch,       // R28: also when the learner may have dropped the shard since
  checkpoint_held_from_commit,      // R31: its state may be an older one
};

#ifdef TASKDRIVER_MUTANTS
/// Set by the simulation before it builds its replicas.
inline thread_local mutant planted_mutant = mutant::none;
inline bool breaks(mutant m) {
  return planted_mutant == m;
}
#else
/// The product breaks no rule; the compiler takes the checks out.
constexpr bool breaks(mutant) {
  return false;
}
#endif

}  // namespace taskdriver::cluster
