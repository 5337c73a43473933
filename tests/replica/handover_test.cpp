// Giving a shard away: planned, with a lagging successor, and because the own disk hangs: R8, R29,
// R30.
#include <boost/test/unit_test.hpp>

#include "tests/replica/lone_replica.hpp"

namespace taskdriver::cluster::testing {
namespace {

struct three_nodes : scripted_shard {
  three_nodes() : scripted_shard(3) { start(); }
};

struct serving_primary : lone_primary {
  serving_primary() {
    lead();
    ack(node_c, 0);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_hand_over, serving_primary)

BOOST_AUTO_TEST_CASE(r30_stops_serving_and_waits_for_the_successor) {
  propose();
  step(handover_input{"c"});
  BOOST_TEST(!serves());
  BOOST_TEST(!propose().proposed->accepted);
  fsync();
  const auto wanted = ack(node_c, 1).change;
  BOOST_REQUIRE(wanted.has_value());
  BOOST_TEST(wanted->wanted.primary == "c");
  BOOST_TEST(wanted->wanted.handover);
  BOOST_TEST(wanted->wanted.holds(node_b));
  BOOST_TEST(!serves());
}

BOOST_AUTO_TEST_CASE(r30_goes_on_serving_when_the_successor_does_not_get_there_in_time) {
  propose();
  fsync();
  step(handover_input{"c"});
  now += 500;
  ack(node_c, 0);
  tick();
  BOOST_TEST(serves());
}

BOOST_AUTO_TEST_CASE(r30_is_not_begun_towards_a_node_that_cannot_take_it) {
  step(handover_input{"a"});  // not in sync
  BOOST_TEST(serves());
  now += 600;
  step(handover_input{"c"});  // has not answered for too long
  BOOST_TEST(serves());
}

BOOST_AUTO_TEST_CASE(r12_serves_nothing_while_its_change_is_pending) {
  const auto wanted = step(handover_input{"c"}).change;
  BOOST_REQUIRE(wanted.has_value());
  for (int i = 0; i < 100; ++i) {
    now += 50;
    ack(node_c, 0);
    tick();
    BOOST_REQUIRE(!serves());
  }
}

BOOST_AUTO_TEST_CASE(r8_tells_the_successor_at_once) {
  const auto wanted = step(handover_input{""}).change;
  BOOST_REQUIRE(wanted.has_value());
  const auto out = adopt(wanted->wanted);
  BOOST_TEST(all_in<configuration_message>(out, "c").size() == 1u);
  BOOST_TEST(!run->leads());
}

BOOST_AUTO_TEST_CASE(r29_gives_the_shard_away_when_its_own_disk_hangs) {
  propose();
  const auto since = now;
  std::optional<register_change> change;
  while (!change && now < since + 3000) {
    now += 50;
    ack(node_c, 1);
    change = tick().change;
  }
  BOOST_REQUIRE(change.has_value());
  BOOST_TEST(now - since == 1000);
  BOOST_TEST(change->wanted.primary == "c");
  BOOST_TEST(change->wanted.holds(node_b));  // two must stay in sync
  BOOST_TEST(!serves());
}

BOOST_FIXTURE_TEST_CASE(r29_leaves_the_hanging_disk_out_where_enough_remain, three_nodes) {
  const auto primary = serving();
  run_until([&] { return registered.in_sync.size() == 3; });
  at(primary).disk_stuck = true;
  BOOST_REQUIRE(propose(primary, "kept"));
  BOOST_REQUIRE(run_until([&] { return !serving().empty() && serving() != primary; }, 2000));
  BOOST_TEST(at(serving()).applied.front() == "kept");
  BOOST_TEST(registered.find(primary) == nullptr);
}

BOOST_FIXTURE_TEST_CASE(r30_loses_nothing_that_was_acknowledged, three_nodes) {
  int acknowledged = 0;
  for (int i = 0; i < 12; ++i) {
    const auto primary = serving();
    BOOST_REQUIRE(propose(primary, std::to_string(acknowledged++)));
    step(primary, handover_input{});
    BOOST_REQUIRE(!serving().empty());
  }
  run_for(1000);
  for (const auto* name : {"a", "b", "c"})
    BOOST_TEST(at(name).applied.size() == static_cast<std::size_t>(acknowledged));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster::testing
