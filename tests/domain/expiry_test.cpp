// Leases that run out, at the deadline and not before, whatever the clocks do (A18; P6).
#include "tests/domain/project_fixture.hpp"

namespace taskdriver::domain {
namespace {

/// One task with no retries left over two, held by ada for 10 s.
struct given_running_task : given_type_build {
  given_running_task() : id(given_task("work")) { claim("ada"); }

  cleanup_view cleanup() { return accepted<cleanup_view>(cleanup_leases{}); }

  object_id id;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_lease, given_running_task)

BOOST_AUTO_TEST_CASE(lives_until_the_last_millisecond) {
  pass(10 * second_ms - 1);
  BOOST_TEST(cleanup().reclaimed_tasks == 0u);
  BOOST_TEST(run_expire().what.empty());
  accepted<task_view>(complete_task{.id = id, .agent = "ada"});
}

BOOST_AUTO_TEST_CASE(ends_at_its_deadline_though_nobody_took_the_task) {
  pass(10 * second_ms);
  const auto d = run(complete_task{.id = id, .agent = "ada"});
  BOOST_REQUIRE(!d.answer.ok());
  BOOST_TEST((d.answer.error().code == errc::lease_lost));
  BOOST_TEST(d.counts.expirations == 1u);
  BOOST_TEST((status_of(id) == task_status::queued));
}

BOOST_AUTO_TEST_CASE(that_ran_out_is_an_attempt_with_timeout) {
  pass(11 * second_ms);
  run_expire();
  const auto view = task(id);
  BOOST_REQUIRE(view.earlier_attempts.size() == 1u);
  BOOST_TEST((view.earlier_attempts[0].status == attempt_status::timeout));
  BOOST_TEST(view.earlier_attempts[0].agent == "ada");
  BOOST_TEST(view.progress->retry_count == 1u);
}

BOOST_AUTO_TEST_CASE(that_ran_out_ends_the_task_when_no_retry_is_left) {
  for (int i = 0; i < 2; ++i) {
    pass(10 * second_ms);
    claim("ada");
  }
  pass(10 * second_ms);
  run_expire();
  const auto view = task(id);
  BOOST_TEST((view.progress->status == task_status::failed));
  BOOST_TEST((view.progress->last_attempt == attempt_status::timeout));
  BOOST_TEST(view.progress->lease_epoch == 3u);
}

BOOST_AUTO_TEST_CASE(that_ran_out_gives_the_task_to_whoever_asks_next) {
  pass(10 * second_ms);
  const auto view = claim("bob");
  BOOST_TEST((view.task.spec->id == id));
  BOOST_TEST(view.task.progress->lease_epoch == 2u);
}

BOOST_AUTO_TEST_CASE(that_ran_out_is_gone_from_the_list_of_agents) {
  BOOST_TEST(accepted<agent_list>(list_agents{}).agents.size() == 1u);
  pass(10 * second_ms);
  BOOST_TEST(accepted<agent_list>(list_agents{}).agents.empty());
}

BOOST_AUTO_TEST_CASE(is_reclaimed_by_a_cleanup_that_counts_tasks_and_agents) {
  given_task("2");
  given_task("3");
  claim("bob");
  pass(5 * second_ms);
  claim("eve");
  pass(5 * second_ms);
  const auto d = run(cleanup_leases{});
  const auto counts = std::get<cleanup_view>(d.answer.value());
  BOOST_TEST(counts.reclaimed_tasks == 2u);
  BOOST_TEST(counts.cleaned_agents == 2u);
  BOOST_TEST(d.counts.expirations == 2u);
  BOOST_TEST(state.leases().size() == 1u);
  BOOST_TEST(cleanup().reclaimed_tasks == 0u);
}

BOOST_AUTO_TEST_CASE(never_ends_early_when_the_wall_clock_jumps) {
  for (const auto jump : {100 * 24 * hour_ms, -100 * 24 * hour_ms, -now.wall_ms}) {
    now.wall_ms += jump;
    BOOST_TEST(cleanup().reclaimed_tasks == 0u);
  }
  now.steady_ms += 10 * second_ms - 1;
  BOOST_TEST(cleanup().reclaimed_tasks == 0u);
  now.steady_ms += 1;
  BOOST_TEST(cleanup().reclaimed_tasks == 1u);
}

BOOST_AUTO_TEST_CASE(ends_though_the_wall_clock_stands_still) {
  now.steady_ms += 10 * second_ms;
  BOOST_TEST(cleanup().reclaimed_tasks == 1u);
}

BOOST_AUTO_TEST_CASE(expires_before_an_accepted_and_before_a_refused_command_alike) {
  pass(10 * second_ms);
  const auto refused_one = run(get_task{object_id{}});
  BOOST_TEST(!refused_one.answer.ok());
  BOOST_TEST(refused_one.counts.expirations == 1u);
  BOOST_TEST((status_of(id) == task_status::queued));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_new_primary, given_running_task)

BOOST_AUTO_TEST_CASE(restarts_every_running_lease_in_full) {
  pass(9 * second_ms);
  now.steady_ms = 77;  // another machine
  restart();
  BOOST_TEST(*state.leases().next_deadline_ms() == 77 + 10 * second_ms);
  const auto view = task(id);
  BOOST_TEST(view.progress->lease_expires_ms == now.wall_ms + 10 * second_ms);
  BOOST_TEST(view.progress->lease_epoch == 1u);
}

BOOST_AUTO_TEST_CASE(restarts_an_extended_lease_with_what_the_extension_gave) {
  pass(4 * second_ms);
  accepted<task_view>(extend_lease{.id = id, .agent = "ada", .extension_ms = minute_ms});
  restart();
  BOOST_TEST(*state.leases().next_deadline_ms() == now.steady_ms + 6 * second_ms + minute_ms);
}

BOOST_AUTO_TEST_CASE(restarts_a_lease_that_would_have_ended_meanwhile) {
  pass(hour_ms);
  restart();
  accepted<task_view>(complete_task{.id = id, .agent = "ada"});
}

BOOST_AUTO_TEST_CASE(changes_nothing_where_nobody_holds_a_task) {
  run(complete_task{.id = id, .agent = "ada"});
  BOOST_TEST(restart().what.empty());
}

BOOST_AUTO_TEST_CASE(forgets_what_was_not_committed) {
  hold_back = true;
  run(complete_task{.id = id, .agent = "ada", .result = "1"});
  given_task("unseen");
  restart();
  BOOST_TEST((status_of(id) == task_status::running));
  BOOST_TEST(state.counters().total() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(statistics_of_the_last_hour, given_type_build)

BOOST_AUTO_TEST_CASE(count_what_was_finished_and_how_long_it_took) {
  for (const auto seconds : {2, 4}) {
    const auto id = given_task("work");
    claim("ada");
    pass(seconds * second_ms);
    run(complete_task{.id = id, .agent = "ada"});
  }
  const auto id = given_task("work");
  claim("ada");
  run(fail_task{.id = id, .agent = "ada", .error = "no", .can_retry = false});
  const auto stats = accepted<stats_view>(get_stats{});
  BOOST_TEST(stats.completed_last_hour == 2u);
  BOOST_TEST(stats.failed_last_hour == 1u);
  BOOST_TEST(stats.average_duration_s == 3.0);
  BOOST_TEST(stats.active_agents == 0u);
  BOOST_TEST(stats.project.counters.completed == 2u);
}

BOOST_AUTO_TEST_CASE(let_go_of_a_minute_after_an_hour_and_survive_a_restart) {
  const auto id = given_task("work");
  claim("ada");
  run(complete_task{.id = id, .agent = "ada"});
  pass(59 * minute_ms);
  restart();
  BOOST_TEST(accepted<stats_view>(get_stats{}).completed_last_hour == 1u);
  pass(minute_ms);
  BOOST_TEST(accepted<stats_view>(get_stats{}).completed_last_hour == 0u);
}

BOOST_AUTO_TEST_CASE(stay_sane_when_the_wall_clock_is_set_back) {
  const auto id = given_task("work");
  claim("ada");
  now.wall_ms -= 24 * hour_ms;
  run(complete_task{.id = id, .agent = "ada"});
  auto stats = accepted<stats_view>(get_stats{});
  BOOST_TEST(stats.completed_last_hour == 1u);
  BOOST_TEST(stats.average_duration_s == 0.0);
  now.wall_ms = -5;  // before 1970
  stats = accepted<stats_view>(get_stats{});
  BOOST_TEST(stats.completed_last_hour == 0u);
}

BOOST_AUTO_TEST_CASE(start_a_minute_afresh_that_shares_its_slot_with_an_old_one) {
  for (int i = 0; i < 2; ++i) {
    const auto id = given_task("work");
    claim("ada");
    run(complete_task{.id = id, .agent = "ada"});
    if (i == 0) pass(hour_ms);
  }
  BOOST_TEST(accepted<stats_view>(get_stats{}).completed_last_hour == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
