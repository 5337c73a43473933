// tdctl top: rates from two readings, projects from all nodes.
#include <boost/test/unit_test.hpp>
#include <sstream>

#include "tests/tdctl/canned_server.hpp"
#include "tests/tdctl/samples.hpp"
#include "tools/tdctl/top_frame.hpp"

using namespace taskdriver::testing;
using namespace taskdriver::tdctl;

namespace {

node_reading reading_of(const std::string& name, const std::string& metrics) {
  return {
      .name = name, .state = "up", .led = "5", .reached = true, .metrics = metrics_text(metrics)};
}

struct frame {
  top_reading before{.at_s = 10, .cluster = nullptr, .nodes = {}};
  top_reading now{.at_s = 12, .cluster = nullptr, .nodes = {}};

  std::string print() {
    std::istringstream in;
    std::ostringstream out, err;
    print_frame(before, now, 10, {in, out, err});
    return out.str();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(top, frame)

BOOST_AUTO_TEST_CASE(rates_are_per_second_and_summed_over_the_nodes) {
  before.nodes = {reading_of("n1", "taskdriver_completions_total 100\n"),
                  reading_of("n2", "taskdriver_completions_total 0\n")};
  now.nodes = {reading_of("n1", "taskdriver_completions_total 300\n"),
               reading_of("n2", "taskdriver_completions_total 2000\n")};
  const auto text = print();
  BOOST_TEST(contains(text, "per second: 1,100 completed"));
  BOOST_TEST(contains(text, "n2    up         5     1,000"));
}

BOOST_AUTO_TEST_CASE(a_counter_that_a_restart_set_back_counts_from_zero) {
  before.nodes = {reading_of("n1", "taskdriver_completions_total 5000\n")};
  now.nodes = {reading_of("n1", "taskdriver_completions_total 20\n")};
  BOOST_TEST(contains(print(), "per second: 10 completed"));
}

BOOST_AUTO_TEST_CASE(a_node_that_was_not_reached_says_so_and_has_no_numbers) {
  now.nodes = {{.name = "n1", .state = "up"}, {.name = "n2", .state = "gone"}};
  const auto text = print();
  BOOST_TEST(contains(text, "n1    not reached"));
  BOOST_TEST(contains(text, "n2    gone"));
}

BOOST_AUTO_TEST_CASE(projects_come_deepest_first_wherever_they_are) {
  now.nodes = {reading_of("n1", "taskdriver_queue_depth{project=\"small\"} 3\n"),
               reading_of("n2", "taskdriver_queue_depth{project=\"large\"} 4000\n")};
  const auto text = print();
  BOOST_TEST(contains(text, "4,000"));
  BOOST_TEST(text.find("large") < text.find("small"));
}

BOOST_AUTO_TEST_CASE(one_frame_of_a_single_node_can_be_printed) {
  canned_server server;
  server.on("GET /metrics", {200, "taskdriver_build_info{node=\"n7\",version=\"1\"} 1\n"});
  const auto done = run_at(server, {"top", "--once", "--interval", "0.1"});
  BOOST_TEST(done.code == 0);
  BOOST_TEST(contains(done.out, "TaskDriver, single node"));
  BOOST_TEST(contains(done.out, "n7"));
}

BOOST_AUTO_TEST_CASE(a_node_is_not_shown_with_the_numbers_of_another_at_its_address) {
  canned_server server;
  const auto node = [&](const std::string& name) {
    return R"({"id":")" + name + R"(","state":"up","httpAddress":")" + server.address() + R"("})";
  };
  server.on_data("GET /api/cluster",
                 R"({"problems":[],"nodes":[)" + node("n1") + "," + node("n2") + "]}");
  server.on("GET /metrics", {200,
                             "taskdriver_build_info{node=\"n1\",version=\"1\"} 1\n"
                             "taskdriver_queue_depth{project=\"alone\"} 7\n"});
  const auto done = run_at(server, {"top", "--once", "--interval", "0.1"});
  BOOST_TEST(contains(done.out, "n1    up"));
  BOOST_TEST(contains(done.out, "n2    not reached"));
  BOOST_TEST(!contains(done.out, "14"));
}

BOOST_AUTO_TEST_CASE(one_frame_of_a_cluster_tells_what_is_wrong) {
  canned_server server;
  server.on_data("GET /api/cluster", ill_cluster);
  const auto done = run_at(server, {"top", "--once", "--interval", "0.1"});
  BOOST_TEST(done.code == 0);
  BOOST_TEST(contains(done.out, "1 of 2 shards served"));
  BOOST_TEST(contains(done.out, "error: shard 1 not served"));
}

BOOST_AUTO_TEST_SUITE_END()
