// After an operator's force: who leads, what is waited for, and what becomes of those who have
// more.
#include <boost/test/unit_test.hpp>
#include <utility>

#include "cluster/replica/forced_configuration.hpp"
#include "tests/replica/scripted_shard.hpp"

namespace taskdriver::cluster::testing {
namespace {

struct three_nodes : scripted_shard {
  three_nodes() : scripted_shard(3) { start(); }
};

/// c was dropped and lacks what a and b applied; then both are gone, c is forced to lead, and a
/// comes back with its disk.
struct forced_behind : three_nodes {
  void force_c(std::uint64_t cut_at_a) {
    primary = serving() == "c" ? (handed_over(), serving()) : serving();
    BOOST_REQUIRE(propose(primary, "one"));
    at("c").cut_off = true;
    BOOST_REQUIRE(run_until([&] { return registered.find("c") == nullptr && !serving().empty(); }));
    for (const auto* payload : {"two", "three", "four"}) BOOST_REQUIRE(propose(primary, payload));
    run_for(300);
    flush_and_cut("a", cut_at_a);
    for (const auto* name : {"a", "b", "c"}) crash(name);
    at("c").cut_off = false;
    registered = forced_configuration(registered, at("c").as_member(), {"operator", 1, 1});
    restart("c");
  }
  void handed_over() {
    step("c", handover_input{"a"});
    BOOST_REQUIRE(run_until([&] { return serving() == "a"; }));
  }
  /// c streams its state to whoever asked for it, until `done`.
  template <class Done>
  bool stream_until(Done done) {
    return run_until([&] {
      for (const auto& to : std::exchange(at("c").checkpoints, {})) {
        gather_checkpoint("c", to);
        step("c", checkpoint_sent_input{to});
      }
      return done();
    });
  }
  bool a_follows() {
    BOOST_TEST(!serves("a"));
    return serving() == "c" && registered.holds(at("a").as_member());
  }
  node_name primary;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_force)

BOOST_FIXTURE_TEST_CASE(r36_forces_a_node_to_lead_alone_until_another_one_is_in_sync, three_nodes) {
  BOOST_REQUIRE(propose(serving(), "one"));
  for (const auto* name : {"a", "b", "c"}) crash(name);
  lose_disk("a"), lose_disk("b");
  registered = forced_configuration(registered, at("c").as_member(), {"operator", 1, 1});
  restart("c");
  run_for(3000);
  BOOST_TEST(serving() == "");  // one disk is less than what was promised
  restart("a");
  BOOST_REQUIRE(run_until([&] { return serving() == "c"; }));
  BOOST_TEST(registered.in_sync.size() == 2u);
  BOOST_TEST(at("c").applied.front() == "one");
}

BOOST_FIXTURE_TEST_CASE(r36_overwrites_a_replica_that_knows_more_from_before, forced_behind) {
  force_c(0);
  restart("a");
  BOOST_REQUIRE(stream_until([&] { return a_follows(); }));
  BOOST_REQUIRE(propose("c", "five"));
  run_for(300);
  BOOST_TEST(at("a").applied == (std::vector<std::string>{"one", "five"}));
  BOOST_TEST(at("c").applied == at("a").applied);
}

BOOST_FIXTURE_TEST_CASE(r36_overwrites_a_replica_whose_log_begins_behind_the_end_of_the_new_line,
                        forced_behind) {
  force_c(4);
  restart("a");
  BOOST_REQUIRE(stream_until([&] { return a_follows(); }));
  BOOST_REQUIRE(propose("c", "five"));
  run_for(300);
  BOOST_TEST(at("a").applied == (std::vector<std::string>{"one", "five"}));
}

BOOST_FIXTURE_TEST_CASE(r36_overwrites_a_replica_after_the_new_line_has_grown_past_it,
                        forced_behind) {
  force_c(4);
  lose_disk("b"), restart("b");
  BOOST_REQUIRE(run_until([&] { return serving() == "c"; }));
  for (int i = 0; i < 5; ++i) BOOST_REQUIRE(propose("c", std::to_string(i)));
  restart("a");
  BOOST_REQUIRE(stream_until([&] { return registered.in_sync.size() == 3; }));
  run_for(300);
  BOOST_TEST(at("a").applied == at("c").applied);
}

BOOST_FIXTURE_TEST_CASE(r36_leaves_everything_until_a_checkpoint_is_there, forced_behind) {
  force_c(0);
  restart("a");
  run_for(5000);
  BOOST_TEST(on("c").leads());
  BOOST_TEST(on("a").commit_index() == 4u);
  BOOST_TEST(on("a").last_index() == 4u);
  BOOST_TEST(serving() == "");
}

/// a serves, and b, which lost its disk, is about to get its state; c was dropped. a is cut off,
/// and c is forced although a runs.
struct forced_anyway : forced_behind {
  void force_c_beside_a() {
    BOOST_REQUIRE(propose(primary = serving(), "one"));
    BOOST_REQUIRE(primary == "a");
    at("c").cut_off = true;
    BOOST_REQUIRE(run_until([&] { return registered.find("c") == nullptr && !serving().empty(); }));
    for (const auto* payload : {"two", "three", "four"}) BOOST_REQUIRE(propose("a", payload));
    flush_and_cut("a", 4);
    lose_disk("b"), restart("b");
    BOOST_REQUIRE(run_until([&] { return !at("a").checkpoints.empty(); }));
    at("a").cut_off = at("a").register_away = true;
    at("c").cut_off = false;
    registered = forced_configuration(registered, at("c").as_member(), {"operator", 1, 1});
    tell("c", registered, true);
  }
};

BOOST_FIXTURE_TEST_CASE(r36_takes_no_checkpoint_of_a_primary_that_was_left_behind, forced_anyway) {
  force_c_beside_a();
  BOOST_REQUIRE(run_until([&] { return serving() == "c"; }));
  BOOST_REQUIRE(propose("c", "five"));
  gather_checkpoint("a", "b");  // its last chunk was on its way
  run_for(2000);
  BOOST_TEST(serving() == "c");
  BOOST_TEST(at("b").applied == (std::vector<std::string>{"one", "five"}));
}

/// What c lacks comes back with b, which forgot in a restart that it is committed, and a, which has
/// not, takes part in that. Then c leads once more, before b had it committed again.
BOOST_FIXTURE_TEST_CASE(r36_a_member_that_knows_more_than_its_primary_takes_over, forced_behind) {
  force_c(0);
  restart("b");
  BOOST_REQUIRE(run_until([&] { return serving() == "c"; }));
  BOOST_REQUIRE(registered.holds(at("b").as_member()));
  crash("c");
  restart("a");
  BOOST_REQUIRE(run_until([&] { return registered.holds(at("a").as_member()); }));
  BOOST_TEST_MESSAGE("members " << registered.in_sync.size() << " commit a "
                                << on("a").commit_index() << " b " << on("b").commit_index());
  crash("b");
  flush_and_cut("a", 0);
  crash("a");
  restart("c");
  run_for(200);
  restart("a");
  BOOST_REQUIRE(run_until([&] { return serving() == "a"; }, 4000));
  BOOST_REQUIRE(propose("a", "five"));
  run_for(300);
  BOOST_TEST(at("a").applied == (std::vector<std::string>{"one", "two", "three", "four", "five"}));
  BOOST_TEST(at("c").applied == at("a").applied);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster::testing
