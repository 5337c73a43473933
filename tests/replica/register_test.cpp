// Adopting configurations and asking for changes: R7–R12, and the reads of R13 and R32.
#include <boost/test/unit_test.hpp>

#include "tests/replica/lone_replica.hpp"

namespace taskdriver::cluster::testing {

BOOST_FIXTURE_TEST_SUITE(the_register, lone_primary)

BOOST_AUTO_TEST_CASE(r7_counts_only_when_it_is_newer) {
  adopt(configuration_of(5, "a"));
  adopt(configuration_of(4, "c"));
  BOOST_TEST(run->configuration().primary == "a");
  auto other = configuration_of(5, "c");
  adopt(other);
  BOOST_TEST(run->configuration().primary == "a");
}

BOOST_AUTO_TEST_CASE(r7_decides_a_change_by_its_id) {
  adopt(configuration_of(1, "a"));
  const auto wanted = ask_for_takeover();
  auto by_other = configuration_of(2, "b");  // the same epoch and primary, another author
  adopt(by_other);
  BOOST_TEST(!run->leads());
  BOOST_TEST(!(wanted.change == by_other.change));
}

BOOST_AUTO_TEST_CASE(r8_ends_a_leadership_when_another_primary_is_named) {
  lead();
  ack(node_a, 0), ack(node_c, 0);
  BOOST_REQUIRE(serves());
  const auto out = adopt(configuration_of(epoch + 1, "c"), false);
  BOOST_TEST(!run->leads());
  BOOST_REQUIRE_EQUAL(out.leadership.size(), 1u);
  BOOST_TEST((out.leadership[0] == leadership_change::ended));
}

BOOST_AUTO_TEST_CASE(r8_restarts_the_grace_for_another_primary_but_not_for_other_members) {
  adopt(configuration_of(1, "a"));
  wait(1400);
  auto fewer = configuration_of(2, "a");
  fewer.in_sync = {node_a, node_b};
  adopt(fewer);
  fsync_all();
  hear(node_c, probe_answer{});
  BOOST_TEST(wait(100).change.has_value());  // the grace went on

  lone_primary other;
  other.adopt(configuration_of(1, "a"));
  other.wait(1400);
  other.adopt(configuration_of(2, "c"));
  other.fsync_all();
  other.hear(node_a, probe_answer{});
  BOOST_TEST(!other.wait(100).change.has_value());
}

BOOST_AUTO_TEST_CASE(r9_lets_a_primary_go_on_only_after_its_own_change) {
  lead();
  ack(node_a, 0), ack(node_c, 0);
  auto forced = configuration_of(epoch + 1, "b");
  adopt(forced);
  BOOST_TEST(!run->leads());
  BOOST_TEST(run->serving_until_ms() == 0);
}

BOOST_AUTO_TEST_CASE(r10_does_not_make_a_primary_of_a_node_that_is_only_named) {
  adopt(configuration_of(4, "b"));
  BOOST_TEST(!run->leads());
  adopt(configuration_of(5, "b"), false);  // without a hand-over: a change of an earlier life
  BOOST_TEST(!run->leads());
}

BOOST_AUTO_TEST_CASE(r10_makes_a_primary_by_a_hand_over_after_the_first_read) {
  adopt(configuration_of(4, "a"));
  auto handed = configuration_of(5, "b");
  handed.handover = true;
  hear(node_a, configuration_message{handed});
  BOOST_TEST(run->leads());
}

BOOST_AUTO_TEST_CASE(r10_takes_no_hand_over_that_the_first_read_shows_or_that_came_before_it) {
  auto handed = configuration_of(5, "b");
  handed.handover = true;
  adopt(handed);
  BOOST_TEST(!run->leads());

  lone_replica early;
  early.hear(node_a, configuration_message{handed});
  BOOST_TEST(!early.run->leads());
  early.adopt(handed);
  BOOST_TEST(!early.run->leads());
}

BOOST_AUTO_TEST_CASE(r10_takes_a_copy_for_no_read_of_the_register) {
  hear(node_a, configuration_message{configuration_of(4, "a")});
  auto handed = configuration_of(5, "b");
  handed.handover = true;
  hear(node_a, configuration_message{handed});
  BOOST_TEST(!run->leads());
}

BOOST_AUTO_TEST_CASE(r11_repeats_a_change_until_the_epoch_has_moved_whatever_a_read_shows) {
  adopt(configuration_of(1, "a"));
  const auto wanted = ask_for_takeover();
  for (int i = 0; i < 3; ++i) {
    adopt(configuration_of(1, "a"));  // proves nothing
    BOOST_TEST(!wait(250).change.has_value());
    const auto again = wait(50).change;
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST((again->wanted == wanted));
  }
  adopt(configuration_of(2, "c"));
  BOOST_TEST(!wait(300).change.has_value());
}

BOOST_AUTO_TEST_CASE(r11_ends_a_change_by_an_accepted_message_of_a_later_epoch) {
  adopt(configuration_of(1, "a"));
  ask_for_takeover();
  hear(node_c, append_message{.epoch = 2});
  BOOST_TEST(!wait(600).change.has_value());
}

BOOST_AUTO_TEST_CASE(r12_needs_the_acknowledgements_of_those_who_are_to_join) {
  place({.replicas = {"a", "b", "c", "d"}});
  lead();
  const member node_d{"d", 4};
  ack(node_a, 0), ack(node_c, 0), ack(node_d, 0);
  const auto joining = tick().change;
  BOOST_REQUIRE(joining.has_value());
  BOOST_TEST(joining->wanted.holds(node_d));
  propose();
  fsync();
  ack(node_a, 1), ack(node_c, 1);
  BOOST_TEST(run->commit_index() == 0u);
  ack(node_d, 1);
  BOOST_TEST(run->commit_index() == 1u);
}

BOOST_FIXTURE_TEST_CASE(r12_needs_the_acknowledgements_of_those_who_are_to_leave,
                        primary_of_three) {
  propose();
  fsync();
  mute_c();
  BOOST_TEST(run->commit_index() == 0u);
  BOOST_TEST(!serves());  // c's lease is over, and c still counts
  adopt(asked);
  epoch = asked.epoch;
  ack(node_a, 1);
  BOOST_TEST(run->commit_index() == 1u);
  BOOST_TEST(serves());
}

BOOST_AUTO_TEST_CASE(r12_refuses_the_old_primary_while_a_take_over_is_pending) {
  adopt(configuration_of(1, "a"));
  ask_for_takeover();
  const auto ack = ack_in(hear(node_a, append_message{.epoch = 1, .stamp = now}));
  BOOST_TEST(ack->epoch == 0u);
}

BOOST_AUTO_TEST_CASE(r13_is_read_again_when_a_peer_has_seen_a_higher_epoch) {
  lead();
  wait(300);
  ack(node_a, 0);
  BOOST_TEST(!tick().read_register);
  const auto told = hear(node_c, ack_message{.epoch = 0, .seen = epoch + 3});
  BOOST_TEST(told.read_register);
  BOOST_TEST(run->leads());
}

BOOST_AUTO_TEST_CASE(r32_is_read_from_the_start_until_it_answers) {
  BOOST_TEST(tick().read_register);
  BOOST_TEST(wait(300).read_register);
  adopt(configuration_of(1, "a"), false);  // a watch is no read
  BOOST_TEST(wait(300).read_register);
  adopt(configuration_of(1, "a"));
  BOOST_TEST(!wait(300).read_register);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster::testing
