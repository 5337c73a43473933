// The commands: what is refused, and the one key that each changes.
#include "cluster/node/cluster_operator.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "cluster/coordinator/register_codec.hpp"
#include "cluster/replica/forced_configuration.hpp"

namespace taskdriver::cluster {
namespace {

error_info no_such_node(const node_name& node) {
  return {errc::not_found, "there is no node " + node};
}
error_info no_such_shard() {
  return {errc::not_found, "there is no such shard, or it is not placed yet"};
}

bool is_up(const cluster_picture& picture, const node_name& node) {
  const auto registered = picture.nodes.find(node);
  const auto live = picture.live.find(node);
  return registered != picture.nodes.end() && live != picture.live.end() &&
         registered->second.record.state != node_state::removed &&
         live->second.store == registered->second.record.store;
}

/// This very data directory: a node that came back with an empty disk is up, the member is not.
bool is_up(const cluster_picture& picture, const member& m) {
  const auto live = picture.live.find(m.node);
  return is_up(picture, m.node) && live->second.store == m.store;
}

bool is_member(const cluster_picture& picture, const node_name& node) {
  const auto found = picture.nodes.find(node);
  return found != picture.nodes.end() && found->second.record.state != node_state::removed;
}

bool is_placed(const cluster_picture& picture, shard_id shard) {
  return raw(shard) < picture.placements.size() && picture.placements[raw(shard)].revision != 0 &&
         picture.shards[raw(shard)].revision != 0;
}

result<void> told(change_outcome outcome) {
  switch (outcome) {
    case change_outcome::applied:
      return {};
    case change_outcome::conflict:
      return error_info{errc::wrong_state,
                        "something else changed it at the same time: look, then "
                        "repeat"};
    case change_outcome::unknown:
      return error_info{errc::outcome_unknown, "the register did not answer: look, then repeat"};
  }
  return {};
}

}  // namespace

void cluster_operator::change(const std::string& key, std::int64_t revision, std::string value,
                              done d) {
  around_.judge.change(key, revision, std::move(value),
                       [d = std::move(d)](change_outcome outcome) { d(told(outcome)); });
}

void cluster_operator::set_state(const node_name& node, node_state state, const done& d) {
  const auto picture = around_.mirror.picture();
  auto record = picture.nodes.at(node).record;
  if (record.state == state) return d({});
  record.state = state;
  change(around_.keys.node(node), picture.nodes.at(node).revision, encode(record), d);
}

/// The others must be able to hold every shard with as many replicas as it needs for writes.
result<void> cluster_operator::may_drain(const cluster_picture& picture,
                                         const node_name& node) const {
  std::uint32_t needed = 1;
  for (const auto& s : picture.shards) needed = std::max(needed, s.record.min_in_sync);
  std::uint32_t others = 0;
  for (const auto& [name, n] : picture.nodes)
    if (name != node && n.record.state == node_state::up && is_up(picture, name)) ++others;
  if (others >= needed) return {};
  return error_info{errc::in_use,
                    "too few other nodes are up to hold the shards: " + std::to_string(others) +
                        ", and " + std::to_string(needed) + " are needed"};
}

void cluster_operator::drain(const node_name& node, done d) {
  const auto picture = around_.mirror.picture();
  if (!is_member(picture, node)) return d(no_such_node(node));
  if (auto may = may_drain(picture, node); !may) return d(std::move(may));
  set_state(node, node_state::draining, d);
}

void cluster_operator::undrain(const node_name& node, done d) {
  if (!is_member(around_.mirror.picture(), node)) return d(no_such_node(node));
  set_state(node, node_state::up, d);
}

void cluster_operator::remove(const node_name& node, done d) {
  const auto picture = around_.mirror.picture();
  if (!picture.nodes.contains(node)) return d(no_such_node(node));
  if (picture.live.contains(node))
    return d(error_info{errc::in_use, "node " + node + " is up: drain it, then stop it"});
  set_state(node, node_state::removed, d);
}

void cluster_operator::place(shard_id shard, const cluster_picture& picture,
                             const shard_placement& wanted, done d) {
  change(around_.keys.placement(raw(shard)), picture.placements[raw(shard)].revision,
         encode(wanted), std::move(d));
}

void cluster_operator::move(shard_id shard, const node_name& from, const node_name& to, done d) {
  const auto picture = around_.mirror.picture();
  if (!is_placed(picture, shard)) return d(no_such_shard());
  if (!to.empty() && !is_up(picture, to)) return d(no_such_node(to));
  auto wanted = picture.placements[raw(shard)].record;
  auto& replicas = wanted.replicas;
  if (!from.empty() && std::erase(replicas, from) == 0)
    return d(error_info{errc::not_found, "node " + from + " has no replica of the shard"});
  if (!to.empty() && std::find(replicas.begin(), replicas.end(), to) != replicas.end())
    return d(error_info{errc::in_use, "node " + to + " has a replica of the shard already"});
  if (!to.empty()) replicas.push_back(to);
  if (replicas.size() < picture.shards[raw(shard)].record.min_in_sync)
    return d(error_info{errc::validation, "the shard needs as many replicas as min_in_sync says"});
  std::sort(replicas.begin(), replicas.end());
  if (wanted.primary == from) wanted.primary = to;
  wanted.pinned = true;
  place(shard, picture, wanted, std::move(d));
}

void cluster_operator::transfer(shard_id shard, const node_name& node, done d) {
  const auto picture = around_.mirror.picture();
  if (!is_placed(picture, shard)) return d(no_such_shard());
  if (!is_up(picture, node)) return d(no_such_node(node));
  auto wanted = picture.placements[raw(shard)].record;
  const auto& replicas = wanted.replicas;
  const bool placed = std::find(replicas.begin(), replicas.end(), node) != replicas.end();
  if (!placed || !picture.shards[raw(shard)].record.find(node))
    return d(error_info{errc::wrong_state, "node " + node + " is not in sync for the shard"});
  wanted.primary = node;
  wanted.pinned = true;
  place(shard, picture, wanted, std::move(d));
}

void cluster_operator::unpin(shard_id shard, done d) {
  const auto picture = around_.mirror.picture();
  if (!is_placed(picture, shard)) return d(no_such_shard());
  auto wanted = picture.placements[raw(shard)].record;
  if (!wanted.pinned) return d({});
  wanted.pinned = false;
  place(shard, picture, wanted, std::move(d));
}

/// R36. The new epoch also kills every change of the past that may still arrive.
void cluster_operator::force(shard_id shard, const node_name& node, bool anyway, done d) {
  const auto picture = around_.mirror.picture();
  if (raw(shard) >= picture.shards.size() || picture.shards[raw(shard)].revision == 0)
    return d(no_such_shard());
  if (!is_up(picture, node)) return d(no_such_node(node));
  const auto& now = picture.shards[raw(shard)];
  const auto in_sync_up = std::find_if(now.record.in_sync.begin(), now.record.in_sync.end(),
                                       [&](const member& m) { return is_up(picture, m); });
  if (in_sync_up != now.record.in_sync.end() && !anyway)
    return d(error_info{errc::in_use, "node " + in_sync_up->node +
                                          " is in sync for the shard, and up: it would take over "
                                          "by itself, without loss"});
  const auto wanted =
      forced_configuration(now.record, {node, picture.nodes.at(node).record.store},
                           {around_.self, around_.boot, ~std::uint64_t{0} - changes_++});
  log_event(log_level::warn, "shard forced",
            {{"shard", raw(shard)}, {"node", node}, {"epoch", wanted.epoch}});
  change(around_.keys.shard(raw(shard)), now.revision, encode(wanted), std::move(d));
}

}  // namespace taskdriver::cluster
