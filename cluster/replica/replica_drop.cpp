// A replica of a shard that moved away: when what it has may go from the disk (R38).
#include "cluster/replica/replica_core.hpp"

namespace taskdriver::cluster {

/// By all that is known here. Whoever is not sure is needed.
bool replica_core::is_needed() const {
  if (lead_ || change_ || config_.epoch == 0 || config_.epoch != seen_) return true;
  if (breaks(mutant::drops_although_named)) return false;
  if (config_.in_sync.size() < config_.min_in_sync || placement_.replicas.empty()) return true;
  return config_.primary == self_.node || config_.find(self_.node) != nullptr ||
         is_wanted(self_.node);
}

/// A primary takes a learner in only for what it acknowledged in the primary's present epoch (R28).
/// Nothing was acknowledged from here in the registered epoch, nor will be before the drop; and a
/// change that builds on an earlier epoch comes too late. So nobody can be counting on what goes.
bool replica_core::may_drop() const {
  if (installing_ || log_.last_index() == 0 || is_needed()) return false;
  const bool acknowledged = config_.epoch <= acknowledged_epoch_;
  if (acknowledged && !breaks(mutant::drops_what_it_acknowledged) &&
      !breaks(mutant::drops_although_named))
    return false;
  return now_ - unneeded_since_ >= settings_.drop_after_ms && !disk_.waiting_since_ms();
}

/// Enough of those that are in sync are there, with the disks that they are registered with: else
/// this may be the copy that an operator has to go back to (R36).
bool replica_core::members_answer() const {
  const auto there =
      std::count_if(config_.in_sync.begin(), config_.in_sync.end(), [this](const member& m) {
        const auto answer = answers_.find(m.node);
        return answer != answers_.end() && answer->second.store == m.store &&
               is_fresh(answer->second);
      });
  return there >= static_cast<std::ptrdiff_t>(config_.min_in_sync);
}

/// When the time is over, first the members are asked, then the register; now and then again while
/// one of them does not answer.
void replica_core::look_whether_unneeded() {
  if (is_needed()) unneeded_since_ = now_;
  if (!may_drop()) return;
  if (members_answer()) return ask_read();
  if (now_ - probed_at_ < settings_.drop_after_ms / 10) return;
  probed_at_ = now_;
  for (const auto& node : other_nodes()) send(node, probe_message{});
}

/// The register has just said, linearizably, that the configuration is still the one that was there
/// all the time.
void replica_core::drop_if_unneeded() {
  if (!may_drop() || !members_answer()) return;
  installing_ = true;
  install_ = {.drops = true};
  out_.install = install_;
}

}  // namespace taskdriver::cluster
