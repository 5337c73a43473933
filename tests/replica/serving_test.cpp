// The life of a shard without surprises: it begins, serves, takes entries and goes to another node.
#include <boost/test/unit_test.hpp>

#include "tests/replica/scripted_shard.hpp"

namespace taskdriver::cluster::testing {
namespace {

struct three_nodes : scripted_shard {
  three_nodes() : scripted_shard(3) { start(); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_shard)

BOOST_AUTO_TEST_CASE(that_was_never_configured_has_no_primary) {
  scripted_shard shard(3);
  shard.run_for(5000);
  BOOST_TEST(shard.serving() == "");
  BOOST_TEST(shard.registered.epoch == 0u);
}

BOOST_AUTO_TEST_CASE(of_one_node_serves_without_any_peer) {
  scripted_shard shard(1, 1);
  shard.start();
  BOOST_TEST(shard.serving() == "a");
  BOOST_TEST(shard.propose("a", "one"));
  BOOST_TEST(shard.at("a").applied.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(commits_on_every_member_and_all_apply_the_same, three_nodes) {
  const auto primary = serving();
  for (int i = 0; i < 20; ++i) BOOST_REQUIRE(propose(primary, std::to_string(i)));
  run_for(1000);
  BOOST_TEST(at(primary).applied.size() == 20u);
  for (const auto* name : {"a", "b", "c"}) BOOST_TEST(at(name).applied == at(primary).applied);
}

BOOST_FIXTURE_TEST_CASE(goes_on_serving_for_as_long_as_nothing_happens, three_nodes) {
  const auto primary = serving();
  for (int i = 0; i < 200; ++i) {
    run_for(50);
    BOOST_REQUIRE(serves(primary));
  }
}

BOOST_FIXTURE_TEST_CASE(survives_its_primary_and_takes_it_back_as_a_backup, three_nodes) {
  const auto first = serving();
  BOOST_REQUIRE(propose(first, "before"));
  crash(first);
  BOOST_REQUIRE(run_until([&] { return !serving().empty(); }, 3000));
  const auto second = serving();
  BOOST_REQUIRE(propose(second, "after"));
  restart(first);
  BOOST_TEST(run_until([&] { return registered.in_sync.size() == 3; }));
  run_for(500);
  const std::vector<std::string> all{"before", "after"};
  BOOST_TEST(at(first).applied == all);
}

BOOST_FIXTURE_TEST_CASE(is_handed_over_without_a_pause, three_nodes) {
  const auto first = serving();
  BOOST_REQUIRE(propose(first, "before"));
  const auto before = now;
  step(first, handover_input{"c"});
  BOOST_TEST(serving() == "c");
  BOOST_TEST(now == before);
  BOOST_TEST(propose("c", "after"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster::testing
