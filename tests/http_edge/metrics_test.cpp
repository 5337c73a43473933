// /metrics and /metrics/json: the numbers, and that their labels stay bounded.
#include "http/metrics.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace taskdriver;
using namespace taskdriver::http;

namespace {

class given_tasks final : public actors::task_api {
public:
  void handle(actors::request_ptr) override {}
  actors::queue_totals totals() const override { return numbers; }
  std::vector<actors::project_gauges> deepest_projects(std::size_t limit) const override {
    return {projects.begin(),
            projects.begin() + static_cast<long>(std::min(limit, projects.size()))};
  }
  actors::queue_totals numbers;
  std::vector<actors::project_gauges> projects;
};

class given_node final : public actors::node_status {
public:
  actors::node_health health() const override { return {}; }
  actors::log_statistics log() const override { return numbers; }
  actors::storage_statistics storage() const override { return {1000, 300, 17}; }
  std::optional<domain::cluster_numbers> cluster() const override { return in_cluster; }
  actors::log_statistics numbers;
  std::optional<domain::cluster_numbers> in_cluster;
};

struct some_metrics {
  given_tasks tasks;
  given_node node;
  metrics counters{{.routes = {{"GET", "/api/tasks/{taskId}"}, {"GET", "/health"}},
                    .tasks = &tasks,
                    .node = &node,
                    .server =
                        [] {
                          return server_numbers{3, 9, 2};
                        },
                    .version = "1.2.3",
                    .node_id = "n\"1"}};

