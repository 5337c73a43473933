// What a replica makes of the register: adopting configurations, and the one change under way.
#include <utility>

#include "base/check.hpp"
#include "cluster/replica/replica_core.hpp"

namespace taskdriver::cluster {

void replica_core::handle(const register_input& input) {
  // Only a read of this life counts, and it is noted before it is adopted (R10, R32).
  if (input.linearizable && !first_read_epoch_) first_read_epoch_ = input.registered.epoch;
  // The old epoch proves nothing about a change that was asked for: it may still arrive (R11).
  if (change_ && input.registered.epoch == change_->expected_epoch() &&
      breaks(mutant::unknown_change_is_failure))
    change_.reset();
  adopt(input.registered);
  if (input.linearizable && input.registered.epoch == config_.epoch) drop_if_unneeded();
}

/// R7: only what is newer counts, and it decides a change that is under way.
void replica_core::adopt(const shard_configuration& registered) {
  if (registered.epoch <= config_.epoch) return;
  unneeded_since_ = now_;
  const auto before = std::exchange(config_, registered);
  raise_seen(registered.epoch);
  bool mine = false;
  decide_change(registered, mine);
  const bool restarts_grace =
      registered.primary != before.primary || breaks(mutant::configuration_restarts_grace);
  const bool spared = before.epoch == 0 && breaks(mutant::takeover_right_after_restart);
  if (restarts_grace && !spared) grace_from_ = std::max(grace_from_, now_);
  if (registered.primary == self_.node)
    named_here(registered, mine);
  else
    lost_to(before, mine);
}

void replica_core::decide_change(const shard_configuration& registered, bool& mine) {
  if (!change_ || change_->expected_epoch() >= registered.epoch) return;
  mine = change_->wanted.change == registered.change;
  change_.reset();
}

/// R9, R10: a primary goes on only after its own change, and nobody becomes one by a name alone.
void replica_core::named_here(const shard_configuration& registered, bool mine) {
  if (lead_ && mine) {
    choose_peers();
    forget_learners();
    send_configuration();
    return;
  }
  if (lead_) step_down();
  if (may_lead(registered, mine)) begin_leading();
}

bool replica_core::may_lead(const shard_configuration& registered, bool mine) const {
  if (breaks(mutant::leads_whenever_named)) return true;
  if (breaks(mutant::restarted_primary_continues) && first_read_epoch_ == registered.epoch)
    return true;
  // A message of a later epoch was accepted, or a checkpoint is being installed: the hard way.
  if (seen_ != registered.epoch || installing_ || !is_member(registered, self_)) return false;
  return mine ||
         (registered.handover && first_read_epoch_ && registered.epoch > *first_read_epoch_);
}

/// R8. The successor of a hand-over hears it from here first: its own read would come later.
void replica_core::lost_to(const shard_configuration& before, bool mine) {
  if (lead_) step_down();
  if (mine && before.primary == self_.node) send(config_.primary, configuration_message{config_});
}

/// A message of a higher epoch was accepted: whatever was under way here is decided (R11).
void replica_core::superseded() {
  change_.reset();
  if (lead_) step_down();
}

void replica_core::step_down() {
  if (lead_->ready) out_.leadership.push_back(leadership_change::ended);
  lead_.reset();
  following_ = {};
}

/// At most one at a time, each with an id of its own (R2, R11).
void replica_core::ask_change(shard_configuration wanted) {
  TASKDRIVER_CHECK(!change_, "one change at a time");
  wanted.epoch = config_.epoch + 1;
  wanted.change = {.node = self_.node, .boot = boot_, .counter = ++change_counter_};
  change_ = {.wanted = std::move(wanted), .asked_at_ms = now_};
  out_.change = register_change{change_->wanted};
}

/// Never withdrawn, repeated unchanged (R11).
void replica_core::repeat_change() {
  if (!change_ || now_ - change_->asked_at_ms < settings_.change_repeat_ms) return;
  change_->asked_at_ms = now_;
  out_.change = register_change{change_->wanted};
}

void replica_core::read_register_if_needed() {
  const bool behind = std::max(seen_, told_epoch_) > config_.epoch;
  if (!first_read_epoch_ || behind) ask_read();
}

void replica_core::ask_read() {
  if (now_ - read_asked_at_ < settings_.change_repeat_ms) return;
  read_asked_at_ = now_;
  out_.read_register = true;
}

}  // namespace taskdriver::cluster
