// Rates from differences of counters; what a restart set back to 0 counts from there.
#include "tools/tdctl/top_frame.hpp"

#include <algorithm>
#include <ostream>

#include "tools/tdctl/cluster_texts.hpp"
#include "tools/tdctl/text_table.hpp"

namespace taskdriver::tdctl {
namespace {

constexpr double mebibyte = 1024 * 1024;

/// A node's two readings; `before` may be missing.
class node_change {
public:
  node_change(const node_reading* before, const node_reading& now, double seconds)
      : before_(before && before->reached ? before : nullptr), now_(now), seconds_(seconds) {}

  bool measured() const { return before_ && now_.reached && seconds_ > 0; }
  double rate(const char* counter) const {
    if (!measured()) return 0;
    const double now = now_.metrics.total(counter), before = before_->metrics.total(counter);
    return (now >= before ? now - before : now) / seconds_;
  }
  std::string p99_ms(const char* histogram) const {
    if (!measured()) return "-";
    return decimal(
        1000 * quantile(before_->metrics.buckets(histogram), now_.metrics.buckets(histogram), 0.99),
        1);
  }
  std::string shown_rate(const char* counter) const {
    return measured() ? with_commas(static_cast<std::uint64_t>(rate(counter) + 0.5)) : "-";
  }
  std::string gauge(const char* name) const {
    return now_.reached ? with_commas(static_cast<std::uint64_t>(now_.metrics.total(name))) : "-";
  }
  const node_reading& now() const { return now_; }

private:
  const node_reading* before_;
  const node_reading& now_;
  double seconds_;
};

std::vector<node_change> changes_of(const top_reading& before, const top_reading& now) {
  std::vector<node_change> all;
  for (const auto& node : now.nodes) {
    const auto earlier =
        std::find_if(before.nodes.begin(), before.nodes.end(),
                     [&](const node_reading& other) { return other.name == node.name; });
    all.emplace_back(earlier == before.nodes.end() ? nullptr : &*earlier, node,
                     now.at_s - before.at_s);
  }
  return all;
}

void print_heading(const top_reading& now, const std::vector<node_change>& nodes,
                   const console& to) {
  const auto sum = [&](const char* counter) {
    double all = 0;
    for (const auto& node : nodes) all += node.rate(counter);
    return with_commas(static_cast<std::uint64_t>(all + 0.5));
  };
  std::string what = "single node";
  if (!now.cluster.is_null())
    what = "cluster " + printable(now.cluster.value("cluster", "")) + ", " +
           std::to_string(now.cluster.value("shardsServed", 0U)) + " of " +
           std::to_string(now.cluster.value("shards", 0U)) + " shards served";
  to.out << painted(to, ink::bold, "TaskDriver") << ", " << what << '\n'
         << "per second: " << painted(to, ink::bold, sum("taskdriver_completions_total"))
         << " completed, " << sum("taskdriver_tasks_created_total") << " created, "
         << sum("taskdriver_claims_total") << " claimed, " << sum("taskdriver_retries_total")
         << " retried, " << sum("taskdriver_failures_total") << " failed, "
         << sum("taskdriver_lease_expirations_total") << " leases expired\n\n";
}

void print_nodes(const std::vector<node_change>& nodes, const console& to) {
  text_table table({"NODE", "STATE", "LEADS", "CYCLES/S", "QUEUED", "RUNNING", "P99 MS",
                    "FSYNC P99 MS", "CPU %", "MEMORY MB", "CLIENTS"});
  for (const auto& node : nodes) {
    const auto& now = node.now();
    const auto state = !now.reached && now.state != "gone" ? std::string("not reached") : now.state;
    table.add(
        {now.name, state.empty() ? "up" : state, now.led.empty() ? "-" : now.led,
         node.shown_rate("taskdriver_completions_total"), node.gauge("taskdriver_tasks_queued"),
         node.gauge("taskdriver_tasks_running"),
         node.p99_ms("taskdriver_http_request_duration_seconds"),
         node.p99_ms("taskdriver_log_fsync_duration_seconds"),
         node.measured() ? decimal(100 * node.rate("process_cpu_seconds_total"), 0) : "-",
         now.reached ? decimal(now.metrics.total("process_resident_memory_bytes") / mebibyte, 0)
                     : "-",
         node.gauge("taskdriver_http_connections_open")},
        now.reached ? ink::plain : ink::red);
  }
  table.print(to);
}

struct project_line {
  std::string name;
  double queued = 0, running = 0, oldest_s = 0, waiting = 0;
};

/// Of all nodes: a project is loaded on the one that leads its shard.
std::vector<project_line> projects_of(const std::vector<node_change>& nodes) {
  std::map<std::string, project_line> all;
  const auto read = [&](const metrics_text& from, const char* name, double project_line::*field) {
    for (const auto& sample : from.all(name)) {
      const auto label = sample.labels.find("project");
      if (label == sample.labels.end()) continue;
      all[label->second].name = label->second;
      all[label->second].*field += sample.value;
    }
  };
  for (const auto& node : nodes) {
    const auto& metrics = node.now().metrics;
    read(metrics, "taskdriver_queue_depth", &project_line::queued);
    read(metrics, "taskdriver_queue_running", &project_line::running);
    read(metrics, "taskdriver_queue_oldest_age_seconds", &project_line::oldest_s);
    read(metrics, "taskdriver_queue_parked_polls", &project_line::waiting);
  }
  std::vector<project_line> lines;
  for (auto& [name, line] : all) lines.push_back(std::move(line));
  std::stable_sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return a.queued + a.running > b.queued + b.running;
  });
  return lines;
}

void print_projects(const std::vector<node_change>& nodes, std::size_t most, const console& to) {
  auto lines = projects_of(nodes);
  if (lines.empty() || most == 0) return;
  lines.resize(std::min(lines.size(), most));
  text_table table({"PROJECT", "QUEUED", "RUNNING", "OLDEST", "WAITING POLLS"});
  const auto whole = [](double number) { return with_commas(static_cast<std::uint64_t>(number)); };
  for (const auto& line : lines)
    table.add({line.name, whole(line.queued), whole(line.running),
               line.queued > 0 ? duration_text(static_cast<std::uint64_t>(line.oldest_s)) : "-",
               whole(line.waiting)});
  to.out << '\n';
  table.print(to);
}

}  // namespace

void print_frame(const top_reading& before, const top_reading& now, std::size_t projects_max,
                 const console& to) {
  const auto nodes = changes_of(before, now);
  print_heading(now, nodes, to);
  print_nodes(nodes, to);
  print_projects(nodes, projects_max, to);
  if (now.cluster.is_null() || now.cluster.at("problems").empty()) return;
  to.out << '\n';
  print_problems(now.cluster.at("problems"), to);
}

}  // namespace taskdriver::tdctl
