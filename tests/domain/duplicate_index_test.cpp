// Types that allow duplicates keep no index of them, and get one when they are told to look (A13).
#include "tests/domain/project_fixture.hpp"

namespace taskdriver::domain {
namespace {

constexpr std::size_t steps_worth = 2 * limits::catch_up_tasks + 10;

struct given_loose_type : given_project {
  given_loose_type() : loose(given_type({.name = "loose", .max_retries = 0, .lease_s = 10})) {}

  object_id given_task(const std::string& instructions) {
    return given_project::given_task(loose, instructions);
  }
  void given_tasks(std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) given_task("task " + std::to_string(n));
  }
  void handle(duplicate_handling how) {
    accepted<type_view>(update_type{.id = loose, .duplicates = how});
  }
  create_task creation(const std::string& instructions) const {
    return {{.type_id = loose, .instructions = instructions}};
  }
  errc refusal_of(const std::string& instructions) { return refused(creation(instructions)).code; }
  bool is_duplicate(const std::string& instructions) {
    return refusal_of(instructions) == errc::duplicate_task;
  }
  std::size_t indexed() const { return store.records(number).prints.size(); }
  bool behind() const { return !state.types_behind().empty(); }
  /// As the project's actor does. Returns how many steps it took.
  int finish_catching_up() {
    int steps = 0;
    for (; behind(); ++steps) run_catch_up();
    return steps;
  }

  object_id loose;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_index_of_duplicates, given_loose_type)

BOOST_AUTO_TEST_CASE(leaves_out_the_tasks_of_a_type_that_allows_them) {
  given_tasks(3);
  given_task("task 0");
  BOOST_TEST(indexed() == 0u);
}

BOOST_AUTO_TEST_CASE(gets_the_tasks_of_a_type_that_is_told_to_look) {
  const auto done = given_task("done");
  const auto failed = given_task("failed");
  claim("a"), claim("b");
  run(complete_task{.id = done, .agent = "a"});
  run(fail_task{.id = failed, .agent = "b", .error = "no"});
  const auto removed = given_task("removed");
  const auto changed = given_task("old text");
  given_task("queued");
  accepted<done_view>(remove_task{removed});
  accepted<task_view>(update_task{.id = changed, .instructions = "new text"});
  handle(duplicate_handling::fail);
  BOOST_TEST(!behind());
  for (const auto* text : {"done", "new text", "queued"}) BOOST_TEST(is_duplicate(text), text);
  for (const auto* text : {"failed", "removed", "old text"}) accepted<created_task>(creation(text));
  BOOST_TEST(indexed() == 6u);
}

BOOST_AUTO_TEST_CASE(gets_tasks_that_are_not_committed_yet) {
  given_task("committed");
  hold_back = true;
  const auto gone = given_task("gone");
  given_task("held back");
  run(remove_task{gone});
  handle(duplicate_handling::fail);
  BOOST_TEST(is_duplicate("committed"));
  BOOST_TEST(is_duplicate("held back"));
  accepted<created_task>(creation("gone"));
  let_through(100);
}

BOOST_AUTO_TEST_CASE(catches_up_in_steps_and_no_task_is_created_meanwhile) {
  given_tasks(steps_worth);
  handle(duplicate_handling::ignore);
  BOOST_TEST(indexed() == limits::catch_up_tasks);
  BOOST_TEST((refusal_of("new") == errc::unavailable));
  BOOST_TEST(
      (refused(create_tasks{.items = {{0, creation("new").task}}}).code == errc::unavailable));
  BOOST_TEST(finish_catching_up() == 2);
  BOOST_TEST(indexed() == steps_worth);
  const auto last = "task " + std::to_string(steps_worth - 1);
  BOOST_TEST(accepted<created_task>(creation(last)).duplicate);
  BOOST_TEST(!accepted<created_task>(creation("new")).duplicate);
}

BOOST_AUTO_TEST_CASE(catches_up_in_steps_also_with_tasks_that_are_not_committed_yet) {
  hold_back = true;
  given_tasks(steps_worth);
  handle(duplicate_handling::fail);
  BOOST_TEST(behind());
  BOOST_TEST(finish_catching_up() == 2);
  BOOST_TEST(is_duplicate("task " + std::to_string(steps_worth - 1)));
  let_through(1000);
  BOOST_TEST(indexed() == steps_worth);
}

BOOST_AUTO_TEST_CASE(catches_up_in_steps_of_few_large_tasks) {
  for (int n = 0; n < 5; ++n) given_task(std::string(limits::catch_up_bytes / 2, 'a' + n));
  handle(duplicate_handling::fail);
  BOOST_TEST(indexed() == 3u);
  BOOST_TEST(finish_catching_up() == 1);
  BOOST_TEST(indexed() == 5u);
}

BOOST_AUTO_TEST_CASE(goes_on_where_another_node_stopped) {
  given_tasks(steps_worth);
  handle(duplicate_handling::fail);
  restart();
  BOOST_TEST(behind());
  BOOST_TEST(finish_catching_up() == 2);
  BOOST_TEST(is_duplicate("task " + std::to_string(steps_worth - 1)));
}

BOOST_AUTO_TEST_CASE(follows_tasks_that_change_while_it_catches_up) {
  given_tasks(steps_worth);
  const auto late = state.spec(sequence{steps_worth})->id;
  const auto later = state.spec(sequence{steps_worth - 1})->id;
  handle(duplicate_handling::fail);
  accepted<task_view>(update_task{.id = late, .instructions = "changed"});
  accepted<done_view>(remove_task{later});
  finish_catching_up();
  BOOST_TEST(is_duplicate("changed"));
  BOOST_TEST(indexed() == steps_worth - 1);
}

BOOST_AUTO_TEST_CASE(has_no_gap_after_the_type_changed_its_mind) {
  given_tasks(steps_worth);
  handle(duplicate_handling::fail);
  handle(duplicate_handling::allow);
  BOOST_TEST(!behind());
  given_task("created in between");
  handle(duplicate_handling::fail);
  finish_catching_up();
  BOOST_TEST(indexed() == steps_worth + 1);
  BOOST_TEST(is_duplicate("created in between"));
  handle(duplicate_handling::allow);
  given_task("created in between");
  BOOST_TEST(indexed() == steps_worth + 1);
}

BOOST_AUTO_TEST_CASE(of_a_type_that_had_it_complete_is_left_where_new_tasks_begin) {
  handle(duplicate_handling::fail);
  given_task("indexed");
  handle(duplicate_handling::allow);
  given_task("left out");
  BOOST_TEST(indexed() == 1u);
  run(remove_task{state.spec(sequence{1})->id});
  BOOST_TEST(indexed() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
