// The rules of cluster_problems.hpp, each a function over the whole view.
#include "domain/cluster_problems.hpp"

#include <algorithm>
#include <map>

namespace taskdriver::domain {
namespace {

using problems = std::vector<cluster_problem>;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string counted(std::size_t n, const std::string& what) {
  return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s");
}

/// "shard 3", "shards 3, 7, 9", "16 shards"
std::string shard_list(const std::vector<std::uint16_t>& shards) {
  if (shards.size() == 1) return "shard " + std::to_string(shards.front());
  if (shards.size() > 8) return counted(shards.size(), "shard");
  std::vector<std::string> numbers;
  for (const auto n : shards) numbers.push_back(std::to_string(n));
  return "shards " + joined(numbers);
}

std::string duration(std::int64_t ms) {
  if (ms < 120'000) return std::to_string(ms / 1000) + " s";
  return std::to_string(ms / 60'000) + " min";
}

const cluster_node_view* find_node(const cluster_view& cluster, const std::string& name) {
  const auto found = std::find_if(cluster.nodes.begin(), cluster.nodes.end(),
                                  [&](const auto& node) { return node.name == name; });
  return found == cluster.nodes.end() ? nullptr : &*found;
}

bool is_up(const cluster_view& cluster, const std::string& name) {
  const auto* node = find_node(cluster, name);
  return node && node->state != cluster_node_state::gone;
}

std::vector<std::string> in_sync_of(const shard_view& shard) {
  std::vector<std::string> names;
  for (const auto& replica : shard.replicas)
    if (replica.in_sync) names.push_back(replica.node);
  return names;
}

/// Grouped by what would bring them back: the nodes that hold them.
void add_unserved(const cluster_view& cluster, problems& out) {
  std::map<std::vector<std::string>, std::vector<std::uint16_t>> waiting;
  std::vector<std::uint16_t> unmade, moving;
  for (const auto& shard : cluster.shards) {
    if (shard.served) continue;
    const auto holders = in_sync_of(shard);
    const auto up = std::count_if(holders.begin(), holders.end(),
                                  [&](const auto& name) { return is_up(cluster, name); });
    if (shard.primary.empty())
      unmade.push_back(shard.shard);
    else if (up >= static_cast<std::ptrdiff_t>(shard.min_in_sync))
      moving.push_back(shard.shard);
    else
      waiting[holders].push_back(shard.shard);
  }
  if (!unmade.empty())
    out.push_back({problem_severity::error, shard_list(unmade) + " not placed yet",
                   cluster.controller.empty() ? "no controller is elected: is etcd reachable?"
                                              : "wait some seconds"});
  if (!moving.empty())
    out.push_back({problem_severity::error, shard_list(moving) + " without a serving primary",
                   "a take-over needs up to 3 s; if it lasts, look at the logs of the nodes and "
                   "whether they reach etcd"});
  for (const auto& [holders, shards] : waiting) {
    std::vector<std::string> lost;
    for (const auto& name : holders)
      if (!is_up(cluster, name)) lost.push_back(name);
    out.push_back({problem_severity::error,
                   shard_list(shards) + " not served: too few of the replicas in sync are up",
                   "start " + joined(lost) +
                       "; only if their disks are lost for good: tdctl force-primary SHARD NODE"});
  }
}

void add_register(const cluster_view& cluster, problems& out) {
  if (cluster.register_reachable) return;
  out.push_back({problem_severity::warning,
                 "node " + cluster.asked +
                     " gets no answer from etcd; serving goes on, but no "
                     "failure can be repaired meanwhile",
                 "look at etcd: etcdctl endpoint health"});
}

void add_nodes(const cluster_view& cluster, problems& out) {
  std::size_t usable = 0;
  for (const auto& node : cluster.nodes) {
    if (node.state == cluster_node_state::up) ++usable;
    if (node.state == cluster_node_state::gone)
      out.push_back({problem_severity::warning,
                     "node " + node.name + " is gone since " + duration(node.gone_ms),
                     "start it; if it will not come back: tdctl remove " + node.name});
    else if (!node.connected)
      out.push_back({problem_severity::warning,
                     "node " + node.name + " is up, but not connected to " + cluster.asked,
                     "look at the network between them, and at certificates"});
    if (node.state == cluster_node_state::draining)
      out.push_back(
          node.in_sync == 0
              ? cluster_problem{problem_severity::note, "node " + node.name + " is drained",
                                "it may be stopped; tdctl undrain " + node.name + " takes it back"}
              : cluster_problem{problem_severity::note,
                                "node " + node.name + " is being drained: " +
                                    counted(node.in_sync, "replica") + " left",
                                ""});
  }
  if (usable < cluster.replicas)
    out.push_back({problem_severity::warning,
                   counted(usable, "usable node") + " for " + counted(cluster.replicas, "replica") +
                       " of each shard",
                   "add nodes, or lower --replicas"});
}

void add_thin(const cluster_view& cluster, problems& out) {
  std::vector<std::uint16_t> at_minimum, catching_up;
  for (const auto& shard : cluster.shards) {
    if (!shard.served) continue;
    const auto holders = in_sync_of(shard).size();
    const auto wanted =
        std::min<std::size_t>(cluster.replicas, std::max<std::size_t>(shard.wanted.size(), 1));
    if (holders >= wanted) continue;
    (holders <= shard.min_in_sync ? at_minimum : catching_up).push_back(shard.shard);
  }
  if (!at_minimum.empty())
    out.push_back({problem_severity::warning,
                   shard_list(at_minimum) +
                       " with as few replicas in sync as writes need: one more "
                       "failure stops them",
                   "bring the missing nodes back; replicas that catch up show in tdctl shards"});
  if (!catching_up.empty())
    out.push_back({problem_severity::note,
                   shard_list(catching_up) + " with a replica missing or catching up", ""});
}

}  // namespace

std::vector<cluster_problem> problems_of(const cluster_view& cluster) {
  problems found;
  add_unserved(cluster, found);
  add_register(cluster, found);
  add_nodes(cluster, found);
  add_thin(cluster, found);
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.severity > b.severity; });
  return found;
}

}  // namespace taskdriver::domain
