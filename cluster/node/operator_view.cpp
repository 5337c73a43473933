// The cluster as one node sees it: the register's copy, its own replicas, its peers' reports.
#include <algorithm>

#include "cluster/node/cluster_operator.hpp"

namespace taskdriver::cluster {
namespace {

using domain::replica_role_view;

replica_role_view view_of(replica_role role) {
  switch (role) {
    case replica_role::backup:
      return replica_role_view::backup;
    case replica_role::learner:
      return replica_role_view::learner;
    case replica_role::taking_over:
      return replica_role_view::taking_over;
    case replica_role::primary:
      return replica_role_view::primary;
  }
  return replica_role_view::learner;
}

/// A report that is older than this says nothing of now.
constexpr std::int64_t believed_ms = 10'000;

using heard_reports = std::map<node_name, heard_report>;

const replica_report* find(const heard_reports& reports, const node_name& node, std::uint16_t n) {
  const auto found = reports.find(node);
  if (found == reports.end()) return nullptr;
  const auto& all = found->second.report.replicas;
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const auto& r) { return raw(r.shard) == n; });
  return at == all.end() ? nullptr : &*at;
}

domain::shard_replica_view replica_view(const heard_reports& reports, const node_name& node,
                                        const domain::shard_view& shard, std::int64_t now_ms) {
  domain::shard_replica_view out{.node = node};
  const auto* heard = find(reports, node, shard.shard);
  out.wanted = std::find(shard.wanted.begin(), shard.wanted.end(), node) != shard.wanted.end();
  if (!heard) return out;
  out.reported = true;
  out.told_ms_ago = now_ms - reports.at(node).at_ms;
  out.role = view_of(heard->role);
  out.serving = heard->serving && out.told_ms_ago < believed_ms;
  out.epoch = heard->epoch;
  out.last_index = heard->last_index;
  out.durable_index = heard->durable_index;
  out.commit_index = heard->commit_index;
  out.applied_index = heard->applied_index;
  const auto* primary = find(reports, shard.primary, shard.shard);
  if (primary && primary->last_index >= heard->durable_index)
    out.lag_entries = primary->last_index - heard->durable_index;
  return out;
}

domain::shard_view shard_view(const cluster_picture& picture, const heard_reports& reports,
                              std::uint16_t number, std::int64_t now_ms) {
  const auto& registered = picture.shards[number].record;
  const auto& placed = picture.placements[number].record;
  domain::shard_view out{.shard = number,
                         .epoch = registered.epoch,
                         .primary = registered.primary,
                         .min_in_sync = registered.min_in_sync,
                         .wanted = placed.replicas,
                         .wanted_primary = placed.primary,
                         .pinned = placed.pinned};
  std::vector<node_name> nodes = placed.replicas;
  for (const auto& m : registered.in_sync) nodes.push_back(m.node);
  for (const auto& [node, _] : reports)
    if (find(reports, node, number)) nodes.push_back(node);
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  for (const auto& node : nodes) {
    auto r = replica_view(reports, node, out, now_ms);
    const auto* in_sync = registered.find(node);
    r.in_sync = in_sync != nullptr;
    const auto known = picture.nodes.find(node);
    r.store = in_sync                        ? in_sync->store
              : known == picture.nodes.end() ? 0
                                             : known->second.record.store;
    out.served = out.served || (r.serving && node == registered.primary);
    out.replicas.push_back(std::move(r));
  }
  return out;
}

domain::cluster_node_state state_of(const cluster_picture& picture, const node_name& name,
                                    const node_record& record) {
  const auto live = picture.live.find(name);
  if (live == picture.live.end() || live->second.store != record.store)
    return domain::cluster_node_state::gone;
  return record.state == node_state::draining ? domain::cluster_node_state::draining
                                              : domain::cluster_node_state::up;
}

}  // namespace

bool cluster_operator::connected(const node_name& node) const {
  const auto* network = network_.load();
  return node == around_.self || (network && network->connected(node));
}

std::map<node_name, heard_report> cluster_operator::all_reports() const {
  auto reports = around_.reports.all();
  heard_report own{{}, around_.time.now().steady_ms};
  for (const auto& status : around_.loop.statuses())
    if (status.replica.last_index > 0 || status.replica.configuration.find(around_.self))
      own.report.replicas.push_back(report_of(status));
  reports[around_.self] = std::move(own);
  return reports;
}

domain::cluster_view cluster_operator::view() const {
  const auto picture = around_.mirror.picture();
  const auto reports = all_reports();
  const auto now_ms = around_.time.now().steady_ms;
  domain::cluster_view out{.cluster = around_.cluster,
                           .asked = around_.self,
                           .controller = picture.controller,
                           .register_reachable = around_.judge.reachable(),
                           .replicas = around_.replicas};
  for (const auto& [name, node] : picture.nodes) {
    if (node.record.state == node_state::removed) continue;
    out.nodes.push_back({.name = name,
                         .state = state_of(picture, name, node.record),
                         .store = node.record.store,
                         .peer_address = node.record.cluster_address,
                         .http_address = node.record.http_address,
                         .connected = connected(name),
                         .gone_ms = around_.mirror.gone_ms(name, now_ms)});
    for (const auto& s : picture.shards) {
      if (s.record.primary == name) ++out.nodes.back().led;
      if (s.record.find(name)) ++out.nodes.back().in_sync;
    }
  }
  for (std::uint16_t i = 0; i < picture.shards.size(); ++i)
    out.shards.push_back(shard_view(picture, reports, i, now_ms));
  out.streams = around_.exchange.streams();
  return out;
}

domain::cluster_numbers cluster_operator::numbers() const {
  const auto all = view();
  domain::cluster_numbers n;
  n.register_reachable = all.register_reachable;
  n.shards = static_cast<std::uint32_t>(all.shards.size());
  for (const auto& node : all.nodes) {
    if (node.name == around_.self) continue;
    ++n.peers_known;
    n.peers_connected += node.connected;
  }
  for (const auto& s : all.shards) {
    const bool here = s.primary == around_.self;
    n.shards_led += here;
    n.shards_served += here && s.served;
    n.shards_without_primary += !s.served;
    std::uint32_t in_sync = 0;
    for (const auto& r : s.replicas) {
      in_sync += r.in_sync;
      n.shards_in_sync += r.in_sync && r.node == around_.self;
      if (here && (r.wanted || r.in_sync))
        n.lag_entries_max = std::max(n.lag_entries_max, r.lag_entries.value_or(0));
    }
    n.shards_below_min_in_sync += in_sync < s.min_in_sync;
  }
  n.services = around_.loop.services();
  n.streams = all.streams.size();
  return n;
}

}  // namespace taskdriver::cluster
