// tdctl status: what is wrong and what to do about it, of a cluster or of a single node.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/tdctl/admin_client.hpp"
#include "tools/tdctl/cluster_texts.hpp"
#include "tools/tdctl/commands.hpp"
#include "tools/tdctl/metrics_text.hpp"

namespace taskdriver::tdctl {
namespace {

using nlohmann::json;

void print_cluster(const json& cluster, const console& to) {
  to.out << "Cluster " << painted(to, ink::bold, printable(cluster.value("cluster", ""))) << ": "
         << cluster.at("nodes").size() << " nodes, " << cluster.value("shardsServed", 0U) << " of "
         << cluster.value("shards", 0U) << " shards served, " << cluster.value("replicas", 0U)
         << " replicas wanted of each.\n"
         << "Asked " << printable(cluster.value("askedNode", "")) << "; the controller is "
         << printable(cluster.value("controller", "not known")) << "; etcd "
         << (cluster.value("registerReachable", false) ? "answers" : "does not answer") << ".\n\n";
  const auto& problems = cluster.at("problems");
  if (problems.empty()) to.out << painted(to, ink::green, "All is well.") << '\n';
  print_problems(problems, to);
  to.out << '\n';
  nodes_table(cluster.at("nodes")).print(to);
}

void print_streams(const json& streams, const console& to) {
  if (streams.empty()) return;
  text_table table({"STREAM OF SHARD", "FROM", "TO", "SENT", "SINCE"});
  for (const auto& stream : streams)
    table.add({std::to_string(stream.value("shard", 0U)), stream.value("from", ""),
               stream.value("to", ""), bytes_text(stream.value("bytes", 0.0)),
               duration_text(stream.value("seconds", std::uint64_t{0}))});
  to.out << '\n';
  table.print(to);
}

/// Of the answer of /health, whose data stands in an error's form when the node is not well.
std::string reason_of(const json& answer) {
  const auto data = answer.value("data", answer);
  const auto storage = data.value("storage", json::object());
  return storage.value("reason", answer.value("error", "no reason is given"));
}

/// A disk that is full shows only at the node itself. Nodes that cannot be reached from here are
/// left out: whether they are up is known already.
void add_health(admin_client& server, json& cluster) {
  for (const auto& node : cluster.at("nodes")) {
    if (node.value("state", "") == "gone" || !node.contains("httpAddress")) continue;
    const auto health = server.ask_at("http://" + node.value("httpAddress", ""), "/health");
    if (!health || health->status != 503) continue;
    const auto answer = json::parse(health->body, nullptr, false);
    const auto reason = answer.is_object() ? reason_of(answer) : "no reason is given";
    const json problem = {{"severity", "error"},
                          {"text", "node " + node.value("id", "") + " refuses writes: " + reason},
                          {"advice", "make room on its disk; it goes on by itself"}};
    cluster["problems"].insert(cluster["problems"].begin(), problem);
  }
}

struct asking {
  server_access access;
  bool strict = false;
};

bool is_well(const json& problems, bool strict) {
  return !has_problems(problems, "error") && !(strict && has_problems(problems, "warning"));
}

int show_cluster(const json& cluster, const asking& wanted, const console& to) {
  if (wanted.access.json) {
    print_json(cluster, to);
  } else {
    print_cluster(cluster, to);
    print_streams(cluster.at("streams"), to);
  }
  return is_well(cluster.at("problems"), wanted.strict) ? exit_ok : exit_failed;
}

/// What a single node tells about itself: its health, and numbers of its metrics.
struct node_state {
  json health;
  metrics_text metrics;

