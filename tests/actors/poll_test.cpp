// Long-polls: one waiter per task, in order of arrival; whoever leaves loses nothing (A16).
#include <boost/test/unit_test.hpp>

#include "tests/actors/actors_fixture.hpp"

namespace taskdriver::actors {

BOOST_FIXTURE_TEST_SUITE(a_poll, one_project)

BOOST_AUTO_TEST_CASE(that_does_not_wait_is_answered_at_once) {
  BOOST_TEST(next_task("a1").is<domain::no_task>());
}

BOOST_AUTO_TEST_CASE(gets_the_task_that_comes) {
  auto waiting = poll("a1");
  BOOST_TEST(!waiting.answered());
  create_task();
  BOOST_TEST(waiting.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(is_answered_after_the_commit_of_its_claim) {
  auto waiting = poll("a1");
  replicas.hold();
  create_task();
  commit_next();
  BOOST_TEST(!waiting.answered());
  commit_next();
  BOOST_TEST(waiting.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(is_served_in_order_of_arrival_one_per_task) {
  auto first = poll("a3");
  auto second = poll("a1");
  auto third = poll("a2");
  create_task();
  BOOST_TEST(first.answered());
  BOOST_TEST(!second.answered());
  create_task();
  BOOST_TEST(second.answered());
  BOOST_TEST(!third.answered());
}

BOOST_AUTO_TEST_CASE(is_not_woken_for_a_task_that_another_one_gets) {
  poll("a1");
  auto second = poll("a2");
  const auto looks = second.looks();
  create_task();
  BOOST_TEST(second.looks() == looks);
}

BOOST_AUTO_TEST_CASE(wakes_as_many_as_a_bulk_brings_tasks) {
  auto first = poll("a1");
  auto second = poll("a2");
  auto third = poll("a3");
  const domain::new_task task{.type_id = type_id, .instructions = "do it"};
  ask_1(domain::create_tasks{.items = {{0, task}, {1, task}}, .batch_id = ""});
  BOOST_TEST(first.is<domain::claim_view>());
  BOOST_TEST(second.is<domain::claim_view>());
  BOOST_TEST(!third.answered());
}

BOOST_AUTO_TEST_CASE(whose_client_hung_up_is_skipped_and_loses_no_task) {
  auto gone = poll("a1");
  auto next = poll("a2");
  gone.hang_up();
  create_task();
  BOOST_TEST(!gone.is<domain::claim_view>());
  BOOST_TEST(next.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(whose_client_hung_up_leaves_the_task_in_the_queue_if_nobody_else_waits) {
  auto gone = poll("a1");
  gone.hang_up();
  create_task();
  BOOST_TEST(next_task("a2").is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(is_answered_no_task_when_its_agent_asks_anew) {
  auto older = poll("a1");
  auto newer = poll("a1");
  BOOST_TEST(older.is<domain::no_task>());
  BOOST_TEST(!newer.answered());
  create_task();
  BOOST_TEST(newer.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(that_is_replaced_just_before_a_task_comes_leaves_the_task_to_the_newer_one) {
  auto older = poll("a1");
  auto newer = send_1(next_task_for("a1", 60));
  create_task();
  BOOST_TEST(older.is<domain::no_task>());
  BOOST_TEST(newer.is<domain::claim_view>());
  BOOST_TEST(counts.totals(time.now().wall_ms).parked_polls == 0u);
}

BOOST_AUTO_TEST_CASE(that_comes_back_to_its_place_gives_way_to_a_newer_one_of_its_agent) {
  auto older = poll("a1");
  send_1(domain::create_task{{.type_id = type_id, .instructions = "do it"}});
  send_1(next_task_for("a3"));
  auto newer = ask_1(next_task_for("a1", 60));
  BOOST_TEST(older.is<domain::no_task>());
  BOOST_TEST(!newer.answered());
}

BOOST_AUTO_TEST_CASE(is_answered_no_task_when_its_time_is_up) {
  auto waiting = poll("a1", 20);
  advance_ms(19'999);
  BOOST_TEST(!waiting.answered());
  advance_ms(1);
  BOOST_TEST(waiting.is<domain::no_task>());
}

BOOST_AUTO_TEST_CASE(keeps_its_own_time_when_an_older_one_of_its_agent_runs_out) {
  poll("a1", 20);
  advance_s(10);
  auto newer = poll("a1", 20);
  advance_s(15);
  BOOST_TEST(!newer.answered());
  advance_s(5);
  BOOST_TEST(newer.is<domain::no_task>());
}

BOOST_AUTO_TEST_CASE(that_ran_out_of_time_takes_no_task) {
  poll("a1", 20);
  auto other = poll("a2", 60);
  advance_s(20);
  create_task();
  BOOST_TEST(other.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(whose_task_was_taken_by_another_request_keeps_its_place) {
  auto first = poll("a1");
  auto second = poll("a2");
  // Both reach the project before the woken poll comes back to it.
  send_1(domain::create_task{{.type_id = type_id, .instructions = "do it"}});
  auto quick = ask_1(next_task_for("a3"));
  BOOST_TEST(quick.is<domain::claim_view>());
  BOOST_TEST(!first.answered());
  create_task();
  BOOST_TEST(first.is<domain::claim_view>());
  BOOST_TEST(!second.answered());
}

BOOST_AUTO_TEST_CASE(that_keeps_its_place_keeps_its_time) {
  auto waiting = poll("a1", 20);
  advance_s(15);
  send_1(domain::create_task{{.type_id = type_id, .instructions = "do it"}});
  ask_1(next_task_for("a3"));
  advance_ms(4'999);
  BOOST_TEST(!waiting.answered());
  advance_ms(1);
  BOOST_TEST(waiting.is<domain::no_task>());
}

BOOST_AUTO_TEST_CASE(is_shown_in_the_metrics) {
  poll("a1");
  poll("a2");
  BOOST_TEST(counts.totals(time.now().wall_ms).parked_polls == 2u);
  create_task();
  BOOST_TEST(counts.totals(time.now().wall_ms).parked_polls == 1u);
}

BOOST_AUTO_TEST_CASE(outlives_the_sweep_that_lets_idle_agents_go) {
  poll("a1", 1);
  advance_s(59);
  auto waiting = poll("a2", 60);
  advance_s(30);
  create_task();
  BOOST_TEST(waiting.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(of_an_agent_that_left_memory_works_again) {
  poll("a1", 1);
  advance_s(120);
  auto waiting = poll("a1");
  create_task();
  BOOST_TEST(waiting.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(waits_on_while_its_project_is_closed_and_opened_again) {
  auto waiting = poll("a1");
  ask_1(domain::update_project{.status = domain::project_status::closed});
  BOOST_TEST(!waiting.answered());
  ask_1(domain::update_project{.status = domain::project_status::active});
  create_task();
  BOOST_TEST(waiting.is<domain::claim_view>());
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

struct one_session : one_project {
  one_session() { login("one", "a1", 1); }
  asked poll_as_session(const std::string& agent) {
    return ask(session_of(project_1, 1), to_project{project_1, project_id},
               domain::command{next_task_for(agent, 60)});
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_poll_of_a_session, one_session)

BOOST_AUTO_TEST_CASE(gets_the_task_that_comes) {
  auto waiting = poll_as_session("a1");
  create_task();
  BOOST_TEST(waiting.is<domain::claim_view>());
  BOOST_TEST(waiting.caller().agent == "a1");
}

BOOST_AUTO_TEST_CASE(ends_with_401_at_the_logout) {
  auto waiting = poll_as_session("a1");
  ask(session_of(project_1, 1), to_home{}, domain::command{domain::logout{}});
  BOOST_TEST(waiting.is(errc::unauthenticated));
}

BOOST_AUTO_TEST_CASE(ends_with_401_when_its_agent_logs_in_anew) {
  auto waiting = poll_as_session("a1");
  login("one", "a1", 2);
  BOOST_TEST(waiting.is(errc::unauthenticated));
}

BOOST_AUTO_TEST_CASE(under_another_name_ends_with_401_when_it_is_woken) {
  auto waiting = poll_as_session("somebody");
  login("one", "a1", 2);
  BOOST_TEST(!waiting.answered());
  create_task();
  BOOST_TEST(waiting.is(errc::unauthenticated));
  BOOST_TEST(next_task("a2").is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(that_was_refused_does_not_keep_the_task_from_the_next_in_line) {
  poll_as_session("somebody");
  auto next = poll("a2");
  login("one", "a1", 2);
  create_task();
  BOOST_TEST(next.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(stays_when_another_agent_logs_out) {
  login("one", "a2", 2);
  auto waiting = poll_as_session("a1");
  ask(session_of(project_1, 2), to_home{}, domain::command{domain::logout{}});
  BOOST_TEST(!waiting.answered());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(released_polls, one_project)

BOOST_AUTO_TEST_CASE(are_all_answered_no_task) {
  auto first = poll("a1");
  auto second = poll("a2");
  release_polls();
  BOOST_TEST(first.is<domain::no_task>());
  BOOST_TEST(second.is<domain::no_task>());
}

BOOST_AUTO_TEST_CASE(are_the_last_ones_that_park) {
  release_polls();
  BOOST_TEST(poll("a1").is<domain::no_task>());
}

BOOST_AUTO_TEST_CASE(are_the_last_ones_that_park_also_in_projects_that_are_loaded_later) {
  release_polls();
  lose(project_1, errc::unavailable);
  BOOST_TEST(poll("a1").is<domain::no_task>());
}

BOOST_AUTO_TEST_CASE(stop_no_other_work) {
  release_polls();
  const auto task = claimed_by("a1").task.spec->id;
  BOOST_TEST(complete(task, "a1").is<domain::task_view>());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
