// The inside of a replica: its state and its steps, in one class over files by role.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "cluster/replica/disk_progress.hpp"
#include "cluster/replica/log_index.hpp"
#include "cluster/replica/mutants.hpp"
#include "cluster/replica/peer.hpp"
#include "cluster/replica/replica.hpp"

namespace taskdriver::cluster {

/// replica.hpp is the contract. Where what is decided:
///
///   replica_core.cpp      a step: the input's role, then what follows from it; the disk
///   replica_register.cpp  configurations and the change under way       R7–R12, R32
///   replica_backup.cpp    appends, acknowledgements, checkpoints        R13–R19
///   replica_takeover.cpp  grace, probes, the beginning of a leadership  R20, R21
///   replica_primary.cpp   proposals, commit, leases                     R22–R25
///   replica_sending.cpp   what goes to which peer, the log's cut        R5, R21, R31
///   replica_members.cpp   who is dropped and who joins                  R26–R28, R37
///   replica_handover.cpp  planned, and away from a disk that hangs      R29, R30
///   replica_drop.cpp      what a node has of a shard that moved away    R38
///
/// Thread: one owner.
class replica_core {
public:
  replica_core(member self, std::uint64_t boot, const recovered_replica& at, const log_source& log,
               const replica_settings& settings, std::int64_t now_ms);

  replica_outputs step(std::int64_t now_ms, const replica_input& input);
  std::int64_t serving_until_ms() const;
  replica_status status(std::int64_t now_ms) const;
  const shard_configuration& configuration() const { return config_; }
  std::uint64_t commit_index() const { return applied_; }
  std::uint64_t last_index() const { return log_.last_index(); }
  bool leads() const { return lead_.has_value(); }

private:
  /// What is known of the primary that this node follows.
  struct following {
    std::uint64_t epoch = 0;  // of the last accepted message; 0 = none since the start
    std::int64_t stamp = 0;
    node_name primary;
    std::int64_t since_ms = 0;              // it was this one all the time
    std::optional<std::uint64_t> matched;   // verified in this epoch (R14, R17)
    std::optional<std::uint64_t> mismatch;  // the hint of the last refusal (R15)
    bool astray = false;  // what is committed here is not in the primary's log (R36)
  };
  struct handover {
    node_name to;
    std::int64_t until_ms = 0;
  };
  struct uncommitted_batch {
    std::uint64_t last_index = 0;
    std::uint64_t bytes = 0;
  };
  /// Ends with the leadership.
  struct leadership {
    std::uint64_t first_epoch = 0;
    std::uint64_t ready_at = 0;
    bool ready = false;
    std::map<node_name, peer> peers = {};
    std::deque<uncommitted_batch> uncommitted = {};
    std::uint64_t uncommitted_bytes = 0;
    std::optional<handover> leaving = {};
    std::int64_t left_in_vain_at = never_ms;
  };
  struct answered_probe {
    std::uint64_t store = 0;
    std::int64_t at_ms = never_ms;
  };
  struct change_under_way {
    shard_configuration wanted;
    std::int64_t asked_at_ms = 0;
    std::uint64_t expected_epoch() const { return wanted.epoch - 1; }
  };

  // replica_core.cpp
  void handle(const propose_input& input);
  void handle(const message_input& input);
  void handle(const tick_input&);
  void handle(const disk_written_input& input);
  void handle(const state_flushed_input& input);
  void handle(const register_input& input);
  void handle(const placement_input& input);
  void handle(const handover_input& input);
  void handle(const checkpoint_gathered_input& input);
  void handle(const checkpoint_installed_input&);
  void handle(const checkpoint_sent_input& input);
  void settle();
  void raise_seen(std::uint64_t epoch);
  void put_out_write();
  void move_applied();
  void note_time_away();
  bool seen_is_durable(std::uint64_t epoch) const;
  bool disk_hangs() const;
  std::uint64_t own_durable() const;
  void send(const node_name& to, replica_message message);
  bool is_member(const shard_configuration& in, const member& m) const;

  // replica_register.cpp
  void adopt(const shard_configuration& registered);
  void decide_change(const shard_configuration& registered, bool& mine);
  void named_here(const shard_configuration& registered, bool mine);
  void lost_to(const shard_configuration& before, bool mine);
  bool may_lead(const shard_configuration& registered, bool mine) const;
  void superseded();
  void step_down();
  void ask_change(shard_configuration wanted);
  void repeat_change();
  void read_register_if_needed();
  void ask_read();
  bool taking_over() const { return change_ && !lead_; }
  bool handing_over() const { return change_ && lead_ && change_->wanted.primary != self_.node; }
  /// Calls `visit` for the members that count: of the configuration and of the one asked for (R12).
  template <class Visit>
  void for_each_needed(Visit visit) const {
    const bool only_new = change_ && breaks(mutant::only_new_set_counts);
    if (!only_new)
      for (const auto& m : config_.in_sync) visit(m);
    if (!change_ || breaks(mutant::only_old_set_counts)) return;
    for (const auto& m : change_->wanted.in_sync)
      if (only_new || !config_.holds(m)) visit(m);
  }

