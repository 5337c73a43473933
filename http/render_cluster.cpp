// The JSON of a cluster: its state with what is wrong, its nodes, its shards.
#include <algorithm>
#include <array>
#include <charconv>

#include "domain/cluster_problems.hpp"
#include "http/render_entities.hpp"

namespace taskdriver::http {
namespace {

using domain::cluster_node_state;
using domain::problem_severity;
using domain::replica_role_view;

std::string_view name_of(cluster_node_state state) {
  switch (state) {
    case cluster_node_state::up:
      return "up";
    case cluster_node_state::draining:
      return "draining";
    case cluster_node_state::gone:
      return "gone";
  }
  return "gone";
}

std::string_view name_of(replica_role_view role) {
  switch (role) {
    case replica_role_view::primary:
      return "primary";
    case replica_role_view::taking_over:
      return "taking over";
    case replica_role_view::backup:
      return "backup";
    case replica_role_view::learner:
      return "learner";
  }
  return "learner";
}

std::string_view name_of(problem_severity severity) {
  switch (severity) {
    case problem_severity::note:
      return "note";
    case problem_severity::warning:
      return "warning";
    case problem_severity::error:
      return "error";
  }
  return "error";
}

/// JSON numbers hold 53 bits; a store id has 64.
std::string hex(std::uint64_t number) {
  std::array<char, 16> digits{};
  digits.fill('0');
  std::array<char, 16> made{};
  const auto end = std::to_chars(made.data(), made.data() + made.size(), number, 16).ptr;
  std::copy_backward(made.data(), end, digits.data() + digits.size());
  return {digits.data(), digits.size()};
}

void write_replica(json_writer& out, const domain::shard_replica_view& replica) {
  out.text("node", replica.node);
  out.text("store", hex(replica.store));
  out.boolean("inSync", replica.in_sync);
  out.boolean("wanted", replica.wanted);
  out.boolean("reported", replica.reported);
  if (!replica.reported) return;
  out.text("role", name_of(replica.role));
  out.boolean("serving", replica.serving);
  out.number("epoch", replica.epoch);
  out.number("lastIndex", replica.last_index);
  out.number("durableIndex", replica.durable_index);
  out.number("commitIndex", replica.commit_index);
  out.number("appliedIndex", replica.applied_index);
  if (replica.lag_entries) out.number("lagEntries", *replica.lag_entries);
  out.number("reportedMsAgo",
             static_cast<std::uint64_t>(std::max<std::int64_t>(0, replica.told_ms_ago)));
}

void write_problem(json_writer& out, const domain::cluster_problem& problem) {
  out.text("severity", name_of(problem.severity));
  out.text("text", problem.text);
  out.text_if("advice", problem.advice);
}

void write_stream(json_writer& out, const domain::stream_view& stream) {
  out.number("shard", stream.shard);
  out.text("from", stream.from);
  out.text("to", stream.to);
  out.number("bytes", stream.bytes);
  out.number("seconds", static_cast<std::uint64_t>(stream.started_ms_ago / 1000));
}

template <class Items, class Write>
void write_list(json_writer& out, std::string_view name, const Items& items, Write write) {
  out.open_array(name);
  for (const auto& item : items) {
    out.open_object();
    write(out, item);
    out.close_object();
  }
  out.close_array();
}

void write_names(json_writer& out, std::string_view name, const std::vector<std::string>& names) {
  out.open_array(name);
  for (const auto& one : names) out.text_value(one);
  out.close_array();
}

}  // namespace

void write_cluster(json_writer& out, const domain::cluster_view& cluster) {
  const auto served = std::count_if(cluster.shards.begin(), cluster.shards.end(),
                                    [](const auto& shard) { return shard.served; });
  out.text("cluster", cluster.cluster);
  out.text("askedNode", cluster.asked);
  out.text_if("controller", cluster.controller);
  out.boolean("registerReachable", cluster.register_reachable);
  out.number("replicas", cluster.replicas);
  out.number("shards", cluster.shards.size());
  out.number("shardsServed", static_cast<std::uint64_t>(served));
  write_list(out, "problems", domain::problems_of(cluster), write_problem);
  write_list(out, "nodes", cluster.nodes, write_node);
  write_list(out, "streams", cluster.streams, write_stream);
}

void write_node(json_writer& out, const domain::cluster_node_view& node) {
  out.text("id", node.name);
  out.text("state", name_of(node.state));
  out.text("store", hex(node.store));
  out.text("clusterAddress", node.peer_address);
  out.text_if("httpAddress", node.http_address);
  out.boolean("connected", node.connected);
  if (node.state == cluster_node_state::gone)
    out.number("goneSeconds", static_cast<std::uint64_t>(node.gone_ms / 1000));
  out.number("primaries", node.led);
  out.number("replicasInSync", node.in_sync);
}

void write_shard(json_writer& out, const domain::shard_view& shard) {
  std::vector<std::string> in_sync;
  for (const auto& replica : shard.replicas)
    if (replica.in_sync) in_sync.push_back(replica.node);
  out.number("shard", shard.shard);
  out.number("epoch", shard.epoch);
  out.text_if("primary", shard.primary);
  out.boolean("serving", shard.served);
  out.number("minInSync", shard.min_in_sync);
  write_names(out, "inSync", in_sync);
  write_names(out, "wanted", shard.wanted);
  out.text_if("wantedPrimary", shard.wanted_primary);
  out.boolean("pinned", shard.pinned);
  write_list(out, "replicas", shard.replicas, write_replica);
}

}  // namespace taskdriver::http
