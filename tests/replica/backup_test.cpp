// What a backup accepts, acknowledges and applies: R13–R19, R32.
#include <boost/test/unit_test.hpp>

#include "tests/replica/lone_replica.hpp"

namespace taskdriver::cluster::testing {

BOOST_FIXTURE_TEST_SUITE(a_backup, lone_replica)

BOOST_AUTO_TEST_CASE(r13_refuses_an_older_epoch_and_says_which_it_has_seen) {
  adopt(configuration_of(5, "a"));
  const auto ack = ack_in(hear(node_c, append_message{.epoch = 4, .stamp = 17}));
  BOOST_REQUIRE(ack.has_value());
  BOOST_TEST(ack->epoch == 0u);
  BOOST_TEST(ack->seen == 5u);
}

BOOST_AUTO_TEST_CASE(r13_takes_entries_of_older_epochs_in_a_message_of_the_newest) {
  adopt(configuration_of(5, "a"));
  hear(node_a, append_message{.epoch = 5, .stamp = 17, .entries = {entry_of(2, 1)}});
  BOOST_TEST(ack_in(fsync())->match == 1u);
}

BOOST_AUTO_TEST_CASE(r13_refuses_a_node_that_is_not_the_primary_of_that_epoch) {
  adopt(configuration_of(5, "a"));
  BOOST_TEST(ack_in(hear(node_c, append_message{.epoch = 5}))->epoch == 0u);
}

BOOST_AUTO_TEST_CASE(r14_does_not_acknowledge_even_a_beacon_before_its_epoch_is_on_disk) {
  BOOST_TEST(!ack_in(hear(node_a, append_message{.epoch = 3, .stamp = 17})).has_value());
  const auto ack = ack_in(fsync());
  BOOST_REQUIRE(ack.has_value());
  BOOST_TEST(ack->epoch == 3u);
  BOOST_TEST(ack->stamp == 17);
  BOOST_TEST(disk.seen() == 3u);
}

BOOST_AUTO_TEST_CASE(r14_counts_nothing_as_matched_in_a_new_epoch_before_it_is_compared) {
  follow_a(3, 0);
  hear(node_c, append_message{.epoch = 2, .stamp = 20, .prev_index = 2, .prev_epoch = 1});
  BOOST_TEST(ack_in(fsync())->match == 2u);  // entry 3 was not compared
}

BOOST_AUTO_TEST_CASE(r15_hints_at_its_last_entry_when_it_lacks_the_one_before) {
  follow_a(3, 0);
  const auto ack = ack_in(
      hear(node_a, append_message{.epoch = 1, .stamp = 20, .prev_index = 9, .prev_epoch = 1}));
  BOOST_TEST(ack->mismatch);
  BOOST_TEST(ack->match == 3u);
}

BOOST_AUTO_TEST_CASE(r15_hints_below_the_whole_run_of_a_wrong_epoch_but_never_below_its_commit) {
  follow_a(2, 1);
  hear(node_a, append_message{.epoch = 3,
                              .prev_index = 2,
                              .prev_epoch = 1,
                              .entries = {entry_of(3, 3), entry_of(3, 4)}});
  fsync();
  const auto in_run = append_message{.epoch = 5, .stamp = 30, .prev_index = 4, .prev_epoch = 4};
  hear(node_c, in_run);
  BOOST_TEST(ack_in(fsync())->match == 2u);
  const auto below = append_message{.epoch = 5, .stamp = 31, .prev_index = 2, .prev_epoch = 2};
  BOOST_TEST(ack_in(hear(node_c, below))->match == 1u);
}

BOOST_AUTO_TEST_CASE(r15_takes_any_prev_up_to_its_commit_for_granted) {
  follow_a(3, 3);
  const auto ack = ack_in(
      hear(node_a, append_message{.epoch = 1, .stamp = 20, .prev_index = 2, .prev_epoch = 1}));
  BOOST_TEST(!ack->mismatch);
}

BOOST_AUTO_TEST_CASE(r16_replaces_what_differs_in_one_write_and_keeps_what_is_the_same) {
  follow_a(4, 1);
  const auto out =
      hear(node_c, append_message{.epoch = 2,
                                  .prev_index = 1,
                                  .prev_epoch = 1,
                                  .entries = {entry_of(1, 2), entry_of(2, 3), entry_of(2, 4)}});
  BOOST_REQUIRE_EQUAL(out.writes.size(), 1u);
  BOOST_TEST(out.writes[0].truncate_from == 3u);
  BOOST_TEST(out.writes[0].entries.size() == 2u);
  BOOST_TEST(out.writes[0].seen_epoch == 2u);
  BOOST_TEST(run->last_index() == 4u);
}

BOOST_AUTO_TEST_CASE(r16_writes_nothing_for_a_message_that_comes_twice) {
  follow_a(4, 1);
  const auto out = hear(node_a, append_message{.epoch = 1,
                                               .stamp = 30,
                                               .prev_index = 2,
                                               .prev_epoch = 1,
                                               .entries = {entry_of(1, 3), entry_of(1, 4)}});
  BOOST_TEST(out.writes.empty());
  BOOST_TEST(ack_in(out)->match == 4u);
}

BOOST_AUTO_TEST_CASE(r17_applies_only_what_is_committed_and_on_its_own_disk) {
  adopt(configuration_of(1, "a"));
  hear(node_a, append_message{.epoch = 1, .commit = 2, .entries = {entry_of(1, 1)}});
  BOOST_TEST(run->commit_index() == 0u);  // not fsynced
  const auto out = fsync();
  BOOST_TEST(out.apply_up_to == 1u);  // the second one is not there
  hear(node_a,
       append_message{
           .epoch = 1, .prev_index = 1, .prev_epoch = 1, .commit = 1, .entries = {entry_of(1, 2)}});
  BOOST_TEST(fsync().apply_up_to == 0u);
}

BOOST_AUTO_TEST_CASE(r17_believes_a_commit_only_up_to_what_was_compared_in_this_epoch) {
  follow_a(3, 0);
  hear(node_c, append_message{.epoch = 2, .prev_index = 1, .prev_epoch = 1, .commit = 3});
  fsync();
  BOOST_TEST(run->commit_index() == 1u);  // 2 and 3 may differ from those of the new primary
}

BOOST_AUTO_TEST_CASE(r18_acknowledges_only_what_is_fsynced) {
  follow_a(2, 0);
  hear(node_a, append_message{.epoch = 1,
                              .stamp = now + 10,
                              .prev_index = 2,
                              .prev_epoch = 1,
                              .entries = {entry_of(1, 3)}});
  const auto beacon =
      hear(node_a, append_message{.epoch = 1, .stamp = now + 20, .prev_index = 3, .prev_epoch = 1});
  BOOST_TEST(ack_in(beacon)->match == 2u);
  BOOST_TEST(ack_in(beacon)->stamp == now + 20);
  BOOST_TEST(ack_in(fsync())->match == 3u);
}

BOOST_AUTO_TEST_CASE(r18_does_not_count_an_fsync_of_what_was_overwritten_meanwhile) {
  follow_a(1, 1);
  hear(node_a, append_message{.epoch = 1,
                              .prev_index = 1,
                              .prev_epoch = 1,
                              .entries = {entry_of(1, 2), entry_of(1, 3)}});
  hear(node_c, append_message{.epoch = 2,
                              .prev_index = 1,
                              .prev_epoch = 1,
                              .entries = {entry_of(2, 2), entry_of(2, 3)}});
  const auto first = fsync(1);
  BOOST_TEST(!ack_in(first).has_value());  // nor is the epoch on disk yet
  BOOST_TEST(run->status(now).durable_index == 1u);
  BOOST_TEST(ack_in(fsync())->match == 3u);
}

BOOST_AUTO_TEST_CASE(r19_keeps_its_tail_when_the_checkpoint_is_a_part_of_its_log) {
  follow_a(5, 1);
  const auto out = step(checkpoint_gathered_input{3, 1, "a", now});
  BOOST_REQUIRE(out.install.has_value());
  BOOST_TEST(out.install->keep_suffix);
  step(checkpoint_installed_input{});
  BOOST_TEST(run->last_index() == 5u);
  BOOST_TEST(run->commit_index() == 3u);
}

BOOST_AUTO_TEST_CASE(r19_replaces_a_log_that_the_checkpoint_does_not_continue) {
  follow_a(5, 1);
  const auto out = step(checkpoint_gathered_input{4, 2, "a", now});
  BOOST_REQUIRE(out.install.has_value());
  BOOST_TEST(!out.install->keep_suffix);
  step(checkpoint_installed_input{});
  BOOST_TEST(run->last_index() == 4u);
  BOOST_TEST(run->commit_index() == 4u);
}

BOOST_AUTO_TEST_CASE(r19_throws_away_a_checkpoint_of_what_it_knows_to_be_committed) {
  follow_a(5, 4);
  BOOST_TEST(!step(checkpoint_gathered_input{4, 1, "a", now}).install.has_value());
}

BOOST_AUTO_TEST_CASE(r19_takes_no_checkpoint_but_of_the_primary_that_it_follows) {
  follow_a(5, 1);
  BOOST_TEST(!step(checkpoint_gathered_input{4, 2, "c", now}).install.has_value());
  start(0);
  BOOST_TEST(!step(checkpoint_gathered_input{4, 2, "a", now}).install.has_value());
}

BOOST_AUTO_TEST_CASE(r19_takes_a_checkpoint_through_a_change_of_members) {
  follow_a(5, 1);
  const auto begun = now++;
  hear(node_a, append_message{.epoch = 2, .stamp = 60, .prev_index = 5, .prev_epoch = 1});
  BOOST_TEST(step(checkpoint_gathered_input{4, 2, "a", begun}).install.has_value());
}

BOOST_AUTO_TEST_CASE(r19_takes_none_of_a_primary_that_was_another_meanwhile) {
  follow_a(5, 1);
  const auto begun = now++;
  hear(node_c, append_message{.epoch = 2, .stamp = 60, .prev_index = 5, .prev_epoch = 1});
  hear(node_a, append_message{.epoch = 3, .stamp = 70, .prev_index = 5, .prev_epoch = 1});
  BOOST_TEST(!step(checkpoint_gathered_input{4, 2, "a", begun}).install.has_value());
  BOOST_TEST(step(checkpoint_gathered_input{4, 2, "a", now}).install.has_value());
}

BOOST_AUTO_TEST_CASE(r19_takes_none_of_a_primary_that_may_have_been_another_meanwhile) {
  follow_a(5, 1);
  const auto begun = now++;
  hear(node_a, append_message{.epoch = 3, .stamp = 70, .prev_index = 5, .prev_epoch = 1});
  BOOST_TEST(!step(checkpoint_gathered_input{4, 2, "a", begun}).install.has_value());
}

BOOST_AUTO_TEST_CASE(r19_says_nothing_while_it_installs) {
  follow_a(5, 1);
  step(checkpoint_gathered_input{4, 2, "a", now});
  const auto beacon = append_message{.epoch = 1, .stamp = 60, .prev_index = 5, .prev_epoch = 1};
  BOOST_TEST(hear(node_a, beacon).messages.empty());
  step(checkpoint_installed_input{});
  BOOST_TEST(ack_in(hear(node_a, beacon))->mismatch);
}

BOOST_AUTO_TEST_CASE(r32_follows_without_the_register_but_not_an_epoch_before_what_is_on_its_disk) {
  hear(node_a, append_message{.epoch = 3});
  fsync();
  start(0);
  BOOST_TEST(ack_in(hear(node_c, append_message{.epoch = 2}))->epoch == 0u);
  BOOST_TEST(ack_in(hear(node_a, append_message{.epoch = 3, .stamp = 70}))->epoch == 3u);
}

BOOST_AUTO_TEST_CASE(ignores_entries_that_are_out_of_order) {
  adopt(configuration_of(1, "a"));
  hear(node_a, append_message{.epoch = 1, .entries = {entry_of(1, 2)}});
  hear(node_a, append_message{.epoch = 1, .entries = {entry_of(1, 1), entry_of(0, 2)}});
  hear(node_a, append_message{.epoch = 1, .entries = {entry_of(2, 1)}});
  BOOST_TEST(run->last_index() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster::testing