  // replica_backup.cpp
  void take_append(const member& from, const append_message& m);
  bool refuses(const member& from, const append_message& m) const;
  void follow(const member& from, const append_message& m);
  bool follows_from(const append_message& m) const;
  std::optional<std::uint64_t> epoch_at_commit(const append_message& m) const;
  bool contradicts_commit(const append_message& m) const;
  bool is_member_astray() const;
  bool may_be_overwritten() const;
  bool is_of_the_primary(const checkpoint_gathered_input& input) const;
  std::uint64_t hint_for(const append_message& m) const;
  void take_entries(const append_message& m);
  void acknowledge();

  // replica_takeover.cpp
  std::int64_t grace_ms() const;
  bool silence_is_over_grace() const;
  void probe_if_silent();
  void take_over_if_due();
  bool is_fresh(const answered_probe& a) const;
  bool enough_answer() const;
  void begin_leading();
  bool leads_durably() const;
  void become_ready();
  std::vector<node_name> other_nodes() const;

  // replica_primary.cpp
  void take_ack(const member& from, const ack_message& m);
  const peer* peer_of(const member& m) const;
  void move_commit();
  std::uint64_t committed_by_all() const;
  std::int64_t lease_end_ms(const member& m) const;

  // replica_sending.cpp
  void choose_peers();
  void send_appends();
  void send_to(const node_name& node, peer& p);
  bool send_entries(const node_name& node, peer& p);
  void send_beacon(const node_name& node, peer& p);
  void send_append(const node_name& node, std::uint64_t prev, std::vector<entry> entries);
  void offer_checkpoint(const node_name& node, peer& p);
  std::vector<entry> read_entries(std::uint64_t first) const;
  void send_configuration();
  void hold_log();

  // replica_members.cpp
  void change_members_if_due();
  bool is_mute(const member& m) const;
  bool is_unwanted(const member& m) const;
  bool may_join(const node_name& node, const peer& p) const;
  bool is_wanted(const node_name& node) const;
  void forget_learners();
  enum class dropping { mute_and_unwanted, mute, nobody };
  std::vector<member> wished_members(dropping whom) const;
  std::uint32_t wished_min_in_sync(std::size_t members) const;

  // replica_drop.cpp
  bool is_needed() const;
  bool may_drop() const;
  bool members_answer() const;
  void look_whether_unneeded();
  void drop_if_unneeded();

  // replica_handover.cpp
  void begin_handover(const node_name& to);
  void go_on_with_handover();
  void leave_hanging_disk();
  void follow_placement();
  node_name best_successor(bool placed_only) const;
  bool can_succeed(const node_name& node) const;
  bool is_fresh(const peer& p) const;

  // --- what it is ---
  const member self_;
  const std::uint64_t boot_;
  const log_source& source_;
  const replica_settings settings_;

  // --- what the disk has or will have (R4) ---
  log_index log_;
  disk_progress disk_;
  std::uint64_t seen_;
  std::uint64_t commit_;    // known to be committed; may be ahead of the disk
  std::uint64_t applied_;   // min(commit, durable), put out to the shell
  std::uint64_t in_state_;  // the state has at least this, and a checkpoint of it, too
  bool installing_ = false;
  checkpoint_install install_;
  std::uint64_t acknowledged_epoch_;  // something may have been, in no later epoch (R38)
  std::int64_t unneeded_since_;       // nothing spoke against it (R38)

  // --- what the register says ---
  shard_configuration config_;
  shard_placement placement_;
  std::optional<std::uint64_t> first_read_epoch_;  // of this life, linearizable (R10)
  std::uint64_t told_epoch_ = 0;                   // a peer has seen it
  std::int64_t read_asked_at_ = never_ms;
  std::optional<change_under_way> change_;
  std::uint64_t change_counter_ = 0;

  // --- roles ---
  following following_;
  std::int64_t grace_from_;  // R20
  std::int64_t probed_at_ = never_ms;
  std::map<node_name, answered_probe> answers_;  // to probes
  std::optional<leadership> lead_;
  std::uint64_t held_from_ = 0;  // as last said

  // --- of the step under way ---
  std::int64_t now_;
  std::int64_t ticked_at_;
  replica_outputs out_;
  disk_write write_;
};

}  // namespace taskdriver::cluster
