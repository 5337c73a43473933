// A primary's proposals, what is committed, and until when it may answer.
#include "base/check.hpp"
#include "cluster/replica/replica_core.hpp"

namespace taskdriver::cluster {

/// R22: all of them or none.
void replica_core::handle(const propose_input& input) {
  auto& outcome = out_.proposed.emplace();
  if (!lead_ || serving_until_ms() <= now_) return;
  if (lead_->uncommitted_bytes >= settings_.uncommitted_bytes_max) return;
  const auto before = log_.last_index();
  outcome = {.accepted = true, .first_index = before + 1};
  if (input.payloads.empty()) return;
  for (auto& [_, p] : lead_->peers)
    if (p.match_index() >= before) p.expect_progress(now_);
  std::uint64_t bytes = 0;
  for (const auto& payload : input.payloads) {
    TASKDRIVER_CHECK(payload, "an entry has a payload");
    log_.append(config_.epoch, payload->size());
    write_.entries.push_back(
        {.epoch = config_.epoch, .index = log_.last_index(), .payload = payload});
    bytes += payload->size();
  }
  lead_->uncommitted.push_back({log_.last_index(), bytes});
  lead_->uncommitted_bytes += bytes;
}

void replica_core::take_ack(const member& from, const ack_message& m) {
  if (!lead_) return;
  told_epoch_ = std::max(told_epoch_, m.seen);
  // Refused, of another leadership, or nonsense (R13, R23).
  if (m.epoch < lead_->first_epoch || m.epoch > config_.epoch) return;
  if (m.stamp > now_ || m.match == std::numeric_limits<std::uint64_t>::max()) return;
  // A refusal may name more than there is here: what the other one knows from before a force.
  if (m.match > log_.last_index() && !m.mismatch) return;
  const auto found = lead_->peers.find(from.node);
  if (found == lead_->peers.end()) return;
  auto& p = found->second;
  if (m.epoch < p.since_epoch() && !breaks(mutant::learner_acks_survive_epoch)) return;
  p.heard(breaks(mutant::no_store_id) && p.store() != 0 ? p.store() : from.store, log_.last_index(),
          now_);
  p.renew_lease(breaks(mutant::lease_from_arrival) ? now_ : m.stamp);
  if (m.mismatch)
    p.mismatched(m, now_);
  else
    p.acknowledged(m, now_);
}

/// The peer that is this very member; null while its node was not heard of under this store.
const peer* replica_core::peer_of(const member& m) const {
  const auto found = lead_->peers.find(m.node);
  if (found == lead_->peers.end()) return nullptr;
  const bool same = found->second.store() == m.store || breaks(mutant::no_store_id);
  return same ? &found->second : nullptr;
}

/// R23: the least of what all that count have on disk.
std::uint64_t replica_core::committed_by_all() const {
  auto least = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t most = 0;
  for_each_needed([&](const member& m) {
    const auto* p = m == self_ ? nullptr : peer_of(m);
    const auto match = m == self_ ? own_durable() : p ? p->match_index() : 0;
    least = std::min(least, match);
    if (p) most = std::max(most, match);
  });
  if (breaks(mutant::acknowledge_after_one_backup)) return std::min(own_durable(), most);
  return least;
}

void replica_core::move_commit() {
  if (!leads_durably() && !breaks(mutant::members_before_seen)) return;
  if (config_.in_sync.size() < config_.min_in_sync && !breaks(mutant::commits_with_too_few_in_sync))
    return;
  const auto reached = std::min(committed_by_all(), log_.last_index());
  commit_ = std::max(commit_, reached);
  auto& waiting = lead_->uncommitted;
  for (; !waiting.empty() && waiting.front().last_index <= commit_; waiting.pop_front())
    lead_->uncommitted_bytes -= waiting.front().bytes;
}

/// R25: counted from when the acknowledged message was sent.
std::int64_t replica_core::lease_end_ms(const member& m) const {
  if (m == self_) return std::numeric_limits<std::int64_t>::max();
  const auto* p = peer_of(m);
  return p ? p->lease_stamp_ms() + settings_.lease_ms : never_ms;
}

std::int64_t replica_core::serving_until_ms() const {
  if (!lead_ || !lead_->ready) return 0;
  const bool stopped = lead_->leaving || handing_over();
  if (stopped && !breaks(mutant::serves_during_handover)) return 0;
  auto until = std::numeric_limits<std::int64_t>::max();
  if (breaks(mutant::read_without_lease)) return until;
  for_each_needed([&](const member& m) { until = std::min(until, lease_end_ms(m)); });
  return std::max<std::int64_t>(until, 0);
}

}  // namespace taskdriver::cluster
