// How a replica becomes the primary: silence, probes, a change of the register, then the tail.
#include <set>

#include "base/check.hpp"
#include "cluster/replica/replica_core.hpp"

namespace taskdriver::cluster {

std::int64_t replica_core::grace_ms() const {
  return breaks(mutant::grace_shorter_than_lease) ? settings_.lease_ms / 2 : settings_.grace_ms;
}

bool replica_core::silence_is_over_grace() const {
  return now_ - grace_from_ >= grace_ms();
}

/// All nodes of the shard but this one, in order.
std::vector<node_name> replica_core::other_nodes() const {
  std::set<node_name> nodes(placement_.replicas.begin(), placement_.replicas.end());
  for (const auto& m : config_.in_sync) nodes.insert(m.node);
  if (change_)
    for (const auto& m : change_->wanted.in_sync) nodes.insert(m.node);
  nodes.erase(self_.node);
  return {nodes.begin(), nodes.end()};
}

/// Asked early, so that the answers are there when the grace is over.
void replica_core::probe_if_silent() {
  if (now_ - grace_from_ < grace_ms() - settings_.probe_fresh_ms) return;
  if (!is_member(config_, self_) || now_ - probed_at_ < settings_.beacon_ms) return;
  probed_at_ = now_;
  for (const auto& node : other_nodes()) send(node, probe_message{});
}

bool replica_core::is_fresh(const answered_probe& a) const {
  return now_ - a.at_ms <= settings_.probe_fresh_ms;
}

/// A node that hears nobody could only take the shard away from those who hear each other.
bool replica_core::enough_answer() const {
  const auto fresh = std::count_if(answers_.begin(), answers_.end(),
                                   [this](const auto& a) { return is_fresh(a.second); });
  return fresh + 1 >= static_cast<std::ptrdiff_t>(config_.min_in_sync) ||
         breaks(mutant::takeover_without_probe);
}

/// R20, and R32: the newest configuration that this node can know of, from a read of this life.
void replica_core::take_over_if_due() {
  if (lead_ || change_ || installing_ || !silence_is_over_grace()) return;
  if (!first_read_epoch_ || config_.epoch == 0 || config_.epoch < seen_) return;
  if (!is_member(config_, self_) && !breaks(mutant::takeover_from_outside)) return;
  if (!enough_answer() || disk_hangs()) return;
  auto wanted = config_;
  wanted.primary = self_.node;
  wanted.handover = false;
  if (config_.primary != self_.node) {
    std::erase_if(wanted.in_sync, [&](const member& m) { return m.node == config_.primary; });
    if (wanted.in_sync.size() < config_.min_in_sync && !breaks(mutant::in_sync_shrinks_below_min))
      wanted.in_sync = config_.in_sync;
  }
  ask_change(std::move(wanted));
}

/// R21: what the tail holds is committed once everybody in sync has it, whoever wrote it.
void replica_core::begin_leading() {
  TASKDRIVER_CHECK(!lead_ && !change_, "a leadership begins where none is");
  following_ = {};
  lead_.emplace(leadership{.first_epoch = config_.epoch, .ready_at = log_.last_index()});
  choose_peers();
  send_configuration();
}

/// Until then a restart would forget this leadership and follow an older primary again (R21): what
/// it does in its epoch must not go beyond what that one needs from it.
bool replica_core::leads_durably() const {
  return seen_is_durable(lead_->first_epoch);
}

void replica_core::become_ready() {
  if (lead_->ready || !leads_durably()) return;
  if (applied_ < lead_->ready_at && !breaks(mutant::serve_before_tail_is_committed)) return;
  if (config_.in_sync.size() < config_.min_in_sync) return;
  lead_->ready = true;
  out_.leadership.push_back(leadership_change::ready);
}

}  // namespace taskdriver::cluster