  /// The samples of the exposition, by name with labels. Checks the form of every line.
  std::map<std::string, double> samples() const {
    std::map<std::string, double> all;
    std::map<std::string, int> types;
    std::istringstream text(counters.exposition());
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("# TYPE ")) BOOST_TEST(++types[line] == 1, line);
      if (line.starts_with("#")) continue;
      const auto blank = line.rfind(' ');
      BOOST_REQUIRE(blank != std::string::npos);
      BOOST_TEST(all.emplace(line.substr(0, blank), std::stod(line.substr(blank + 1))).second,
                 line);
    }
    return all;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(metrics_of_a_cluster, some_metrics)

BOOST_AUTO_TEST_CASE(are_there_only_on_a_node_of_one) {
  BOOST_TEST(!samples().contains("taskdriver_shards_led"));
  node.in_cluster.emplace();
  node.in_cluster->shards_led = 5;
  node.in_cluster->services = 7;
  auto all = samples();
  BOOST_TEST(all["taskdriver_shards_led"] == 5);
  BOOST_TEST(all["taskdriver_shard_services_total"] == 7);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(metrics_of_requests, some_metrics)

BOOST_AUTO_TEST_CASE(are_counted_by_route_method_and_status) {
  counters.count({.route = 0, .status = 200, .duration_us = 1500});
  counters.count({.route = 0, .status = 200, .duration_us = 40'000});
  counters.count({.route = 0, .status = 404, .duration_us = 100});
  auto all = samples();
  const std::string of_route = R"({route="/api/tasks/{taskId}",method="GET")";
  BOOST_TEST(all["taskdriver_http_requests_total" + of_route + ",status=\"200\"}"] == 2);
  BOOST_TEST(all["taskdriver_http_requests_total" + of_route + ",status=\"404\"}"] == 1);
  const auto duration = "taskdriver_http_request_duration_seconds";
  BOOST_TEST(all[duration + ("_bucket" + of_route) + ",le=\"0.001\"}"] == 1);
  BOOST_TEST(all[duration + ("_bucket" + of_route) + ",le=\"0.002\"}"] == 2);
  BOOST_TEST(all[duration + ("_bucket" + of_route) + ",le=\"+Inf\"}"] == 3);
  BOOST_TEST(all[duration + ("_count" + of_route) + "}"] == 3);
}

BOOST_AUTO_TEST_CASE(no_request_can_make_a_new_label) {
  for (int status = 100; status < 1000; ++status)
    counters.count({.route = static_cast<std::size_t>(status), .status = status});
  counters.count({.status = 404});
  std::size_t series = 0;
  for (const auto& [name, value] : samples())
    if (name.starts_with("taskdriver_http_requests_total")) {
      BOOST_TEST(name.find("route=\"unmatched\"") != std::string::npos, name);
      ++series;
    }
  BOOST_TEST(series <= 23u);
}

BOOST_AUTO_TEST_CASE(long_polls_are_counted_but_keep_out_of_the_latencies) {
  counters.count({.route = 0, .status = 200, .duration_us = 60'000'000, .long_poll = true});
  counters.count({.route = 0, .status = 200, .duration_us = 2'000});
  auto all = samples();
  BOOST_TEST(all["taskdriver_http_long_poll_duration_seconds_count"] == 1);
  BOOST_TEST(all["taskdriver_http_request_duration_seconds_count"
                 "{route=\"/api/tasks/{taskId}\",method=\"GET\"}"] == 1);
  const auto json = nlohmann::json::parse(counters.json_data(system_time().now()));
  BOOST_TEST(json["requests_total"] == 2);
  BOOST_TEST(json["response_time_avg"] == 2.0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(metrics_of_the_node, some_metrics)

BOOST_AUTO_TEST_CASE(show_the_queues_of_at_most_50_projects) {
  for (int i = 0; i < 200; ++i)
    tasks.projects.push_back({"p" + std::to_string(i), std::uint64_t(1000 - i), 1, 2.5, 0});
  std::size_t depths = 0;
  auto all = samples();
  for (const auto& [name, value] : all)
    depths += name.starts_with("taskdriver_queue_depth{") ? 1 : 0;
  BOOST_TEST(depths == 50u);
  BOOST_TEST(all["taskdriver_queue_depth{project=\"p0\"}"] == 1000);
  BOOST_TEST(all["taskdriver_queue_oldest_age_seconds{project=\"p0\"}"] == 2.5);
}

BOOST_AUTO_TEST_CASE(show_the_fsyncs_of_the_log_as_histograms) {
  node.numbers.latency_counts = {1, 2, 3};
  node.numbers.latency_counts.back() = 4;
  node.numbers.latency_sum_s = 0.25;
  node.numbers.fsyncs = 10;
  node.numbers.entries = 70;
  auto all = samples();
  BOOST_TEST(all["taskdriver_log_fsync_duration_seconds_bucket{le=\"0.0002\"}"] == 3);
  BOOST_TEST(all["taskdriver_log_fsync_duration_seconds_bucket{le=\"2\"}"] == 6);
  BOOST_TEST(all["taskdriver_log_fsync_duration_seconds_bucket{le=\"+Inf\"}"] == 10);
  BOOST_TEST(all["taskdriver_log_fsync_duration_seconds_sum"] == 0.25);
  BOOST_TEST(all["taskdriver_log_fsyncs_total"] == 10);
  BOOST_TEST(all["taskdriver_log_entries_total"] == 70);
  BOOST_TEST(all["taskdriver_storage_disk_bytes"] == 1000);
  BOOST_TEST(all["taskdriver_storage_memory_bytes"] == 300);
  BOOST_TEST(all["taskdriver_storage_unmerged_files"] == 17);
}

BOOST_AUTO_TEST_CASE(show_totals_listener_process_and_build) {
  tasks.numbers.claims = 12;
  tasks.numbers.sessions = 4;
  auto all = samples();
  BOOST_TEST(all["taskdriver_claims_total"] == 12);
  BOOST_TEST(all["taskdriver_sessions"] == 4);
  BOOST_TEST(all["taskdriver_http_connections_open"] == 3);
  BOOST_TEST(all["taskdriver_build_info{version=\"1.2.3\",node=\"n\\\"1\"}"] == 1);
  BOOST_TEST(all["process_resident_memory_bytes"] > 1e6);
  BOOST_TEST(all["process_open_fds"] >= 3);
}

BOOST_AUTO_TEST_CASE(have_the_documented_fields_as_json) {
  counters.count({.route = 0, .status = 200, .duration_us = 1000});
  counters.count({.route = 1, .status = 503, .duration_us = 3000});
  tasks.numbers.sessions = 25;
  auto now = system_time().now();
  now.steady_ms += 3'600'000;
  const auto json = nlohmann::json::parse(counters.json_data(now));
  BOOST_TEST(json["requests_total"] == 2);
  BOOST_TEST(json["requests_success"] == 1);
  BOOST_TEST(json["requests_error"] == 1);
  BOOST_TEST(json["response_time_avg"] == 2.0);
  BOOST_TEST(json["active_sessions"] == 25);
  BOOST_TEST(json["system"]["uptime"] == 3600);
  BOOST_TEST(json["system"]["memory_usage"].get<double>() > 0);
  BOOST_TEST(json["system"]["memory_usage"].get<double>() < 100);
  BOOST_TEST(json["system"]["cpu_usage"].is_number());
}

BOOST_AUTO_TEST_SUITE_END()
