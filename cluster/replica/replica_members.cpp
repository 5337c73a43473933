// Who is in sync: a primary drops members that are mute or not wanted, and takes in learners.
#include "cluster/replica/replica_core.hpp"

namespace taskdriver::cluster {

/// R26: no lease for too long, or beacons are answered but entries are not, or its disk is another.
bool replica_core::is_mute(const member& m) const {
  if (m == self_) return false;
  const auto found = lead_->peers.find(m.node);
  if (found == lead_->peers.end()) return false;
  const auto& p = found->second;
  if (p.store() != 0 && p.store() != m.store && !breaks(mutant::no_store_id)) return true;
  if (p.silent_ms(now_) >= settings_.mute_ms) return true;
  return p.match_index() < log_.last_index() && p.stuck_ms(now_) >= settings_.mute_ms &&
         !breaks(mutant::stuck_member_is_not_mute);
}

bool replica_core::is_wanted(const node_name& node) const {
  const auto& wanted = placement_.replicas;
  if (wanted.empty()) return config_.find(node) != nullptr;
  return std::find(wanted.begin(), wanted.end(), node) != wanted.end();
}

/// A member goes because of placement only when all that shall stay are in sync. The primary itself
/// leaves by a hand-over first.
bool replica_core::is_unwanted(const member& m) const {
  if (m == self_ || is_wanted(m.node)) return false;
  const auto& wanted = placement_.replicas;
  return std::all_of(wanted.begin(), wanted.end(), [this](const node_name& node) {
    const auto* in_sync = config_.find(node);
    return in_sync && !is_mute(*in_sync);
  });
}

/// R28: what a node outside in_sync acknowledged counts in the epoch in which it did. In a later
/// one it may have dropped what it had (R38).
void replica_core::forget_learners() {
  if (breaks(mutant::learner_acks_survive_epoch)) return;
  for (auto& [node, p] : lead_->peers)
    if (!is_member(config_, {node, p.store()}))
      p.begin_anew(log_.last_index(), config_.epoch, now_);
}

/// R28. What a new primary found in its log may be acknowledged although it does not know it yet,
/// hence ready_at.
bool replica_core::may_join(const node_name& node, const peer& p) const {
  const member learner{node, p.store()};
  if (!p.verified() || is_member(config_, learner) || !is_wanted(node)) return false;
  if (breaks(mutant::learner_joins_early)) return true;
  auto needed = commit_;
  if (!breaks(mutant::learner_joins_at_commit)) needed = std::max(needed, lead_->ready_at);
  return is_fresh(p) && p.match_index() >= needed &&
         p.match_index() + settings_.learner_lag_max >= log_.last_index();
}

/// Sorted, as it is registered.
std::vector<member> replica_core::wished_members(dropping whom) const {
  std::vector<member> members;
  for (const auto& m : config_.in_sync) {
    const bool mute = whom != dropping::nobody && is_mute(m);
    const bool unwanted = whom == dropping::mute_and_unwanted && is_unwanted(m);
    if (!mute && !unwanted) members.push_back(m);
  }
  for (const auto& [node, p] : lead_->peers) {
    const bool other_store_stays = std::any_of(members.begin(), members.end(),
                                               [&](const member& m) { return m.node == node; });
    if (!other_store_stays && may_join(node, p)) members.push_back({node, p.store()});
  }
  std::sort(members.begin(), members.end());
  return members;
}

/// R37: raised only once that many are in sync, before and after.
std::uint32_t replica_core::wished_min_in_sync(std::size_t members) const {
  const auto wished = placement_.min_in_sync;
  if (wished == 0 || wished > std::min(members, config_.in_sync.size())) return config_.min_in_sync;
  return wished;
}

/// One change drops and adds at once, so that a replaced disk needs no smaller set in between. It
/// never leaves fewer than min_in_sync: then fewer are dropped, or nobody (R27).
void replica_core::change_members_if_due() {
  if (!lead_ || change_ || lead_->leaving) return;
  if (!leads_durably() && !breaks(mutant::members_before_seen)) return;
  auto wanted = config_;
  wanted.handover = false;
  for (const auto whom : {dropping::mute_and_unwanted, dropping::mute, dropping::nobody}) {
    wanted.in_sync = wished_members(whom);
    if (wanted.in_sync.size() >= config_.min_in_sync) break;
    if (breaks(mutant::in_sync_shrinks_below_min)) break;
  }
  wanted.min_in_sync = wished_min_in_sync(wanted.in_sync.size());
  if (wanted.in_sync == config_.in_sync && wanted.min_in_sync == config_.min_in_sync) return;
  ask_change(std::move(wanted));
  choose_peers();
}

}  // namespace taskdriver::cluster
