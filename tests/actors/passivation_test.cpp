// Projects leave memory when idle and come back with the next request; nothing gets lost between.
#include <boost/test/unit_test.hpp>

#include "tests/actors/actors_fixture.hpp"

namespace taskdriver::actors {
namespace {

constexpr std::int64_t idle_s = 300;

struct idle_project : one_project {
  bool loaded() const { return counts.totals(time.now().wall_ms).projects_loaded == 1; }
  /// Leaves the project just loaded and idle, with its idle timer fired but not handled yet.
  void be_about_to_leave() {
    advance_s(2 * idle_s);
    ask_1(domain::get_project{});
    advance_s(idle_s - 1);
    scheduler.advance_time(std::chrono::seconds(1));
  }
  void run_steps(int steps) {
    for (int i = 0; i < steps; ++i) scheduler.try_run_once();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(an_idle_project, idle_project)

BOOST_AUTO_TEST_CASE(leaves_memory) {
  BOOST_TEST(loaded());
  advance_s(2 * idle_s);
  BOOST_TEST(!loaded());
}

BOOST_AUTO_TEST_CASE(comes_back_with_the_next_request) {
  const auto task = create_task().as<domain::created_task>().task.spec->id;
  advance_s(2 * idle_s);
  BOOST_TEST(read(task).is<domain::task_view>());
  BOOST_TEST(loaded());
  BOOST_TEST(next_task("a1").is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(leaves_no_actor_behind) {
  const auto before = actors_running();
  poll("a1", 1);
  advance_s(3 * idle_s);
  BOOST_TEST(actors_running() == before - 1);
}

/// A timer under way would keep the actor, which is some kilobytes.
BOOST_AUTO_TEST_CASE(leaves_no_timer_behind) {
  advance_s(3 * idle_s);
  const auto before = scheduler.clock().schedule().size();
  const auto task = claimed_by("a1").task.spec->id;
  extend(task, "a1", 10 * idle_s * 1000);
  advance_s(60);  // the timer of the lease as it was granted
  complete(task, "a1");
  poll("a1", 1);
  advance_s(2 * idle_s);
  BOOST_TEST(!loaded());
  BOOST_TEST(scheduler.clock().schedule().size() == before);
}

BOOST_AUTO_TEST_CASE(keeps_few_agents_that_wait_for_nothing_however_many_have_waited) {
  const auto before = actors_running();
  for (int i = 0; i < 1000; ++i) {
    poll("a" + std::to_string(i), 1);
    advance_ms(20);  // so that 50 wait at a time, and no sweep comes
  }
  BOOST_TEST(actors_running() < before + 200);
}

BOOST_AUTO_TEST_CASE(stays_while_it_is_used) {
  for (int i = 0; i < 5; ++i) {
    advance_s(idle_s / 2);
    ask_1(domain::get_project{});
  }
  BOOST_TEST(loaded());
}

BOOST_AUTO_TEST_CASE(stays_while_a_lease_runs) {
  const auto task = claimed_by("a1").task.spec->id;
  extend(task, "a1", 10 * idle_s * 1000);
  advance_s(5 * idle_s);
  BOOST_TEST(loaded());
  BOOST_TEST(complete(task, "a1").is<domain::task_view>());
  advance_s(2 * idle_s);
  BOOST_TEST(!loaded());
}

BOOST_AUTO_TEST_CASE(stays_while_a_poll_waits) {
  auto waiting = poll("a1", 3 * idle_s);
  advance_s(2 * idle_s);
  BOOST_TEST(loaded());
  create_task();
  BOOST_TEST(waiting.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(stays_while_an_answer_waits_for_its_commit) {
  replicas.hold();
  auto created = create_task();
  advance_s(3 * idle_s);
  BOOST_TEST(loaded());
  commit_all();
  BOOST_TEST(created.is<domain::created_task>());
}

BOOST_AUTO_TEST_SUITE_END()

// A request comes while the project leaves, after each possible number of steps on the way.
BOOST_FIXTURE_TEST_SUITE(a_request_that_races_with_the_end_of_its_project, idle_project)

constexpr int steps_max = 10;

BOOST_AUTO_TEST_CASE(is_tried_here_until_the_project_has_gone) {
  be_about_to_leave();
  BOOST_TEST(loaded());
  run_steps(steps_max);
  BOOST_TEST(!loaded());
}

BOOST_AUTO_TEST_CASE(is_answered_wherever_it_meets_it) {
  for (int steps = 0; steps < steps_max; ++steps) {
    BOOST_TEST_CONTEXT("after " << steps << " steps") {
      be_about_to_leave();
      run_steps(steps);
      BOOST_TEST(create_task().is<domain::created_task>());
    }
  }
  BOOST_TEST(ask_1(domain::peek_next_task{}).as<domain::peek_view>().available == 10u);
}

BOOST_AUTO_TEST_CASE(keeps_the_timer_of_a_lease_it_was_granted) {
  ask_1(domain::update_type{.id = type_id, .max_retries = 100});
  create_task();
  for (int steps = 0; steps < steps_max; ++steps) {
    BOOST_TEST_CONTEXT("after " << steps << " steps") {
      be_about_to_leave();
      run_steps(steps);
      BOOST_TEST(next_task("a1").is<domain::claim_view>());
      advance_s(60);
      BOOST_TEST(replicas.stored().load_leases(project_1).empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(that_waits_for_a_task_gets_it_or_is_told_early_that_there_is_none) {
  for (int steps = 0; steps < steps_max; ++steps) {
    BOOST_TEST_CONTEXT("after " << steps << " steps") {
      be_about_to_leave();
      run_steps(steps);
      auto waiting = poll("a1");
      const bool early = waiting.is<domain::no_task>();
      create_task();
      auto claimed = early ? next_task("a1") : waiting;
      BOOST_REQUIRE(claimed.is<domain::claim_view>());
      complete(claimed.as<domain::claim_view>().task.spec->id, "a1");
    }
  }
}

BOOST_AUTO_TEST_CASE(finds_what_the_old_one_was_still_committing) {
  for (int steps = 0; steps < steps_max; ++steps) {
    BOOST_TEST_CONTEXT("after " << steps << " steps") {
      be_about_to_leave();
      replicas.hold();
      run_steps(steps);
      auto created = create_task();
      auto peek = ask_1(domain::peek_next_task{});
      BOOST_TEST(!created.answered());
      BOOST_TEST(!peek.answered());
      commit_all();
      BOOST_TEST(created.is<domain::created_task>());
      BOOST_TEST(peek.as<domain::peek_view>().available == static_cast<unsigned>(steps) + 1);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
