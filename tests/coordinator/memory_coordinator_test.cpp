// The register in memory keeps what the interface promises, so that tests above it may trust it.
#include "tests/support/memory_coordinator.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/coordinator/recording_watch.hpp"

namespace taskdriver::testing {
namespace {

using cluster::change_outcome;

struct two_nodes {
  // Before the coordinators, which answer and tell of the end of their ownership as they end.
  std::string owners;
  std::vector<change_outcome> outcomes;
  memory_register shared;
  std::unique_ptr<memory_coordinator> a = shared.connect("a");
  std::unique_ptr<memory_coordinator> b = shared.connect("b");

  auto note() {
    return [this](change_outcome outcome) { outcomes.push_back(outcome); };
  }
  void fate(request_fate fate) {
    shared.decide_fates([fate](const cluster::node_name&) { return fate; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(memory_register_of, two_nodes)

BOOST_AUTO_TEST_CASE(two_changes_at_once_applies_one) {
  a->change("k", 0, "a", note());
  b->change("k", 0, "b", note());
  BOOST_TEST(outcomes.empty());
  shared.settle();
  BOOST_TEST((outcomes == std::vector{change_outcome::applied, change_outcome::conflict}));
  BOOST_TEST(shared.peek("k").value == "a");
}

BOOST_AUTO_TEST_CASE(a_lost_answer_is_unknown_and_applied) {
  fate({.answer_lost = true});
  a->change("k", 0, "a", note());
  shared.advance(memory_coordinator::timeout_ms - 1);
  BOOST_TEST(outcomes.empty());
  shared.advance(memory_coordinator::timeout_ms);
  BOOST_TEST((outcomes == std::vector{change_outcome::unknown}));
  BOOST_TEST(shared.peek("k").value == "a");
}

BOOST_AUTO_TEST_CASE(a_delayed_change_is_applied_after_its_author_gave_up_or_died) {
  fate({.request_ms = 5000});
  a->change("k", 0, "a", note());
  shared.advance(3000);
  BOOST_TEST((outcomes == std::vector{change_outcome::unknown}));
  a.reset();
  shared.advance(5000);
  BOOST_TEST(shared.peek("k").value == "a");
}

BOOST_AUTO_TEST_CASE(an_unreachable_node_loses_requests_and_catches_up_with_its_watch) {
  auto watch = std::make_shared<recording_watch>();
  b->watch("", watch);
  shared.settle();
  shared.set_reachable("b", false);
  a->change("k", 0, "1", note());
  b->change("other", 0, "lost", note());
  shared.advance(memory_coordinator::timeout_ms);
  BOOST_TEST((outcomes == std::vector{change_outcome::applied, change_outcome::unknown}));
  BOOST_TEST(watch->log().empty());
  shared.erase("k");
  shared.set_reachable("b", true);
  shared.settle();
  BOOST_TEST((watch->log() == std::vector<std::string>{"k=1", "k gone"}));
  BOOST_TEST(shared.peek("other").revision == 0);
}

BOOST_AUTO_TEST_CASE(a_watch_gets_a_snapshot_after_a_compaction_that_it_missed) {
  auto watch = std::make_shared<recording_watch>();
  b->watch("k", watch);
  shared.settle();
  shared.set_reachable("b", false);
  shared.put("k", "1");
  shared.compact();
  shared.put("k", "2");
  shared.set_reachable("b", true);
  shared.settle();
  BOOST_TEST(watch->snapshots() == 2);
  BOOST_TEST(watch->wait_value("k", "2"));
}

BOOST_AUTO_TEST_CASE(an_announced_key_lives_as_long_as_its_node_and_its_time) {
  a->announce("live/a", "here", 3);
  shared.advance(60'000);
  BOOST_TEST(shared.peek("live/a").value == "here");
  a.reset();
  shared.advance(62'000);
  BOOST_TEST(shared.peek("live/a").revision != 0);
  shared.advance(63'001);
  BOOST_TEST(shared.peek("live/a").revision == 0);
}

BOOST_AUTO_TEST_CASE(a_campaign_has_one_owner_and_another_after_its_death) {
  a->campaign("c", "a", 3, [&](bool is) { owners += is ? "A" : "a"; });
  b->campaign("c", "b", 3, [&](bool is) { owners += is ? "B" : "b"; });
  shared.advance(10'000);
  BOOST_TEST(owners == "A");
  shared.set_reachable("a", false);
  shared.advance(20'000);
  BOOST_TEST(owners == "AaB");
}

BOOST_AUTO_TEST_CASE(a_dead_node_answers_what_was_asked_of_it) {
  a->change("k", 0, "a", note());
  a.reset();
  BOOST_TEST((outcomes == std::vector{change_outcome::unknown}));
}

BOOST_AUTO_TEST_CASE(synchronous_calls_are_answered_within_the_call) {
  memory_register at_once(memory_register::mode::synchronous);
  auto node = at_once.connect("a");
  node->change("k", 0, "1", note());
  BOOST_TEST((outcomes == std::vector{change_outcome::applied}));
  bool read = false;
  node->read("k", [&](result<cluster::register_value> found) { read = found->value == "1"; });
  BOOST_TEST(read);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::testing
