// next-task: who gets what in which order, resumed claims, closed projects (A10, A16; P4, P5).
#include "tests/domain/project_fixture.hpp"

namespace taskdriver::domain {

BOOST_FIXTURE_TEST_SUITE(next_task_gives, given_type_build)

BOOST_AUTO_TEST_CASE(tasks_in_the_order_of_their_creation) {
  const auto first = given_task("1");
  const auto second = given_task("2");
  BOOST_TEST((claim("ada").task.spec->id == first));
  BOOST_TEST((claim("bob").task.spec->id == second));
  BOOST_TEST(nothing_for("eve"));
}

BOOST_AUTO_TEST_CASE(a_lease_of_the_types_length_with_epoch_token_and_attempt) {
  const auto id = given_task("1");
  const auto token = fresh_token();
  const auto view = accepted<claim_view>(next_task{.agent = "ada", .token = token});
  const auto& progress = *view.task.progress;
  BOOST_TEST((progress.status == task_status::running));
  BOOST_TEST(progress.assigned_to == "ada");
  BOOST_TEST(progress.assigned_ms == now.wall_ms);
  BOOST_TEST(progress.lease_expires_ms == now.wall_ms + 10 * second_ms);
  BOOST_TEST(progress.lease_epoch == 1u);
  BOOST_TEST((progress.last_attempt == attempt_status::running));
  BOOST_TEST((view.token == token));
  BOOST_TEST((state.leases().of_task(id.seq())->record.token == token));
  BOOST_TEST(*state.leases().next_deadline_ms() == now.steady_ms + 10 * second_ms);
}

BOOST_AUTO_TEST_CASE(the_same_task_again_to_an_agent_that_asks_again_and_renews_nothing) {
  given_task("1");
  given_task("2");
  const auto first = claim("ada");
  pass(3 * second_ms);
  const auto d = run(next_task{.agent = "ada", .token = fresh_token()});
  const auto again = std::get<claim_view>(d.answer.value());
  BOOST_TEST((again.task.spec->id == first.task.spec->id));
  BOOST_TEST((again.token == first.token));
  BOOST_TEST(again.task.progress->lease_epoch == 1u);
  BOOST_TEST(again.task.progress->lease_expires_ms == first.task.progress->lease_expires_ms);
  BOOST_TEST(d.what.empty());
  BOOST_TEST(d.counts.resumes == 1u);
  BOOST_TEST(d.counts.claims == 0u);
}

BOOST_AUTO_TEST_CASE(the_same_task_again_also_after_a_restart_of_the_node) {
  given_task("1");
  const auto before = claim("ada");
  restart();
  const auto after = claim("ada");
  BOOST_TEST((after.token == before.token));
  BOOST_TEST(after.task.progress->lease_epoch == before.task.progress->lease_epoch);
}

BOOST_AUTO_TEST_CASE(a_retried_task_before_younger_ones) {
  const auto first = given_task("1");
  given_task("2");
  given_task("3");
  claim("ada");
  claim("bob");
  run(fail_task{.id = first, .agent = "ada", .error = "no"});
  BOOST_TEST((claim("eve").task.spec->id == first));
}

BOOST_AUTO_TEST_CASE(nothing_and_changes_nothing_where_nothing_is_queued) {
  const auto d = run(next_task{.agent = "ada", .token = fresh_token()});
  BOOST_TEST(std::get<no_task>(d.answer.value()).agent == "ada");
  BOOST_TEST(d.what.empty());
}

BOOST_AUTO_TEST_CASE(no_removed_task) {
  const auto first = given_task("1");
  const auto second = given_task("2");
  run(remove_task{first});
  BOOST_TEST((claim("ada").task.spec->id == second));
}

BOOST_AUTO_TEST_CASE(every_task_once_while_the_store_is_many_decisions_behind) {
  hold_back = true;
  std::vector<object_id> created;
  for (int i = 0; i < 20; ++i) created.push_back(given_task("work " + std::to_string(i)));
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST((claim("agent-" + std::to_string(i)).task.spec->id == created[i]));
    let_through(1);
  }
  BOOST_TEST(nothing_for("eve"));
  let_through(100);
}

