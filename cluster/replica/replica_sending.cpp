// What a primary sends to whom: entries within a window, beacons, checkpoints; what it keeps of its
// log.
#include "base/check.hpp"
#include "cluster/replica/replica_core.hpp"

namespace taskdriver::cluster {

/// Everybody of the shard: members, those asked for, and learners that placement wants.
void replica_core::choose_peers() {
  const auto nodes = other_nodes();
  std::erase_if(lead_->peers, [&](const auto& known) {
    return std::find(nodes.begin(), nodes.end(), known.first) == nodes.end();
  });
  for (const auto& node : nodes)
    lead_->peers.try_emplace(node, log_.last_index(), config_.epoch, now_);
}

/// A new epoch is told to all at once: they would learn it from the register some time later.
void replica_core::send_configuration() {
  for (auto& [node, p] : lead_->peers) {
    send(node, configuration_message{config_});
    p.hurry();
  }
}

void replica_core::send_appends() {
  for (auto& [node, p] : lead_->peers) send_to(node, p);
}

void replica_core::send_to(const node_name& node, peer& p) {
  const bool due = now_ - p.sent_at_ms() >= settings_.beacon_ms;
  if (p.next_index() <= log_.base_index() || p.wants_state()) {
    offer_checkpoint(node, p);
    if (due) send_beacon(node, p);
    return;
  }
  if (p.looking()) {
    // One at a time; a second one without entries, since the first may only be slow.
    if (!p.awaited() && p.next_index() <= log_.last_index() && send_entries(node, p)) return;
    if (!p.awaited() || due) send_beacon(node, p);
    return;
  }
  bool sent = false;
  while (p.next_index() <= log_.last_index() && p.unacked_bytes() < settings_.unacked_bytes_max) {
    if (!send_entries(node, p)) break;
    sent = true;
  }
  if (!sent && due) send_beacon(node, p);
}

/// False if there is nothing to send: the shell cut the log further than it said.
bool replica_core::send_entries(const node_name& node, peer& p) {
  auto entries = read_entries(p.next_index());
  if (entries.empty()) return false;
  std::uint64_t bytes = 0;
  for (const auto& e : entries) bytes += e.payload->size();
  const auto last = entries.back().index;
  send_append(node, p.next_index() - 1, std::move(entries));
  p.sent(last, bytes, now_);
  return true;
}

/// Asks whether the peer has all up to what it gets next; its answer renews the lease.
void replica_core::send_beacon(const node_name& node, peer& p) {
  const auto prev = std::max(p.next_index() - 1, log_.base_index());
  send_append(node, prev, {});
  p.sent(p.next_index() - 1, 0, now_);
}

void replica_core::send_append(const node_name& node, std::uint64_t prev,
                               std::vector<entry> entries) {
  if (breaks(mutant::tail_is_restamped))
    for (auto& e : entries) e.epoch = config_.epoch;
  // Whatever comes behind the end of this log will not be of an epoch before this one: enough to
  // tell a replica that has more as committed that it is of another line (R36).
  const auto prev_epoch = prev > log_.last_index() ? config_.epoch : log_.epoch_of(prev);
  send(node, append_message{.epoch = config_.epoch,
                            .stamp = now_,
                            .prev_index = prev,
                            .prev_epoch = prev_epoch,
                            .commit = commit_,
                            .entries = std::move(entries)});
}

/// The shell has the entries of earlier steps; those of this one are still here.
std::vector<entry> replica_core::read_entries(std::uint64_t first) const {
  const auto here = write_.entries.empty() ? log_.last_index() + 1 : write_.entries.front().index;
  if (first < here) return source_.read(first, here - 1, settings_.append_bytes_max);
  std::vector<entry> entries;
  std::uint64_t bytes = 0;
  for (auto i = first - here; i < write_.entries.size(); ++i) {
    bytes += write_.entries[i].payload->size();
    if (!entries.empty() && bytes > settings_.append_bytes_max) break;
    entries.push_back(write_.entries[i]);
  }
  return entries;
}

/// R31: what a peer needs next was cut away, or nothing of what it has is of use (R36).
void replica_core::offer_checkpoint(const node_name& node, peer& p) {
  if (!p.wants_checkpoint(now_, settings_.checkpoint_retry_ms)) return;
  p.checkpoint_begins(breaks(mutant::checkpoint_held_from_commit) ? applied_ : in_state_);
  out_.checkpoint_to.push_back(node);
}

void replica_core::handle(const checkpoint_sent_input& input) {
  if (!lead_) return;
  const auto found = lead_->peers.find(input.to);
  if (found != lead_->peers.end()) found->second.checkpoint_ends(now_);
}

/// Some entries stay for everybody, more for those who are catching up, but not without bound: who
/// is too far behind gets a checkpoint. What follows that may be more: else one that takes long
/// would never be of use.
void replica_core::hold_log() {
  const auto kept = applied_ + 1 - std::min(applied_, settings_.kept_entries);
  auto from = std::min(applied_ + 1, std::max(kept, log_.first_within(settings_.kept_bytes)));
  if (lead_) {
    const auto least = log_.first_within(settings_.held_bytes_max);
    const auto least_behind_checkpoint = log_.first_within(settings_.checkpoint_held_bytes_max);
    for (const auto& [_, p] : lead_->peers) {
      const auto needed = p.needs_from();
      if (needed && *needed >= (p.follows_checkpoint() ? least_behind_checkpoint : least))
        from = std::min(from, *needed);
    }
  }
  if (from == held_from_) return;
  held_from_ = from;
  out_.hold_log_from = from;
}

}  // namespace taskdriver::cluster
