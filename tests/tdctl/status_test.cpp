// tdctl status: of a cluster that is well, of one that is not, and of a single node.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/tdctl/canned_server.hpp"
#include "tests/tdctl/samples.hpp"

using namespace taskdriver::testing;

namespace {

constexpr const char* single_metrics =
    "taskdriver_build_info{version=\"1.2.3\",node=\"n7\"} 1\n"
    "taskdriver_tasks_queued 1234\ntaskdriver_tasks_running 5\n"
    "taskdriver_queue_depth{project=\"demo\"} 1234\n"
    "taskdriver_queue_running{project=\"demo\"} 5\n";

struct single_node {
  canned_server server;
  void answer_health(int status, const std::string& health) {
    server.on("GET /health", {status, health});
    server.on("GET /metrics", {200, single_metrics});
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(status, single_node)

BOOST_AUTO_TEST_CASE(a_cluster_without_problems_is_well) {
  server.on_data("GET /api/cluster", well_cluster);
  const auto done = run_at(server, {"status"});
  BOOST_TEST(done.code == 0);
  BOOST_TEST(contains(done.out, "All is well."));
  BOOST_TEST(contains(done.out, "2 of 2 shards served"));
  BOOST_TEST(contains(done.out, "draining"));
  BOOST_TEST(contains(done.out, "2.0 MiB"));
}

BOOST_AUTO_TEST_CASE(an_error_comes_first_with_its_advice_and_ends_with_1) {
  server.on_data("GET /api/cluster", ill_cluster);
  const auto done = run_at(server, {"status"});
  BOOST_TEST(done.code == 1);
  BOOST_TEST(contains(done.out, "error: shard 1 not served\n  -> start n3\nwarning: node n3"));
  BOOST_TEST(contains(done.out, "etcd does not answer"));
  BOOST_TEST(contains(done.out, "gone 14 s"));
}

BOOST_AUTO_TEST_CASE(warnings_count_only_when_that_is_asked_for) {
  auto cluster = nlohmann::json::parse(ill_cluster);
  cluster["problems"].erase(0);
  server.on_data("GET /api/cluster", cluster.dump());
  BOOST_TEST(run_at(server, {"status"}).code == 0);
  BOOST_TEST(run_at(server, {"status", "--strict"}).code == 1);
}

BOOST_AUTO_TEST_CASE(json_is_what_the_api_answers) {
  server.on_data("GET /api/cluster", ill_cluster);
  const auto done = run_at(server, {"status", "--json"});
  BOOST_TEST(done.code == 1);
  BOOST_TEST((nlohmann::json::parse(done.out) == nlohmann::json::parse(ill_cluster)));
}

BOOST_AUTO_TEST_CASE(a_node_of_the_cluster_that_refuses_writes_is_an_error) {
  auto cluster = nlohmann::json::parse(well_cluster);
  cluster["nodes"][0]["httpAddress"] = server.address();
  server.on_data("GET /api/cluster", cluster.dump());
  answer_health(503, R"({"success":false,"error":"The storage cannot write",
                         "data":{"status":"unhealthy","storage":{"reason":"the disk is full"}}})");
  const auto done = run_at(server, {"status"});
  BOOST_TEST(done.code == 1);
  BOOST_TEST(contains(done.out, "error: node n1 refuses writes: the disk is full"));
}

BOOST_AUTO_TEST_CASE(a_single_node_tells_health_version_and_queues) {
  answer_health(200, R"({"success":true,"data":{"status":"healthy","uptime":60,
                         "storage":{"healthy":true}}})");
  const auto done = run_at(server, {"status"});
  BOOST_TEST(done.code == 0);
  BOOST_TEST(contains(done.out, "Single node n7, version 1.2.3, up for 60 s"));
  BOOST_TEST(contains(done.out, "1,234 tasks queued"));
  BOOST_TEST(contains(done.out, "demo"));
}

BOOST_AUTO_TEST_CASE(a_single_node_that_cannot_write_ends_with_1_and_the_reason) {
  answer_health(503, R"({"success":false,"error":"The storage cannot write",
                         "data":{"status":"unhealthy","uptime":60,
                                 "storage":{"healthy":false,"reason":"little space is free"}}})");
  const auto done = run_at(server, {"status"});
  BOOST_TEST(done.code == 1);
  BOOST_TEST(contains(done.out, "little space is free"));
  BOOST_TEST(run_at(server, {"status", "--json"}).code == 1);
}

BOOST_AUTO_TEST_SUITE_END()