BOOST_AUTO_TEST_CASE(every_task_in_order_through_a_window_of_two_places) {
  state = project_state::load(number, store, {.queue_places_max = 2});
  restart_leases(state, now);
  hold_back = true;
  std::vector<object_id> created;
  for (int i = 0; i < 12; ++i) created.push_back(given_task("work " + std::to_string(i)));
  for (int i = 0; i < 12; ++i) {
    let_through(2);
    BOOST_TEST((claim("agent-" + std::to_string(i)).task.spec->id == created[i]));
  }
}

BOOST_AUTO_TEST_CASE(the_first_place_also_when_it_came_back_unseen_after_a_restart) {
  // The window of two ended at task 2 when the node stopped; 2 fails before anybody asks.
  state = project_state::load(number, store, {.queue_places_max = 2});
  given_task("1");
  const auto second = given_task("2");
  given_task("3");
  claim("ada");
  claim("bob");
  restart();
  hold_back = true;
  run(fail_task{.id = second, .agent = "bob", .error = "no"});
  BOOST_TEST((claim("eve").task.spec->id == second));
}

BOOST_AUTO_TEST_CASE(places_from_a_mark_that_moves_on_and_back_so_that_scans_stay_short) {
  // The mark is where the next primary's first scan starts; all before it is tombstones.
  const auto first = given_task("1");
  for (int i = 2; i <= 5; ++i) given_task(std::to_string(i));
  for (const auto* agent : {"a", "b", "c"}) claim(agent);
  const auto mark = [&] { return raw(store.load_counters(number).queue_head.task); };
  BOOST_TEST(mark() == 4u);
  run(fail_task{.id = first, .agent = "a", .error = "no"});
  BOOST_TEST(mark() == 1u);
}

BOOST_AUTO_TEST_CASE(only_to_sessions_of_this_project) {
  given_task("1");
  const caller ada{.with = session{.agent = "ada"}, .home = number};
  const next_task other{.agent = "ada", .project_ref = "other"};
  BOOST_TEST((refused(other, ada).code == errc::forbidden));
  BOOST_TEST((refused(other).code == errc::not_found));
  next_task by_name{.agent = "ada", .project_ref = "fleet"};
  BOOST_TEST((run(by_name, ada).answer.ok()));
  by_name.project_ref = state.record().id.text();
  BOOST_TEST((run(by_name, ada).answer.ok()));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_closed_project, given_type_build)

BOOST_AUTO_TEST_CASE(takes_no_types_and_no_tasks_and_gives_none) {
  given_task("1");
  accepted<project_view>(update_project{.status = project_status::closed});
  BOOST_TEST((refused(create_type{.name = "more"}).code == errc::wrong_state));
  const new_task task{.type_id = build, .instructions = "2"};
  BOOST_TEST((refused(create_task{task}).code == errc::wrong_state));
  BOOST_TEST((refused(create_tasks{.items = {{0, task}}}).code == errc::wrong_state));
  BOOST_TEST((refused(next_task{.agent = "ada"}).code == errc::wrong_state));
}

BOOST_AUTO_TEST_CASE(lets_running_tasks_finish_and_their_holders_find_them) {
  const auto done = given_task("1");
  const auto failed = given_task("2");
  claim("ada");
  claim("bob");
  accepted<project_view>(update_project{.status = project_status::closed});
  BOOST_TEST((claim("ada").task.spec->id == done));
  accepted<task_view>(extend_lease{.id = done, .agent = "ada", .extension_ms = 1000});
  accepted<task_view>(complete_task{.id = done, .agent = "ada", .result = "1"});
  accepted<task_view>(fail_task{.id = failed, .agent = "bob", .error = "no"});
  BOOST_TEST((status_of(done) == task_status::completed));
  BOOST_TEST((status_of(failed) == task_status::queued));
}

BOOST_AUTO_TEST_CASE(works_again_once_it_is_reopened) {
  const auto id = given_task("1");
  accepted<project_view>(update_project{.status = project_status::closed});
  accepted<project_view>(update_project{.status = project_status::active});
  BOOST_TEST((claim("ada").task.spec->id == id));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
