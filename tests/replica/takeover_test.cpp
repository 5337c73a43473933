// How a replica becomes the primary, and what it must not do before: R20, R21, R33–R35.
#include <boost/test/unit_test.hpp>

#include "tests/replica/lone_replica.hpp"

namespace taskdriver::cluster::testing {
namespace {

struct three_nodes : scripted_shard {
  three_nodes() : scripted_shard(3) { start(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_take_over, lone_primary)

BOOST_AUTO_TEST_CASE(r20_comes_after_the_grace_and_leaves_the_old_primary_out) {
  adopt(configuration_of(1, "a"));
  fsync_all();
  const auto named_at = now;
  const auto wanted = ask_for_takeover();
  BOOST_TEST(now - named_at >= 1500);
  BOOST_TEST(wanted.epoch == 2u);
  BOOST_TEST(wanted.primary == "b");
  BOOST_TEST(!wanted.holds(node_a));
  BOOST_TEST(!wanted.handover);
}

BOOST_AUTO_TEST_CASE(r21_takes_nobody_in_before_its_epoch_is_on_disk) {
  place({.replicas = {"a", "b", "c"}});
  adopt(configuration_of(1, "a"));
  const auto wanted = ask_for_takeover();
  adopt(wanted);
  epoch = wanted.epoch;
  ack(node_c, 0), ack(node_a, 0);
  BOOST_TEST(!tick().change.has_value());
  fsync_all();
  ack(node_c, 0), ack(node_a, 0);
  const auto joined = tick().change;
  BOOST_REQUIRE(joined.has_value());
  BOOST_TEST(joined->wanted.holds(node_a));
}

BOOST_AUTO_TEST_CASE(r20_is_put_off_by_every_message_that_is_accepted) {
  adopt(configuration_of(1, "a"));
  fsync_all();
  for (int i = 0; i < 30; ++i) {
    hear(node_c, probe_answer{});
    BOOST_TEST(!wait(200).change.has_value());
    hear(node_a, append_message{.epoch = 1, .stamp = now});
  }
}

BOOST_AUTO_TEST_CASE(r20_needs_answers_to_its_probes) {
  adopt(configuration_of(1, "a"));
  fsync_all();
  BOOST_TEST(!wait(1000).change.has_value());
  BOOST_TEST(!all_in<probe_message>(wait(200), "c").empty());
  BOOST_TEST(!wait(5000).change.has_value());
  hear(node_c, probe_answer{});
  BOOST_TEST(wait(50).change.has_value());
}

BOOST_AUTO_TEST_CASE(r20_needs_no_answers_where_one_replica_is_enough) {
  auto two = configuration_of(1, "a");
  two.in_sync = {node_a, node_b};
  two.min_in_sync = 1;
  adopt(two);
  fsync_all();
  BOOST_TEST(wait(1600).change.has_value());
}

BOOST_AUTO_TEST_CASE(r20_is_not_for_a_node_outside_in_sync_nor_for_another_store) {
  auto without = configuration_of(1, "a");
  without.in_sync = {node_a, {"b", 222}, node_c};
  adopt(without);
  fsync_all();
  for (int i = 0; i < 50; ++i) {
    hear(node_c, probe_answer{});
    BOOST_TEST(!wait(100).change.has_value());
  }
}

BOOST_AUTO_TEST_CASE(r20_waits_the_whole_grace_after_a_restart) {
  adopt(configuration_of(1, "a"));
  fsync_all();
  wait(1000);
  start(0);
  const auto started_at = now;
  adopt(configuration_of(1, "a"));
  ask_for_takeover();
  BOOST_TEST(now - started_at >= 1500);
}

BOOST_AUTO_TEST_CASE(r20_keeps_the_old_primary_where_too_few_would_remain) {
  auto two = configuration_of(1, "a");
  two.in_sync = {node_a, node_b};
  adopt(two);
  BOOST_TEST(ask_for_takeover().holds(node_a));
}

BOOST_AUTO_TEST_CASE(r20_waits_while_a_later_epoch_is_known_but_not_its_configuration) {
  adopt(configuration_of(1, "a"));
  hear(node_c, append_message{.epoch = 3});
  fsync_all();
  for (int i = 0; i < 50; ++i) {
    hear(node_c, probe_answer{});
    BOOST_TEST(!wait(100).change.has_value());
  }
  adopt(configuration_of(3, "c"));
  BOOST_TEST(ask_for_takeover().epoch == 4u);
}

BOOST_AUTO_TEST_CASE(r32_needs_a_read_of_the_register_in_this_life) {
  adopt(configuration_of(1, "a"), false);
  fsync_all();
  for (int i = 0; i < 50; ++i) {
    hear(node_c, probe_answer{});
    BOOST_TEST(!wait(100).change.has_value());
  }
}

BOOST_AUTO_TEST_CASE(r21_tells_all_members_at_once_and_sends_the_tail_as_it_was_written) {
  lead(3, 1);
  BOOST_TEST(all_in<configuration_message>(began, "c").size() == 1u);
  const auto appends = all_in<append_message>(began, "c");
  BOOST_REQUIRE_EQUAL(appends.size(), 1u);
  BOOST_TEST(appends[0].epoch == 2u);
  BOOST_TEST(appends[0].prev_index == 3u);
  BOOST_TEST(appends[0].prev_epoch == 1u);
  const auto rest =
      hear(node_c, ack_message{.epoch = 2, .stamp = now, .match = 1, .mismatch = true});
  const auto tail = all_in<append_message>(rest, "c");
  BOOST_REQUIRE_EQUAL(tail.size(), 1u);
  BOOST_REQUIRE_EQUAL(tail[0].entries.size(), 2u);
  BOOST_TEST(tail[0].entries[0].epoch == 1u);  // never stamped anew (R3)
}

BOOST_AUTO_TEST_CASE(r21_serves_only_when_all_have_the_tail) {
  lead(3, 1);
  ack(node_c, 2);
  BOOST_TEST(!serves());
  BOOST_TEST(!propose().proposed->accepted);
  const auto out = ack(node_c, 3);
  BOOST_TEST(serves());
  BOOST_TEST(out.apply_up_to == 3u);
  BOOST_REQUIRE_EQUAL(out.leadership.size(), 1u);
  BOOST_TEST((out.leadership[0] == leadership_change::ready));
}

BOOST_AUTO_TEST_CASE(r21_serves_only_when_the_new_epoch_is_on_disk) {
  adopt(configuration_of(1, "a"));
  const auto wanted = ask_for_takeover();
  adopt(wanted);
  epoch = wanted.epoch;
  ack(node_c, 0);
  BOOST_TEST(!serves());
  fsync_all();
  BOOST_TEST(serves());
}

BOOST_FIXTURE_TEST_CASE(r33_gives_a_restarted_primary_a_new_epoch, three_nodes) {
  const auto before = registered.epoch;
  const auto primary = serving();
  for (const auto* name : {"a", "b", "c"})
    if (name != primary) at(name).cut_off = true;
  crash(primary);
  restart(primary);
  BOOST_TEST(!on(primary).leads());
  run_for(3000);
  BOOST_TEST(registered.epoch == before);  // nobody answers its probes
  for (const auto* name : {"a", "b", "c"}) at(name).cut_off = false;
  BOOST_REQUIRE(run_until([&] { return !serving().empty(); }));
  BOOST_TEST(registered.epoch > before);
}

BOOST_FIXTURE_TEST_CASE(r34_comes_back_after_all_nodes_restart_with_all_acknowledged, three_nodes) {
  const auto primary = serving();
  for (int i = 0; i < 5; ++i) BOOST_REQUIRE(propose(primary, std::to_string(i)));
  for (const auto* name : {"a", "b", "c"}) crash(name);
  for (const auto* name : {"a", "b", "c"}) restart(name);
  BOOST_REQUIRE(run_until([&] { return !serving().empty(); }, 4000));
  BOOST_TEST(at(serving()).applied.size() == 5u);
}

BOOST_FIXTURE_TEST_CASE(r35_takes_a_node_with_an_empty_disk_for_a_learner, three_nodes) {
  const auto primary = serving();
  BOOST_REQUIRE(propose(primary, "one"));
  const node_name lost = primary == "a" ? "b" : "a";
  const auto old_store = at(lost).as_member();
  lose_disk(lost);
  restart(lost);
  BOOST_REQUIRE(run_until([&] { return registered.holds(at(lost).as_member()); }));
  BOOST_TEST(!registered.holds(old_store));
  run_for(300);
  BOOST_TEST(at(lost).applied.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster::testing
