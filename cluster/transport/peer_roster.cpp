// Back-off of dialling, and the rules of who is let in.
#include "cluster/transport/peer_roster.hpp"

#include <algorithm>

namespace taskdriver::cluster {

peer_roster::peer_roster(peer_identity self, const peer_limits& limits, std::uint64_t seed)
    : self_(std::move(self)), limits_(limits), random_(seed) {}

std::vector<node_name> peer_roster::set_peers(const std::vector<peer_address>& peers) {
  std::map<node_name, peer> wanted;
  for (const auto& address : peers) {
    if (address.node == self_.node) continue;
    const auto known = peers_.find(address.node);
    peer entry = known == peers_.end() ? peer{} : known->second;
    if (!(entry.address == address)) entry.due_ms = entry.retry_ms = 0;  // news: try at once
    entry.address = address;
    wanted.emplace(address.node, std::move(entry));
  }
  std::vector<node_name> dropped;
  for (const auto& [node, entry] : peers_)
    if (!wanted.contains(node)) dropped.push_back(node);
  peers_ = std::move(wanted);
  return dropped;
}

std::vector<peer_roster::dial> peer_roster::due(std::int64_t now_ms) {
  std::vector<dial> dials;
  for (auto& [node, entry] : peers_) {
    if (!(self_.node < node) || entry.under_way || now_ms < entry.due_ms) continue;
    entry.under_way = true;
    dials.push_back({entry.address, ++sessions_});
  }
  return dials;
}

std::int64_t peer_roster::delay_ms(peer& of, session_end how) {
  switch (how) {
    case session_end::lived:
      of.retry_ms = limits_.retry_ms_min;
      break;
    case session_end::failed:
      of.retry_ms = std::clamp(of.retry_ms * 2, limits_.retry_ms_min, limits_.retry_ms_max);
      break;
    case session_end::refused:
      of.retry_ms = limits_.retry_ms_max;
      return of.retry_ms;
  }
  const auto spread = static_cast<std::uint64_t>(of.retry_ms / 2 + 1);
  return of.retry_ms - static_cast<std::int64_t>(random_() % spread);
}

void peer_roster::ended(const node_name& node, session_end how, std::int64_t now_ms) {
  const auto found = peers_.find(node);
  if (found == peers_.end()) return;
  found->second.under_way = false;
  found->second.due_ms = now_ms + delay_ms(found->second, how);
}

std::optional<refusal> peer_roster::judge_identity(const peer_identity& from,
                                                   const std::vector<node_name>& certified) const {
  if (from.protocol != peer_protocol) return refusal::unknown_protocol;
  if (from.cluster != self_.cluster) return refusal::foreign_cluster;
  if (from.node == self_.node) return refusal::same_node;
  const bool vouched = std::find(certified.begin(), certified.end(), from.node) != certified.end();
  if (!certified.empty() && !vouched) return refusal::wrong_name;
  if (!has(from.node)) return refusal::unknown_node;
  return std::nullopt;
}

std::optional<refusal> peer_roster::judge(const peer_hello& hello,
                                          const std::vector<node_name>& certified) const {
  if (auto why = judge_identity(hello.from, certified)) return why;
  if (self_.node < hello.from.node) return refusal::stale;  // it is ours to dial
  return std::nullopt;
}

std::optional<refusal> peer_roster::judge_answer(const peer_hello& answer, const node_name& node,
                                                 const peer_hello& said,
                                                 const std::vector<node_name>& certified) const {
  if (auto why = judge_identity(answer.from, certified)) return why;
  if (answer.from.node != node) return refusal::wrong_name;
  if (answer.session != said.session || answer.lane != said.lane) return refusal::stale;
  return std::nullopt;
}

}  // namespace taskdriver::cluster
