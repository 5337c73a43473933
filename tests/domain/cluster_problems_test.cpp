// What an operator is told of a cluster's state: each cause once, worst first.
#include "domain/cluster_problems.hpp"

#include <boost/test/unit_test.hpp>

namespace taskdriver::domain {
namespace {

/// Three nodes, two shards with all of them in sync, all well.
struct healthy_cluster {
  cluster_view cluster;

  healthy_cluster() {
    cluster.cluster = "main";
    cluster.asked = "n1";
    cluster.controller = "n1";
    cluster.register_reachable = true;
    cluster.replicas = 3;
    for (const char* name : {"n1", "n2", "n3"})
      cluster.nodes.push_back({.name = name,
                               .state = cluster_node_state::up,
                               .connected = true,
                               .led = 1,
                               .in_sync = 2});
    for (std::uint16_t n = 0; n < 2; ++n) {
      shard_view shard{.shard = n, .epoch = 1, .primary = "n1", .served = true, .min_in_sync = 2};
      shard.wanted = {"n1", "n2", "n3"};
      for (const char* name : {"n1", "n2", "n3"})
        shard.replicas.push_back({.node = name, .in_sync = true, .wanted = true});
      cluster.shards.push_back(std::move(shard));
    }
  }

  void lose(std::size_t node) {
    cluster.nodes[node].state = cluster_node_state::gone;
    cluster.nodes[node].connected = false;
    cluster.nodes[node].gone_ms = 150'000;
  }
  std::vector<cluster_problem> told() const { return problems_of(cluster); }
};

BOOST_FIXTURE_TEST_SUITE(cluster_problems, healthy_cluster)

BOOST_AUTO_TEST_CASE(nothing_is_told_of_a_healthy_cluster) {
  BOOST_TEST(told().empty());
}

BOOST_AUTO_TEST_CASE(a_node_that_is_gone_is_named_with_what_to_do) {
  lose(2);
  for (auto& shard : cluster.shards) shard.replicas[2].in_sync = false;
  const auto found = told();
  BOOST_REQUIRE(found.size() == 3u);
  BOOST_TEST(found[0].text == "node n3 is gone since 2 min");
  BOOST_TEST(found[0].advice == "start it; if it will not come back: tdctl remove n3");
  BOOST_TEST(found[1].text == "2 usable nodes for 3 replicas of each shard");
  BOOST_TEST(found[2].text ==
             "shards 0, 1 with as few replicas in sync as writes need: one more failure stops "
             "them");
}

BOOST_AUTO_TEST_CASE(a_shard_whose_replicas_are_down_names_the_nodes_to_start) {
  lose(0);
  lose(1);
  cluster.asked = "n3";
  for (auto& shard : cluster.shards) {
    shard.served = false;
    shard.replicas[2].in_sync = false;
  }
  const auto found = told();
  BOOST_REQUIRE(!found.empty());
  BOOST_TEST((found[0].severity == problem_severity::error));
  BOOST_TEST(found[0].text == "shards 0, 1 not served: too few of the replicas in sync are up");
  BOOST_TEST(found[0].advice.starts_with("start n1, n2; only if their disks are lost for good"));
}

BOOST_AUTO_TEST_CASE(a_take_over_under_way_is_an_error_that_asks_for_patience) {
  cluster.shards[1].served = false;
  const auto found = told();
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST((found[0].severity == problem_severity::error));
  BOOST_TEST(found[0].text == "shard 1 without a serving primary");
}

BOOST_AUTO_TEST_CASE(an_unreachable_register_is_a_warning_while_all_is_served) {
  cluster.register_reachable = false;
  const auto found = told();
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST((found[0].severity == problem_severity::warning));
}

BOOST_AUTO_TEST_CASE(a_drained_node_may_be_stopped) {
  cluster.replicas = 2;
  cluster.nodes[2].state = cluster_node_state::draining;
  cluster.nodes[2].in_sync = 1;
  BOOST_REQUIRE(told().size() == 1u);
  BOOST_TEST(told()[0].text == "node n3 is being drained: 1 replica left");
  cluster.nodes[2].in_sync = 0;
  BOOST_TEST(told()[0].text == "node n3 is drained");
  BOOST_TEST((told()[0].severity == problem_severity::note));
}

BOOST_AUTO_TEST_CASE(many_shards_are_counted_and_not_listed) {
  const auto shard = cluster.shards[0];
  cluster.shards.assign(16, shard);
  for (std::uint16_t n = 0; n < 16; ++n) {
    cluster.shards[n].shard = n;
    cluster.shards[n].served = false;
  }
  BOOST_TEST(told()[0].text == "16 shards without a serving primary");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::domain
