// A primary's proposals, commits, leases and what it sends: R6, R22–R25, R31.
#include <boost/test/unit_test.hpp>

#include "tests/replica/lone_replica.hpp"

namespace taskdriver::cluster::testing {
namespace {

/// Epoch 2, in sync: b and c; both have nothing.
struct serving_primary : lone_primary {
  serving_primary() {
    lead();
    ack(node_c, 0);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_primary, serving_primary)

BOOST_AUTO_TEST_CASE(r22_writes_and_sends_an_entry_in_one_step) {
  const auto out = propose("payload");
  BOOST_REQUIRE(out.proposed->accepted);
  BOOST_TEST(out.proposed->first_index == 1u);
  BOOST_REQUIRE_EQUAL(out.writes.size(), 1u);
  const auto appends = all_in<append_message>(out, "c");
  BOOST_REQUIRE_EQUAL(appends.size(), 1u);
  BOOST_TEST(*appends[0].entries[0].payload == "payload");
  BOOST_TEST(out.apply_up_to == 0u);
}

BOOST_AUTO_TEST_CASE(r22_takes_many_payloads_or_none) {
  const auto payload = std::make_shared<const std::string>("x");
  const auto out = step(propose_input{{payload, payload, payload}});
  BOOST_TEST(out.proposed->first_index == 1u);
  BOOST_TEST(out.writes[0].entries.size() == 3u);
  now += 1000;
  BOOST_TEST(!step(propose_input{{payload, payload}}).proposed->accepted);
  BOOST_TEST(run->last_index() == 3u);
}

BOOST_AUTO_TEST_CASE(r22_bounds_what_is_not_committed) {
  const std::string mebibyte(std::size_t{1} << 20, 'x');
  int taken = 0;
  while (propose(mebibyte).proposed->accepted) ++taken;
  BOOST_TEST(taken == 32);
  fsync_all();
  ack(node_c, 1);
  BOOST_TEST(propose(mebibyte).proposed->accepted);
}

BOOST_AUTO_TEST_CASE(r23_commits_what_all_have_on_disk_itself_included) {
  propose();
  BOOST_TEST(ack(node_c, 1).apply_up_to == 0u);
  BOOST_TEST(fsync().apply_up_to == 1u);
}

BOOST_AUTO_TEST_CASE(r23_does_not_count_what_another_store_of_a_member_has) {
  propose();
  fsync();
  ack({"c", 333}, 1);
  BOOST_TEST(run->commit_index() == 0u);
  BOOST_TEST(!serves());
}

BOOST_AUTO_TEST_CASE(r23_ignores_acknowledgements_of_earlier_leaderships_and_nonsense) {
  propose();
  fsync();
  hear(node_c, ack_message{.epoch = 1, .stamp = now, .match = 1});
  hear(node_c, ack_message{.epoch = 2, .stamp = now + 1, .match = 1});
  hear(node_c, ack_message{.epoch = 2, .stamp = now, .match = 2});
  BOOST_TEST(run->commit_index() == 0u);
}

BOOST_AUTO_TEST_CASE(r24_forgets_what_a_peer_had_when_it_comes_with_another_store) {
  propose();
  fsync();
  ack(node_c, 1);
  ack({"c", 333}, 0);
  ack(node_c, 0);
  BOOST_TEST(run->status(now).peers.back().match_index == 0u);
}

BOOST_AUTO_TEST_CASE(r25_serves_for_a_second_from_when_the_acknowledged_message_was_sent) {
  const auto sent = now;
  now += 400;
  ack(node_c, 0, sent + 100);
  BOOST_TEST(run->serving_until_ms() == sent + 1100);
  now = sent + 1100;
  BOOST_TEST(!serves());
  BOOST_TEST(!propose().proposed->accepted);
}

BOOST_AUTO_TEST_CASE(r6_believes_the_time_that_comes_with_the_input) {
  now += 5000;  // stopped, and no tick since
  BOOST_TEST(!propose().proposed->accepted);
}

BOOST_AUTO_TEST_CASE(r25_sends_beacons_to_who_has_nothing_to_get) {
  int beacons = 0;
  for (int i = 0; i < 20; ++i) {
    now += 50;
    beacons += static_cast<int>(all_in<append_message>(tick(), "c").size());
    ack(node_c, 0);
  }
  BOOST_TEST(beacons == 5);
}

BOOST_AUTO_TEST_CASE(r31_sends_within_a_window_and_goes_on_with_what_is_acknowledged) {
  const std::string kibibytes_256(std::size_t{256} << 10, 'x');
  std::size_t sent = 0;
  for (int i = 0; i < 30; ++i) sent += all_in<append_message>(propose(kibibytes_256), "c").size();
  BOOST_TEST(sent == 16u);
  fsync_all();
  BOOST_TEST(all_in<append_message>(ack(node_c, 4), "c").size() == 4u);
}

BOOST_AUTO_TEST_CASE(r15_goes_back_to_where_a_peer_lost_messages) {
  for (int i = 0; i < 5; ++i) propose();
  fsync_all();
  now += 1;
  const auto out = hear(
      node_c, ack_message{.epoch = 2, .stamp = now - 1, .match = 2, .mismatch = true, .seen = 2});
  const auto again = all_in<append_message>(out, "c");
  BOOST_REQUIRE_EQUAL(again.size(), 1u);
  BOOST_TEST(again[0].prev_index == 2u);
  BOOST_TEST(again[0].entries.size() == 3u);
  now += 1;
  const auto late = hear(
      node_c, ack_message{.epoch = 2, .stamp = now - 2, .match = 2, .mismatch = true, .seen = 2});
  BOOST_TEST(all_in<append_message>(late, "c").empty());  // of a message before it went back
}

BOOST_AUTO_TEST_CASE(r31_offers_one_checkpoint_at_a_time_to_who_needs_what_was_cut) {
  for (int i = 0; i < 5; ++i) propose();
  fsync_all();
  ack(node_c, 5);
  place({.replicas = {"b", "c", "d"}});
  step(state_flushed_input{.index = 5, .base_index = 4});
  disk.cut(4);
  const member node_d{"d", 4};
  const auto lacks_all =
      ack_message{.epoch = 2, .stamp = now, .match = 0, .mismatch = true, .seen = 2};
  const auto out = hear(node_d, lacks_all);
  BOOST_REQUIRE_EQUAL(out.checkpoint_to.size(), 1u);
  BOOST_TEST(out.checkpoint_to[0] == "d");
  BOOST_TEST(hear(node_d, lacks_all).checkpoint_to.empty());
  step(checkpoint_sent_input{"d"});
  BOOST_TEST(hear(node_d, lacks_all).checkpoint_to.empty());  // not again at once
  const auto installed = ack(node_d, 4);
  const auto rest = all_in<append_message>(installed, "d");
  BOOST_REQUIRE_EQUAL(rest.size(), 1u);
  BOOST_TEST(rest[0].entries.front().index == 5u);
}

BOOST_AUTO_TEST_CASE(r31_holds_what_a_peer_still_needs) {
  replica_outputs out;
  for (int i = 0; i < 1500; ++i) propose();
  fsync_all();
  ack(node_c, 1500);
  out = tick();
  BOOST_TEST(out.hold_log_from == 501u);  // a thousand entries stay for everybody
  for (int i = 0; i < 2000; ++i) propose();
  fsync_all();
  ack(node_c, 1600);
  BOOST_TEST(tick().hold_log_from == 601u);
}

BOOST_AUTO_TEST_CASE(r31_holds_no_more_bytes_than_it_may) {
  const member node_d{"d", 4};
  const auto mebibyte = std::make_shared<const std::string>((std::size_t{1} << 20) - 64, 'x');
  place({.replicas = {"b", "c", "d"}});
  ack(node_d, 0);
  const auto go_on = [&](int entries) {
    for (int i = 0; i < entries; ++i) {
      BOOST_REQUIRE(step(propose_input{{mebibyte}}).proposed->accepted);
      fsync_all();
      ack(node_c, run->last_index());
    }
    return tick().hold_log_from;
  };
  BOOST_TEST(go_on(250) == 0u);   // all of it goes on being held for d
  BOOST_TEST(go_on(50) == 237u);  // 64 MiB for everybody, since d lacks more than 256
  now += 1;
  ack(node_d, 100);
  BOOST_TEST(tick().hold_log_from == 101u);
}

/// The state of 1200 is streamed to an empty disk, which says nothing of the log before it has it.
struct primary_that_streams : serving_primary {
  primary_that_streams() {
    for (int i = 0; i < 1500; ++i) propose();
    fsync_all();
    ack(node_c, 1500);
    step(state_flushed_input{.index = 1200, .base_index = 200});
    disk.cut(200);
    place({.replicas = {"b", "c", "d"}});
    BOOST_REQUIRE_EQUAL(refuse_all().checkpoint_to.size(), 1u);
  }
  replica_outputs refuse_all() {
    return hear(node_d,
                ack_message{.epoch = 2, .stamp = now, .match = 0, .mismatch = true, .seen = 2});
  }
  void go_on() {
    for (int i = 0; i < 2000; ++i) BOOST_REQUIRE(propose().proposed->accepted);
    fsync_all();
    ack(node_c, run->last_index());
  }
  /// A change of the configuration.
  void take_a_in() {
    place({.replicas = {"a", "b", "c", "d"}});
    ack(node_a, run->last_index());
    const auto joined = tick().change;
    BOOST_REQUIRE(joined.has_value());
    adopt(joined->wanted);
    fsync_all();
    ack(node_a, run->last_index()), ack(node_c, run->last_index());
  }
  const member node_d{"d", 4};
};

/// The state lags behind what may be applied, and a checkpoint shows the state.
BOOST_FIXTURE_TEST_CASE(r31_holds_what_follows_the_state_while_a_checkpoint_is_under_way,
                        primary_that_streams) {
  go_on();
  BOOST_TEST(tick().hold_log_from == 1201u);
}

BOOST_FIXTURE_TEST_CASE(r31_holds_it_also_between_the_end_of_the_stream_and_the_first_entries,
                        primary_that_streams) {
  step(checkpoint_sent_input{"d"});
  go_on();
  BOOST_TEST(tick().hold_log_from == 1201u);
  now += 1;
  hear(node_d, ack_message{.epoch = 2, .stamp = now, .match = 1400, .seen = 2});
  BOOST_TEST(tick().hold_log_from == 1401u);
}

/// Else a checkpoint that takes long would be of no use, again and again.
BOOST_FIXTURE_TEST_CASE(r31_holds_more_of_what_follows_a_checkpoint, primary_that_streams) {
  const auto mebibyte = std::make_shared<const std::string>(std::size_t{1} << 20, 'x');
  const auto go_on_by_mebibytes = [&](int entries) {
    for (int i = 0; i < entries; ++i) {
      BOOST_REQUIRE(step(propose_input{{mebibyte}}).proposed->accepted);
      fsync_all();
      ack(node_c, run->last_index());
    }
    return tick().hold_log_from;
  };
  BOOST_TEST(go_on_by_mebibytes(1000) == 1201u);
  BOOST_TEST(go_on_by_mebibytes(100) > 1201u);  // but not without bound
}

/// As happens whenever a member is dropped or joins: what the receiver said before is void (R28).
BOOST_FIXTURE_TEST_CASE(r31_holds_it_across_a_change_of_the_configuration, primary_that_streams) {
  take_a_in();
  go_on();
  ack(node_a, run->last_index());
  BOOST_TEST(tick().hold_log_from == 1201u);
}

/// Else a node that died long after its checkpoint would keep others from cutting their logs.
BOOST_FIXTURE_TEST_CASE(r31_holds_nothing_for_a_checkpoint_that_has_arrived, primary_that_streams) {
  step(checkpoint_sent_input{"d"});
  now += 1;
  hear(node_d, ack_message{.epoch = 2, .stamp = now, .match = 1200, .seen = 2});
  take_a_in();
  go_on();
  ack(node_a, run->last_index());
  BOOST_TEST(tick().hold_log_from == run->last_index() - 999);  // as always
}

BOOST_AUTO_TEST_CASE(puts_out_the_same_for_the_same_inputs) {
  const auto trace = [] {
    serving_primary p;
    std::string all;
    const auto note = [&](const replica_outputs& out) {
      for (const auto& m : out.messages) all += m.to + std::to_string(m.message.index());
      for (const auto& w : out.writes) all += std::to_string(w.id) + "w";
      all += std::to_string(out.apply_up_to) + ";";
    };
    for (int i = 0; i < 50; ++i) {
      note(p.propose());
      p.fsync_all();
      note(p.ack(node_c, static_cast<std::uint64_t>(i)));
      note(p.wait(150));
    }
    return all;
  };
  BOOST_TEST(trace() == trace());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster::testing
