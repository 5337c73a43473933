// What a node has of a shard that moved away: when it goes, and what keeps it (R38).
#include <boost/test/unit_test.hpp>

#include "tests/replica/lone_replica.hpp"

namespace taskdriver::cluster::testing {
namespace {

const member node_d{"d", 4};
constexpr std::int64_t ten_minutes_ms = 600'000;

/// "b" was a member with entries 1..5; in epoch 2 the shard has moved to a, c and d.
struct moved_away : lone_replica {
  moved_away() {
    follow_a(5, 5);
    place({"a", "c", "d"});
    adopt(without_b(2));
    fsync_all();
  }
  static shard_configuration without_b(std::uint64_t epoch) {
    auto c = configuration_of(epoch, "a");
    c.in_sync = {node_a, node_c, node_d};
    return c;
  }
  void place(std::vector<node_name> replicas) {
    step(placement_input{{.replicas = std::move(replicas)}});
  }
  /// The members answer, the register says `c`; whether b drops what it has.
  bool drops(const shard_configuration& c, bool linearizable = true) {
    tick();
    for (const auto& m : c.in_sync) hear(m, probe_answer{});
    tick();
    const auto out = adopt(c, linearizable);
    BOOST_TEST((!out.install || out.install->drops));
    return out.install.has_value();
  }
  bool drops_in_the_end(const shard_configuration& c) {
    wait(ten_minutes_ms + 1000);
    return drops(c);
  }
  /// As the shell does it.
  void drop() {
    BOOST_TEST_REQUIRE(drops_in_the_end(without_b(2)));
    disk.install({.drops = true});
    step(checkpoint_installed_input{});
  }
  append_message beacon(std::uint64_t epoch, std::uint64_t prev, std::uint64_t prev_epoch) const {
    return {.epoch = epoch, .stamp = now, .prev_index = prev, .prev_epoch = prev_epoch};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_shard_that_moved_away, moved_away)

BOOST_AUTO_TEST_CASE(r38_is_dropped_after_ten_minutes_when_all_agree) {
  wait(ten_minutes_ms - 1000);
  BOOST_TEST(!drops(without_b(2)));
  wait(2000);
  BOOST_TEST(drops(without_b(2)));
}

BOOST_AUTO_TEST_CASE(r38_asks_the_members_and_then_the_register) {
  wait(ten_minutes_ms - 100);
  BOOST_TEST(tick().messages.empty());
  now += 200;
  const auto asked = tick();
  BOOST_TEST(all_in<probe_message>(asked, "a").size() == 1u);
  BOOST_TEST(!asked.read_register);
  for (const auto& m : {node_a, node_c}) hear(m, probe_answer{});
  BOOST_TEST(tick().read_register);
}

BOOST_AUTO_TEST_CASE(r38_leaves_nothing_but_the_highest_epoch_seen) {
  drop();
  BOOST_TEST(run->last_index() == 0u);
  BOOST_TEST(run->commit_index() == 0u);
  start(0);
  BOOST_TEST(run->last_index() == 0u);
  BOOST_TEST(run->status(now).seen_epoch == 2u);
  const auto refusal = ack_in(hear(node_a, beacon(1, 0, 0)));
  BOOST_REQUIRE(refusal.has_value());
  BOOST_TEST(refusal->epoch == 0u);
}

BOOST_AUTO_TEST_CASE(r38_is_filled_again_from_the_beginning) {
  drop();
  const auto lacks = ack_in(hear(node_a, beacon(2, 5, 1)));
  BOOST_REQUIRE(lacks.has_value());
  BOOST_TEST(lacks->mismatch);
  BOOST_TEST(lacks->match == 0u);
  auto all = beacon(2, 0, 0);
  for (std::uint64_t i = 1; i <= 5; ++i) all.entries.push_back(entry_of(1, i));
  hear(node_a, all);
  const auto has = ack_in(fsync());
  BOOST_REQUIRE(has.has_value());
  BOOST_TEST(has->match == 5u);
}

BOOST_AUTO_TEST_CASE(r38_is_kept_while_it_is_registered_or_wished_for_here) {
  place({"a", "b", "c"});
  BOOST_TEST(!drops_in_the_end(without_b(2)));
  place({"a", "c", "d"});
  auto named = without_b(3);
  named.in_sync = {node_a, {"b", 77}, node_c};  // another store counts as well
  adopt(named);
  BOOST_TEST(!drops_in_the_end(named));
}

BOOST_AUTO_TEST_CASE(r38_is_kept_while_too_few_are_in_sync) {
  auto alone = without_b(3);
  alone.in_sync = {node_a};
  adopt(alone);
  BOOST_TEST(!drops_in_the_end(alone));
}

BOOST_AUTO_TEST_CASE(r38_is_kept_while_too_few_members_answer_with_the_disk_they_are_known_by) {
  wait(ten_minutes_ms + 1000);
  for (const auto& m : {node_a, member{"c", 99}, member{"e", 5}}) hear(m, probe_answer{});
  BOOST_TEST(!adopt(without_b(2)).install.has_value());
  hear(node_c, probe_answer{});
  BOOST_TEST(adopt(without_b(2)).install.has_value());
}

BOOST_AUTO_TEST_CASE(r38_is_kept_until_a_linearizable_read_says_so) {
  wait(ten_minutes_ms + 1000);
  BOOST_TEST(!drops(without_b(2), false));
  BOOST_TEST(!drops(configuration_of(1, "a")));
  BOOST_TEST(!drops(without_b(3)));  // news: the time begins again
  fsync_all();
  BOOST_TEST(drops_in_the_end(without_b(3)));
}

BOOST_AUTO_TEST_CASE(r38_is_kept_while_no_wish_is_known) {
  start(5);
  adopt(without_b(3));
  fsync_all();
  BOOST_TEST(!drops_in_the_end(without_b(3)));
  place({"a", "c", "d"});
  BOOST_TEST(drops_in_the_end(without_b(3)));
}

BOOST_AUTO_TEST_CASE(r38_is_kept_in_an_epoch_in_which_something_was_acknowledged) {
  BOOST_REQUIRE(ack_in(hear(node_a, beacon(2, 5, 1))).has_value());  // a learner, for a while
  BOOST_TEST(!drops_in_the_end(without_b(2)));
  adopt(without_b(3));
  fsync_all();
  BOOST_TEST(drops_in_the_end(without_b(3)));
}

BOOST_AUTO_TEST_CASE(r38_is_kept_by_a_new_process_in_the_epochs_of_the_one_before) {
  start(5);
  place({"a", "c", "d"});
  adopt(without_b(2));
  BOOST_TEST(!drops_in_the_end(without_b(2)));
  adopt(without_b(3));
  fsync_all();
  BOOST_TEST(drops_in_the_end(without_b(3)));
}

BOOST_AUTO_TEST_CASE(r38_has_nothing_to_drop_twice) {
  drop();
  BOOST_TEST(!drops_in_the_end(without_b(2)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_primary_with_a_learner, primary_of_three)

BOOST_AUTO_TEST_CASE(r28_does_not_count_what_it_acknowledged_in_an_earlier_epoch) {
  place({.replicas = {"a", "b", "c", "d"}});
  propose();
  fsync();
  ack(node_a, 1), ack(node_c, 1);
  ack(node_d, 1, now - 600);  // too long ago to be taken in
  const auto before = epoch;
  mute_c();
  BOOST_TEST(!asked.holds(node_d));
  adopt(asked);
  epoch = asked.epoch;
  fsync_all();
  now += 50;
  ack(node_a, 1);
  hear(node_d, ack_message{.epoch = before, .stamp = now, .match = 1, .seen = before});
  hear(node_d, ack_message{.epoch = epoch, .stamp = now, .match = 0, .mismatch = true});
  BOOST_TEST(!tick().change.has_value());
  ack(node_d, 1);
  BOOST_TEST(tick().change->wanted.holds(node_d));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster::testing