  bool healthy() const { return health.value("status", "") == "healthy"; }
  std::string label(const char* name) const {
    const auto& info = metrics.all("taskdriver_build_info");
    if (info.empty() || !info.front().labels.contains(name)) return "?";
    return info.front().labels.at(name);
  }
  std::uint64_t count(const char* name) const {
    return static_cast<std::uint64_t>(metrics.total(name));
  }
};

result<node_state> look_at_node(admin_client& server) {
  const auto health = server.ask("GET", "/health");
  if (!health) return health.error();
  const auto metrics = server.ask_at(health->url, "/metrics");
  if (!metrics) return metrics.error();
  const auto answer = json::parse(health->body, nullptr, false);
  const error_info strange{errc::internal, health->url + " answers, but not as TaskDriver does"};
  if (!answer.is_object()) return strange;
  // A node that is not well says so in an error's form.
  const auto data = answer.contains("data") ? answer["data"] : answer;
  if (!data.is_object()) return strange;
  return node_state{data, metrics_text(metrics->body)};
}

json as_json(const node_state& node) {
  return {{"node", node.label("node")},
          {"version", node.label("version")},
          {"health", node.health},
          {"tasksQueued", node.count("taskdriver_tasks_queued")},
          {"tasksRunning", node.count("taskdriver_tasks_running")},
          {"projectsLoaded", node.count("taskdriver_projects_loaded")},
          {"sessions", node.count("taskdriver_sessions")},
          {"oldestQueuedSeconds", node.count("taskdriver_oldest_queued_age_seconds")}};
}

void print_node(const node_state& node, const console& to) {
  to.out << "Single node " << painted(to, ink::bold, printable(node.label("node"))) << ", version "
         << printable(node.label("version")) << ", up for "
         << duration_text(node.health.value("uptime", std::uint64_t{0})) << ".\n\n";
  if (node.healthy())
    to.out << painted(to, ink::green, "All is well.") << '\n';
  else
    to.out << painted(to, ink::red, "error")
           << ": writes are refused: " << printable(reason_of(node.health))
           << "\n  -> make room on the disk, or look at the log; the server goes on by itself\n";
  to.out << '\n'
         << with_commas(node.count("taskdriver_tasks_queued")) << " tasks queued (oldest "
         << duration_text(node.count("taskdriver_oldest_queued_age_seconds")) << "), "
         << with_commas(node.count("taskdriver_tasks_running")) << " running, in "
         << node.count("taskdriver_projects_loaded") << " projects in memory; "
         << with_commas(node.count("taskdriver_sessions")) << " sessions.\n";
  text_table table({"PROJECT", "QUEUED", "RUNNING", "WAITING POLLS"});
  const auto at = [&](const char* metric, const std::string& project) {
    for (const auto& sample : node.metrics.all(metric))
      if (sample.labels.at("project") == project)
        return std::to_string(static_cast<std::uint64_t>(sample.value));
    return std::string("-");
  };
  for (const auto& depth : node.metrics.all("taskdriver_queue_depth")) {
    const auto& name = depth.labels.at("project");
    table.add({name, at("taskdriver_queue_depth", name), at("taskdriver_queue_running", name),
               at("taskdriver_queue_parked_polls", name)});
  }
  if (!table.empty()) table.print(to);
}

int show_status(const asking& wanted, const console& to) {
  auto server = admin_client::make(wanted.access);
  if (!server) return failed(to, server.error());
  auto cluster = server->get("/api/cluster");
  if (cluster) {
    add_health(*server, *cluster);
    return show_cluster(*cluster, wanted, to);
  }
  if (cluster.error().code != errc::not_found) return failed(to, cluster.error());
  const auto node = look_at_node(*server);
  if (!node) return failed(to, node.error());
  if (wanted.access.json)
    print_json(as_json(*node), to);
  else
    print_node(*node, to);
  return node->healthy() ? exit_ok : exit_failed;
}

}  // namespace

action add_status(CLI::App& to) {
  auto wanted = std::make_shared<asking>();
  to.description(
      "What is wrong and what to do, worst first. The exit code is 1 if something does not work; "
      "with\n"
      "--strict also if one more failure would hurt");
  give_examples(
      to,
      "  tdctl status\n"
      "  tdctl status --url http://n1:3000,http://n2:3000,http://n3:3000\n"
      "  until tdctl status --strict > /dev/null; do sleep 1; done    all replicas are there\n"
      "  tdctl status --json | jq .problems");
  to.add_flag("--strict", wanted->strict, "warnings count as errors in the exit code");
  wanted->access.add_options(to);
  return [wanted](console& c) { return show_status(*wanted, c); };
}

}  // namespace taskdriver::tdctl
