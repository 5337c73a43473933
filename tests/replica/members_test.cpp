// Who is dropped, who joins, and how few may be in sync: R26–R28, R37.
#include <boost/test/unit_test.hpp>

#include "tests/replica/lone_replica.hpp"

namespace taskdriver::cluster::testing {
namespace {

const member node_d{"d", 4};

struct three_nodes : scripted_shard {
  three_nodes() : scripted_shard(3) { start(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(in_sync, primary_of_three)

BOOST_AUTO_TEST_CASE(r26_drops_a_member_that_is_silent_for_a_second) {
  const auto since = now;
  mute_c();
  BOOST_TEST(now - since == 1000);
  BOOST_TEST(asked.in_sync.size() == 2u);
}

BOOST_AUTO_TEST_CASE(r26_drops_a_member_that_answers_beacons_but_does_not_get_on) {
  propose();
  fsync();
  const auto wanted = beacons(0, 30);
  BOOST_REQUIRE(wanted.has_value());
  BOOST_TEST(!wanted->holds(node_c));
}

BOOST_AUTO_TEST_CASE(r26_lets_a_member_be_that_has_nothing_to_get_on_with) {
  BOOST_TEST(!beacons(0, 60).has_value());
}

BOOST_AUTO_TEST_CASE(r27_proposes_nothing_when_too_few_would_remain) {
  BOOST_TEST(!wait(5000).change.has_value());
  mute_c();
  adopt(asked);
  epoch = asked.epoch;
  fsync_all();
  BOOST_TEST(!wait(5000).change.has_value());  // a is mute too, and 2 must be in sync
}

BOOST_AUTO_TEST_CASE(r28_takes_a_learner_in_only_when_it_has_all_that_may_be_acknowledged) {
  lone_primary p;
  p.place({.replicas = {"b", "c", "d"}});
  p.lead(5, 1);
  p.ack(node_d, 4);  // more than is known to be committed, less than the tail
  BOOST_TEST(!p.tick().change.has_value());
  p.ack(node_d, 5);
  BOOST_REQUIRE(p.tick().change.has_value());
}

BOOST_AUTO_TEST_CASE(r28_takes_only_wanted_learners_that_answer_now) {
  ack(node_d, 0);
  BOOST_TEST(!tick().change.has_value());
  place({.replicas = {"a", "b", "c", "d"}});
  ack(node_d, 0, now - 600);
  BOOST_TEST(!tick().change.has_value());
  ack(node_d, 0);
  BOOST_TEST(tick().change->wanted.holds(node_d));
}

BOOST_AUTO_TEST_CASE(r35_replaces_a_lost_disk_in_one_change) {
  mute_c();
  adopt(asked);
  epoch = asked.epoch;
  fsync_all();
  ack(node_a, 0);
  const member new_a{"a", 111};
  ack(new_a, 0);
  const auto wanted = tick().change;
  BOOST_REQUIRE(wanted.has_value());
  BOOST_TEST(wanted->wanted.holds(new_a));
  BOOST_TEST(!wanted->wanted.holds(node_a));
}

BOOST_FIXTURE_TEST_CASE(r26_takes_a_mute_member_back_when_it_answers_again, three_nodes) {
  const auto primary = serving();
  const node_name away = primary == "c" ? "b" : "c";
  at(away).cut_off = true;
  BOOST_REQUIRE(run_until([&] { return registered.in_sync.size() == 2; }, 1500));
  BOOST_TEST(propose(primary, "meanwhile"));
  at(away).cut_off = false;
  BOOST_REQUIRE(run_until([&] { return registered.in_sync.size() == 3; }, 2000));
  BOOST_TEST(serving() == primary);
}

BOOST_FIXTURE_TEST_CASE(r26_drops_a_member_whose_disk_hangs, three_nodes) {
  const auto primary = serving();
  const node_name stuck = primary == "c" ? "b" : "c";
  at(stuck).disk_stuck = true;
  BOOST_REQUIRE(propose(primary, "one"));
  BOOST_TEST(at(primary).applied.empty());
  BOOST_REQUIRE(run_until([&] { return !at(primary).applied.empty(); }, 1500));
  BOOST_TEST(registered.in_sync.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(moves_to_the_nodes_that_placement_wants, three_nodes) {
  place({.replicas = {"b", "c"}});
  BOOST_REQUIRE(run_until([&] { return registered.in_sync.size() == 2 && !serving().empty(); }));
  BOOST_TEST(registered.find("a") == nullptr);
  BOOST_TEST(propose(serving(), "one"));
}

BOOST_FIXTURE_TEST_CASE(follows_the_preferred_primary, three_nodes) {
  for (const auto* name : {"c", "b", "a"}) {
    place({.replicas = {"a", "b", "c"}, .primary = name});
    BOOST_TEST(run_until([&] { return serving() == name; }), name);
  }
}

BOOST_FIXTURE_TEST_CASE(r37_raises_min_in_sync_only_when_as_many_are_in_sync, three_nodes) {
  const auto primary = serving();
  const node_name away = primary == "c" ? "b" : "c";
  at(away).cut_off = true;
  run_until([&] { return registered.in_sync.size() == 2; });
  place({.replicas = {"a", "b", "c"}, .min_in_sync = 3});
  run_for(1000);
  BOOST_TEST(registered.min_in_sync == 2u);
  at(away).cut_off = false;
  BOOST_TEST(run_until([&] { return registered.min_in_sync == 3; }));
  place({.replicas = {"a", "b", "c"}, .min_in_sync = 1});
  BOOST_TEST(run_until([&] { return registered.min_in_sync == 1; }));
}

BOOST_AUTO_TEST_CASE(r37_grows_from_one_node_to_three) {
  scripted_shard shard(3, 1);
  shard.registered = {.epoch = 1,
                      .primary = "a",
                      .in_sync = {shard.at("a").as_member()},
                      .min_in_sync = 1,
                      .change = {"a", 1, 1}};
  shard.place({.replicas = {"a"}});
  for (const auto* name : {"a", "b", "c"}) shard.at(name).reads_waiting = true;
  BOOST_REQUIRE(shard.run_until([&] { return shard.serving() == "a"; }));
  BOOST_REQUIRE(shard.propose("a", "alone"));
  shard.place({.replicas = {"a", "b", "c"}, .min_in_sync = 2});
  BOOST_REQUIRE(shard.run_until([&] { return shard.registered.min_in_sync == 2; }));
  BOOST_TEST(shard.registered.in_sync.size() == 3u);
  shard.crash("a");
  BOOST_REQUIRE(shard.run_until([&] { return !shard.serving().empty(); }, 3000));
  BOOST_TEST(shard.at(shard.serving()).applied.front() == "alone");
}

BOOST_FIXTURE_TEST_CASE(r31_catches_up_by_a_checkpoint_and_then_by_the_log, three_nodes) {
  const auto primary = serving();
  const node_name lost = primary == "c" ? "b" : "c";
  for (int i = 0; i < 10; ++i) BOOST_REQUIRE(propose(primary, std::to_string(i)));
  lose_disk(lost);
  run_until([&] { return registered.in_sync.size() == 2; });
  flush_and_cut(primary, on(primary).commit_index());
  restart(lost);
  BOOST_REQUIRE(run_until([&] { return !at(primary).checkpoints.empty(); }));
  gather_checkpoint(primary, lost);
  BOOST_REQUIRE(propose(primary, "after"));
  step(primary, checkpoint_sent_input{lost});
  BOOST_REQUIRE(run_until([&] { return registered.in_sync.size() == 3; }));
  run_for(300);
  BOOST_TEST(at(lost).applied == at(primary).applied);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster::testing
