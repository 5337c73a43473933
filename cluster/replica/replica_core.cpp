// A step of a replica: the input, then what follows from it; what its disk has.
#include "cluster/replica/replica_core.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace taskdriver::cluster {

replica_core::replica_core(member self, std::uint64_t boot, const recovered_replica& at,
                           const log_source& log, const replica_settings& settings,
                           std::int64_t now_ms)
    : self_(std::move(self)),
      boot_(boot),
      source_(log),
      settings_(settings),
      log_(at, std::max({settings.kept_bytes, settings.held_bytes_max,
                         settings.checkpoint_held_bytes_max})),
      disk_(at.last_index, at.seen_epoch),
      seen_(at.seen_epoch),
      commit_(at.applied_index),
      applied_(at.applied_index),
      in_state_(at.applied_index),
      acknowledged_epoch_(at.seen_epoch),  // what an earlier life did is not known
      unneeded_since_(now_ms),
      grace_from_(now_ms),  // it may have given a lease just before it stopped (R20)
      now_(now_ms),
      ticked_at_(now_ms) {
  TASKDRIVER_CHECK(at.base_index <= at.applied_index && at.applied_index <= at.last_index,
                   "the log is cut below the applied index and reaches up to it");
  if (breaks(mutant::takeover_right_after_restart)) grace_from_ = never_ms;
}

replica_outputs replica_core::step(std::int64_t now_ms, const replica_input& input) {
  out_ = {};
  write_ = {};
  const bool is_tick = std::holds_alternative<tick_input>(input);
  if (is_tick || !breaks(mutant::cached_time)) {
    now_ = now_ms;
    note_time_away();
  }
  std::visit([this](const auto& one) { handle(one); }, input);
  settle();
  return std::exchange(out_, {});
}

/// Whatever came in, the same things may follow from it.
void replica_core::settle() {
  repeat_change();
  read_register_if_needed();
  if (lead_) move_commit();
  move_applied();
  if (lead_) {
    become_ready();
    go_on_with_handover();
    send_appends();
  }
  put_out_write();
}

void replica_core::handle(const message_input& input) {
  if (input.from.node == self_.node) return;
  if (const auto* append = std::get_if<append_message>(&input.message)) {
    take_append(input.from, *append);
  } else if (const auto* ack = std::get_if<ack_message>(&input.message)) {
    take_ack(input.from, *ack);
  } else if (std::holds_alternative<probe_message>(input.message)) {
    send(input.from.node, probe_answer{});
  } else if (std::holds_alternative<probe_answer>(input.message)) {
    answers_[input.from.node] = {.store = input.from.store, .at_ms = now_};
  } else {
    const auto& copy = std::get<configuration_message>(input.message).registered;
    // It is a copy, maybe an old one: no read in the sense of R10.
    if (!first_read_epoch_ && breaks(mutant::copied_configuration_is_a_read))
      first_read_epoch_ = copy.epoch;
    adopt(copy);
  }
}

void replica_core::handle(const tick_input&) {
  ticked_at_ = now_;
  hold_log();
  if (!lead_) {
    probe_if_silent();
    take_over_if_due();
    look_whether_unneeded();
    return;
  }
  leave_hanging_disk();
  change_members_if_due();
  follow_placement();
}

void replica_core::handle(const disk_written_input& input) {
  disk_.written(input.id);
  if (!lead_) acknowledge();
}

void replica_core::handle(const state_flushed_input& input) {
  TASKDRIVER_CHECK(input.base_index <= applied_, "the log is cut only below what is applied");
  log_.cut(input.base_index);
  in_state_ = std::max(in_state_, input.index);
}

void replica_core::handle(const placement_input& input) {
  placement_ = input.wanted;
  if (is_wanted(self_.node)) unneeded_since_ = now_;
  if (lead_) choose_peers();
}

/// After a step that came late, other nodes look silent although it was this one that was away.
void replica_core::note_time_away() {
  if (!lead_ || now_ - ticked_at_ < settings_.mute_ms / 2) return;
  for (auto& [_, p] : lead_->peers) p.forgive(now_);
}

/// `epoch` was seen in a message or in the register; it goes to disk in this step's write.
void replica_core::raise_seen(std::uint64_t epoch) {
  if (epoch <= seen_) return;
  seen_ = epoch;
  if (!breaks(mutant::seen_not_persisted)) write_.seen_epoch = epoch;
}

bool replica_core::seen_is_durable(std::uint64_t epoch) const {
  return disk_.seen_epoch() >= epoch || breaks(mutant::seen_not_persisted);
}

bool replica_core::disk_hangs() const {
  const auto since = disk_.waiting_since_ms();
  return since && now_ - *since >= settings_.mute_ms;
}

std::uint64_t replica_core::own_durable() const {
  return breaks(mutant::acknowledge_before_fsync) ? log_.last_index() : disk_.durable_index();
}

void replica_core::put_out_write() {
  if (write_.seen_epoch == 0 && write_.truncate_from == 0 && write_.entries.empty()) return;
  const auto last = write_.entries.empty() ? 0 : write_.entries.back().index;
  write_.id = disk_.begin(now_, last, write_.seen_epoch);
  out_.writes.push_back(std::exchange(write_, {}));
}

/// Nothing is applied that this node's own disk could lose (R17).
void replica_core::move_applied() {
  const auto reached = std::min(commit_, disk_.durable_index());
  if (reached <= applied_ || installing_) return;
  applied_ = reached;
  out_.apply_up_to = reached;
}

void replica_core::send(const node_name& to, replica_message message) {
  out_.messages.push_back({to, std::move(message)});
}

bool replica_core::is_member(const shard_configuration& in, const member& m) const {
  return in.holds(m) || (breaks(mutant::no_store_id) && in.find(m.node) != nullptr);
}

replica_status replica_core::status(std::int64_t now_ms) const {
  replica_status status{.serving = serving_until_ms() > now_ms,
                        .configuration = config_,
                        .seen_epoch = seen_,
                        .last_index = log_.last_index(),
                        .durable_index = disk_.durable_index(),
                        .commit_index = applied_};
  if (lead_)
    status.role = replica_role::primary;
  else if (taking_over())
    status.role = replica_role::taking_over;
  else if (is_member(config_, self_))
    status.role = replica_role::backup;
  if (!lead_) return status;
  for (const auto& [node, p] : lead_->peers)
    status.peers.push_back({.node = node,
                            .match_index = p.match_index(),
                            .silent_ms = p.silent_ms(now_ms),
                            .in_sync = config_.holds({node, p.store()})});
  return status;
}

}  // namespace taskdriver::cluster
