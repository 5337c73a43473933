// A type that is told to look for duplicates reads its older tasks, step by step, by itself (A13).
#include <boost/test/unit_test.hpp>

#include "tests/actors/actors_fixture.hpp"

namespace taskdriver::actors {
namespace {

/// Three steps: one in the decision that changes the type, two by the project itself.
constexpr std::size_t tasks = 2 * domain::limits::catch_up_tasks + 10;

struct many_tasks : one_project {
  many_tasks() {
    domain::create_tasks all;
    for (std::size_t n = 0; n < tasks; ++n)
      all.items.push_back({n, {.type_id = type_id, .instructions = "task " + std::to_string(n)}});
    ask_1(std::move(all));
  }
  asked refuse_duplicates() {
    return send_1(
        domain::update_type{.id = type_id, .duplicates = domain::duplicate_handling::fail});
  }
  asked create_again() {
    return ask_1(domain::create_task{
        {.type_id = type_id, .instructions = "task " + std::to_string(tasks - 1)}});
  }
  bool loaded() const { return counts.totals(time.now().wall_ms).projects_loaded == 1; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_type_that_catches_up, many_tasks)

BOOST_AUTO_TEST_CASE(does_so_by_itself_and_refuses_creations_meanwhile) {
  refuse_duplicates();
  run();
  const auto early = create_again();
  BOOST_TEST(early.is(errc::unavailable));
  BOOST_TEST(early.error().retry_after_s == 1);
  advance_ms(10);
  BOOST_TEST(create_again().is(errc::duplicate_task));
}

BOOST_AUTO_TEST_CASE(waits_for_the_commit_of_each_step) {
  refuse_duplicates();
  run();
  replicas.hold();
  advance_ms(10);
  BOOST_TEST(replicas.in_flight() == 1u);
  const auto timers = scheduler.clock().schedule().size();
  advance_s(1);
  BOOST_TEST(replicas.in_flight() == 1u);
  BOOST_TEST(scheduler.clock().schedule().size() <= timers);
  replicas.let_go();
  run();
  advance_ms(10);
  BOOST_TEST(create_again().is(errc::duplicate_task));
}

BOOST_AUTO_TEST_CASE(goes_on_after_the_shard_was_lost) {
  refuse_duplicates();
  run();
  lose(project_1, errc::outcome_unknown);
  ask_1(domain::peek_next_task{});
  advance_ms(10);
  BOOST_TEST(create_again().is(errc::duplicate_task));
}

BOOST_AUTO_TEST_CASE(goes_on_once_the_disk_takes_writes_again) {
  refuse_duplicates();
  run();
  replicas.refuse_all();
  advance_s(10);
  replicas.accept_all();
  advance_s(2);
  BOOST_TEST(create_again().is(errc::duplicate_task));
}

BOOST_AUTO_TEST_CASE(keeps_its_project_in_memory_until_it_has) {
  refuse_duplicates();
  run();
  replicas.refuse_all();
  advance_s(1000);
  BOOST_TEST(loaded());
  replicas.accept_all();
  advance_s(1000);
  BOOST_TEST(!loaded());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
