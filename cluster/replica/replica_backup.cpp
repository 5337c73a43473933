// A replica that follows: what it accepts, what it acknowledges, and a checkpoint in place of a
// log.
#include <utility>

#include "base/check.hpp"
#include "cluster/replica/replica_core.hpp"

namespace taskdriver::cluster {
namespace {

/// Entries come one after another from prev on, and their epochs never go back.
bool is_well_formed(const append_message& m) {
  auto index = m.prev_index;
  auto epoch = m.prev_epoch;
  for (const auto& e : m.entries) {
    if (e.index != ++index || e.epoch < epoch || e.epoch > m.epoch) return false;
    epoch = e.epoch;
  }
  return m.epoch > 0 && (m.prev_index > 0 || m.prev_epoch == 0);
}

}  // namespace

void replica_core::take_append(const member& from, const append_message& m) {
  // A checkpoint replaces the log at this moment; nothing is lost by silence.
  if (installing_ || !is_well_formed(m)) return;
  if (refuses(from, m)) {
    send(from.node, ack_message{.epoch = 0, .stamp = m.stamp, .seen = seen_});
    return;
  }
  if (m.epoch > config_.epoch) superseded();
  if (lead_) return;
  raise_seen(m.epoch);
  follow(from, m);
  if (contradicts_commit(m)) following_.astray = true;
  if (is_member_astray()) return following_.mismatch.reset();
  grace_from_ = now_;
  if (following_.astray || !follows_from(m)) {
    following_.mismatch = hint_for(m);
  } else {
    following_.mismatch.reset();
    take_entries(m);
    const auto reached = m.prev_index + m.entries.size();
    following_.matched = std::max(following_.matched.value_or(0), reached);
    commit_ = std::max(commit_, std::min(m.commit, *following_.matched));
  }
  const bool nothing_to_write = write_.entries.empty() && write_.truncate_from == 0;
  if (nothing_to_write || breaks(mutant::acknowledge_before_fsync)) acknowledge();
}

/// R13. What is compared is the epoch of the message, never that of an entry.
bool replica_core::refuses(const member& from, const append_message& m) const {
  if (breaks(mutant::refuses_by_entry_epoch))
    for (const auto& e : m.entries)
      if (e.epoch < seen_) return true;
  if (breaks(mutant::no_epoch_check)) return m.epoch < config_.epoch && lead_.has_value();
  if (m.epoch < seen_) return true;
  // While a take-over is pending the old primary must get no lease any more (R12).
  if (taking_over() && m.epoch <= change_->expected_epoch() &&
      !breaks(mutant::accepts_while_taking_over))
    return true;
  return m.epoch == config_.epoch && config_.primary != from.node;
}

void replica_core::follow(const member& from, const append_message& m) {
  if (m.epoch != following_.epoch) {
    const auto matched = following_.matched;
    // In an epoch that was missed, another one may have been the primary.
    const bool same = following_.primary == from.node && m.epoch == following_.epoch + 1;
    following_ = {.epoch = m.epoch,
                  .stamp = m.stamp,
                  .primary = from.node,
                  .since_ms = same ? following_.since_ms : now_};
    if (breaks(mutant::match_survives_epoch)) following_.matched = matched;
  }
  following_.stamp = std::max(following_.stamp, m.stamp);
}

/// R15: the same epoch at an index means the same log up to there. In an epoch nothing fits before
/// that was seen at the own commit or above it: behind a force, even what is committed may differ.
bool replica_core::follows_from(const append_message& m) const {
  if (following_.matched && m.prev_index <= *following_.matched) return true;
  if (breaks(mutant::compare_by_index_only)) return m.prev_index <= log_.last_index();
  if (m.prev_index >= commit_) return log_.has(m.prev_index, m.prev_epoch);
  if (breaks(mutant::own_commit_is_taken_for_granted)) return true;
  const auto epoch = epoch_at_commit(m);
  return epoch && log_.has(commit_, *epoch);
}

/// What the primary has where this node's commit is; nothing if the message says nothing of it.
std::optional<std::uint64_t> replica_core::epoch_at_commit(const append_message& m) const {
  if (m.prev_index == commit_) return m.prev_epoch;
  if (m.prev_index > commit_ || m.prev_index + m.entries.size() < commit_) return std::nullopt;
  return m.entries[commit_ - m.prev_index - 1].epoch;
}

/// Whether the primary's log is without something that is committed here.
bool replica_core::contradicts_commit(const append_message& m) const {
  if (following_.matched || commit_ == 0 || breaks(mutant::own_commit_is_taken_for_granted) ||
      breaks(mutant::compare_by_index_only))
    return false;
  const auto epoch = epoch_at_commit(m);
  return epoch && !log_.has(commit_, *epoch);
}

/// R36: only an operator's force leaves replicas behind that know more to be committed than their
/// primary has. Who is no member waits for a checkpoint in place of all that it has. A member has
/// all that was acknowledged since the force, too, so nothing of it may go: it accepts nothing from
/// this primary, gives it no lease, and takes over.
bool replica_core::is_member_astray() const {
  if (breaks(mutant::astray_member_follows)) return false;
  return following_.astray && config_.epoch == seen_ && is_member(config_, self_);
}

/// Where the common prefix may end; the whole run of a wrong epoch is skipped at once. Below the
/// own commit nothing can be compared, since it may be cut away: the hint leads up to it then. A
/// hint of 0 to a message that builds on nothing asks for a checkpoint.
std::uint64_t replica_core::hint_for(const append_message& m) const {
  if (following_.astray) return 0;
  if (m.prev_index > log_.last_index()) return log_.last_index();
  if (m.prev_index <= commit_) return commit_;
  return std::max(log_.run_begin(m.prev_index) - 1, commit_);
}

/// R16: what is there stays, what differs is replaced from there on.
void replica_core::take_entries(const append_message& m) {
  for (const auto& e : m.entries) {
    if (e.index <= log_.last_index()) {
      const bool same = e.index <= log_.base_index() || log_.has(e.index, e.epoch) ||
                        breaks(mutant::compare_by_index_only);
      if (same) continue;
      TASKDRIVER_CHECK(e.index > commit_, "a committed entry is never replaced");
      log_.truncate_from(e.index);
      disk_.truncate_from(e.index);
      write_.truncate_from = e.index;
    }
    log_.append(e.epoch, e.payload->size());
    write_.entries.push_back(e);
  }
}

/// R14, R18: only what is on disk, only of the newest epoch, and only once that epoch is on disk.
void replica_core::acknowledge() {
  if (following_.epoch == 0 || installing_) return;
  if (following_.epoch != seen_ && !breaks(mutant::no_epoch_check)) return;
  if (taking_over() && !breaks(mutant::accepts_while_taking_over)) return;
  if (!seen_is_durable(seen_) && !breaks(mutant::beacon_ack_before_seen)) return;
  if (!following_.matched && !following_.mismatch) return;
  ack_message ack{.epoch = following_.epoch, .stamp = following_.stamp, .seen = seen_};
  ack.mismatch = following_.mismatch.has_value();
  ack.match = ack.mismatch ? *following_.mismatch : std::min(*following_.matched, own_durable());
  acknowledged_epoch_ = std::max(acknowledged_epoch_, ack.epoch);
  send(following_.primary, ack);
}

/// R36: what it has counts for nobody, by the newest configuration that there is.
bool replica_core::may_be_overwritten() const {
  return following_.astray && following_.epoch == seen_ && config_.epoch == seen_ &&
         !is_member(config_, self_);
}

/// R19: its stream began while the primary of now was followed. That of a former one may be of
/// another line, although it is ahead (R36).
bool replica_core::is_of_the_primary(const checkpoint_gathered_input& input) const {
  if (breaks(mutant::checkpoint_of_a_former_primary)) return true;
  return following_.epoch != 0 && input.from == following_.primary &&
         input.begun_ms >= following_.since_ms;
}

/// R19. A checkpoint of what is known to be committed already is of no use, but for a replica that
/// is of another line than its primary.
void replica_core::handle(const checkpoint_gathered_input& input) {
  if (lead_ || taking_over() || installing_ || !is_of_the_primary(input)) return;
  const bool overwrites = may_be_overwritten();
  if ((input.index <= commit_ || following_.astray) && !overwrites) return;
  installing_ = true;
  install_ = {.index = input.index,
              .entry_epoch = input.entry_epoch,
              .keep_suffix = !overwrites && log_.has(input.index, input.entry_epoch) &&
                             !breaks(mutant::checkpoint_wipes_tail)};
  out_.install = install_;
}

void replica_core::handle(const checkpoint_installed_input&) {
  TASKDRIVER_CHECK(installing_, "only what was asked for is installed");
  installing_ = false;
  disk_.installed(install_.index, install_.keep_suffix);
  if (install_.keep_suffix) {
    log_.cut(install_.index);
  } else {
    log_.reset(install_.index, install_.entry_epoch);
    following_.matched.reset();
    following_.astray = false;
  }
  if (install_.drops) following_ = {};
  commit_ = applied_ = in_state_ = install_.index;
}

}  // namespace taskdriver::cluster
