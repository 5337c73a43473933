// tdctl top: reads all nodes each second and shows what changed.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <thread>

#include "tools/tdctl/admin_client.hpp"
#include "tools/tdctl/commands.hpp"
#include "tools/tdctl/top_frame.hpp"

namespace taskdriver::tdctl {
namespace {

using nlohmann::json;

struct watching {
  server_access access;
  double interval_s = 1;
  std::size_t projects = 10;
  bool once = false;
};

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The name that a node's metrics have; empty if none.
std::string name_in(const metrics_text& metrics) {
  const auto& info = metrics.all("taskdriver_build_info");
  if (info.empty() || !info.front().labels.contains("node")) return {};
  return info.front().labels.at("node");
}

/// A loopback address leads to the node of this machine, whoever registered it: the numbers of one
/// node are not shown as those of another.
void read_metrics(admin_client& server, const std::string& url, node_reading& node) {
  const auto answer = server.ask_at(url, "/metrics");
  if (!answer || answer->status != 200) return;
  metrics_text metrics(answer->body);
  if (name_in(metrics) != node.name) return;
  node.reached = true;
  node.metrics = std::move(metrics);
}

/// A node by itself: the first address that answers.
result<top_reading> read_single(admin_client& server) {
  const auto answer = server.ask("GET", "/metrics");
  if (!answer) return answer.error();
  node_reading node{.reached = true, .metrics = metrics_text(answer->body)};
  node.name = name_in(node.metrics);
  return top_reading{steady_seconds(), nullptr, {std::move(node)}};
}

result<top_reading> read_all(admin_client& server) {
  auto cluster = server.get("/api/cluster");
  if (!cluster && cluster.error().code == errc::not_found) return read_single(server);
  if (!cluster) return cluster.error();
  top_reading reading{.at_s = steady_seconds(), .cluster = std::move(*cluster), .nodes = {}};
  for (const auto& shown : reading.cluster.at("nodes")) {
    node_reading node{.name = shown.value("id", ""),
                      .state = shown.value("state", ""),
                      .led = std::to_string(shown.value("primaries", 0U))};
    if (node.state != "gone" && shown.contains("httpAddress"))
      read_metrics(server, "http://" + shown.value("httpAddress", ""), node);
    reading.nodes.push_back(std::move(node));
  }
  return reading;
}

/// Written at once and over the last frame, so that nothing flickers.
void show_live(const top_reading& before, const top_reading& now, const watching& wanted,
               const console& to) {
  std::ostringstream text;
  print_frame(before, now, wanted.projects, {to.in, text, to.err, to.asks, to.colours});
  std::string frame = "\x1b[H";
  for (const char c : text.str()) frame += c == '\n' ? std::string("\x1b[K\n") : std::string(1, c);
  to.out << frame << "\x1b[J" << std::flush;
}

int watch(const watching& wanted, const console& to) {
  auto server = admin_client::make(wanted.access);
  if (!server) return failed(to, server.error());
  auto before = read_all(*server);
  if (!before) return failed(to, before.error());
  if (!wanted.once) to.out << "\x1b[2J";
  for (;;) {
    std::this_thread::sleep_for(std::chrono::duration<double>(wanted.interval_s));
    auto now = read_all(*server);
    if (wanted.once && !now) return failed(to, now.error());
    if (wanted.once) {
      print_frame(*before, *now, wanted.projects, to);
      return exit_ok;
    }
    if (now) {
      show_live(*before, *now, wanted, to);
      before = std::move(now);
    } else {
      to.out << "\x1b[H" << printable(now.error().text) << "\x1b[K" << std::flush;
    }
    if (!to.out) return exit_ok;  // whoever read it has gone
  }
}

}  // namespace

action add_top(CLI::App& to) {
  auto wanted = std::make_shared<watching>();
  to.description(
      "Live: tasks per second, queues, latency and load of every node, and what is wrong. Ends "
      "with\n"
      "Ctrl-C. In a cluster the nodes are asked at the addresses that they registered; what "
      "listens\non a loopback address of another machine is not reached");
  give_examples(to,
                "  tdctl top\n"
                "  tdctl top --interval 5 --projects 30\n"
                "  tdctl top --once           one frame, for scripts");
  wanted->access.add_connection_options(to);
  to.add_option("--interval", wanted->interval_s, "seconds between two readings")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 3600.0));
  to.add_option("--projects", wanted->projects, "show so many of the deepest queues")
      ->capture_default_str()
      ->check(CLI::Range(0U, 50U));
  to.add_flag("--once", wanted->once, "print one frame and end");
  return [wanted](console& c) { return watch(*wanted, c); };
}

}  // namespace taskdriver::tdctl
