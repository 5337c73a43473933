// A primary that gives the shard away: planned, wished by placement, or because its disk hangs.
#include "cluster/replica/replica_core.hpp"

namespace taskdriver::cluster {

bool replica_core::is_fresh(const peer& p) const {
  return now_ - p.lease_stamp_ms() <= settings_.probe_fresh_ms;
}

bool replica_core::can_succeed(const node_name& node) const {
  const auto* m = config_.find(node);
  if (!m || node == self_.node) return false;
  const auto* p = peer_of(*m);
  return p && p->verified() && is_fresh(*p);
}

/// The one that lacks the least; an empty name if nobody can.
node_name replica_core::best_successor(bool placed_only) const {
  const peer* best = nullptr;
  node_name name;
  for (const auto& [node, p] : lead_->peers) {
    if (!can_succeed(node) || (placed_only && !is_wanted(node))) continue;
    if (best && best->match_index() >= p.match_index()) continue;
    best = &p;
    name = node;
  }
  return name;
}

void replica_core::handle(const handover_input& input) {
  if (lead_) begin_handover(input.to.empty() ? best_successor(false) : input.to);
}

/// R30: from now on nothing is served until the successor has all, or it was in vain.
void replica_core::begin_handover(const node_name& to) {
  if (lead_->leaving || handing_over() || !can_succeed(to)) return;
  lead_->leaving = {.to = to, .until_ms = now_ + settings_.handover_ms};
}

void replica_core::go_on_with_handover() {
  if (!lead_->leaving || handing_over()) return;
  if (now_ >= lead_->leaving->until_ms) {
    lead_->leaving.reset();
    lead_->left_in_vain_at = now_;
    return;
  }
  const auto to = lead_->leaving->to;
  if (change_ || !can_succeed(to)) return;
  const auto last = log_.last_index();
  if (applied_ < last || peer_of(*config_.find(to))->match_index() < last) return;
  auto wanted = config_;
  wanted.primary = to;
  wanted.handover = true;
  ask_change(std::move(wanted));
}

/// R29: leases go on while the own disk hangs, so nobody else would end this leadership.
void replica_core::leave_hanging_disk() {
  if (change_ || !disk_hangs()) return;
  if (breaks(mutant::stopped_disk_keeps_leading)) return;
  const auto to = best_successor(false);
  if (to.empty()) return;
  auto wanted = config_;
  wanted.primary = to;
  wanted.handover = true;
  if (wanted.in_sync.size() > config_.min_in_sync) std::erase(wanted.in_sync, self_);
  ask_change(std::move(wanted));
}

/// The preferred primary, or a wanted one if this node shall leave the shard.
void replica_core::follow_placement() {
  if (!lead_->ready || change_ || lead_->leaving || placement_.replicas.empty()) return;
  if (now_ - lead_->left_in_vain_at < settings_.handover_retry_ms) return;
  const auto& preferred = placement_.primary;
  if (!preferred.empty() && preferred != self_.node && can_succeed(preferred))
    return begin_handover(preferred);
  if (!is_wanted(self_.node)) begin_handover(best_successor(true));
}

}  // namespace taskdriver::cluster
