// Answers and commits (P1, P7): nothing is told before it is safe, everything in order.
#include <boost/test/unit_test.hpp>

#include "tests/actors/actors_fixture.hpp"

namespace taskdriver::actors {

BOOST_FIXTURE_TEST_SUITE(answers, one_project)

BOOST_AUTO_TEST_CASE(a_creation_is_answered_after_its_commit_only) {
  replicas.hold();
  auto created = create_task();
  BOOST_TEST(!created.answered());
  commit_all();
  BOOST_TEST(created.is<domain::created_task>());
}

BOOST_AUTO_TEST_CASE(leave_in_the_order_of_the_commits) {
  replicas.hold();
  auto first = create_task();
  auto second = create_task();
  commit_next();
  BOOST_TEST(first.is<domain::created_task>());
  BOOST_TEST(!second.answered());
  commit_next();
  BOOST_TEST(second.is<domain::created_task>());
}

BOOST_AUTO_TEST_CASE(a_read_waits_for_what_it_may_show) {
  auto task = claimed_by("a1").task.spec->id;
  replicas.hold();
  auto completed = complete(task, "a1");
  auto reading = read(task);
  auto list = ask_1(domain::list_tasks{});
  BOOST_TEST(!reading.answered());
  BOOST_TEST(!list.answered());
  commit_all();
  BOOST_TEST(completed.is<domain::task_view>());
  BOOST_TEST((reading.as<domain::task_view>().progress->status == domain::task_status::completed));
  BOOST_TEST((list.as<domain::task_page>().tasks.at(0).progress->status ==
              domain::task_status::completed));
}

BOOST_AUTO_TEST_CASE(do_not_wait_until_the_store_shows_it) {
  replicas.apply_later();
  const auto task = create_task().as<domain::created_task>().task.spec->id;
  BOOST_TEST((claimed_by("a1").task.spec->id == task));
  BOOST_TEST(complete(task, "a1").is<domain::task_view>());
  BOOST_TEST(
      (read(task).as<domain::task_view>().progress->status == domain::task_status::completed));
  BOOST_TEST(!replicas.stored().load_spec(project_1, task.seq()));
  BOOST_TEST(replicas.hastened() == 0u);
}

BOOST_AUTO_TEST_CASE(but_a_list_does_and_says_so) {
  replicas.apply_later();
  create_task();
  auto list = ask_1(domain::list_tasks{});
  BOOST_TEST(!list.answered());
  BOOST_TEST(replicas.hastened() == 1u);
  create_task();
  BOOST_TEST(!list.answered());
  apply_all();
  BOOST_TEST(list.as<domain::task_page>().tasks.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_read_waits_for_nothing_when_all_is_committed) {
  const auto task = create_task().as<domain::created_task>().task.spec->id;
  replicas.hold();
  BOOST_TEST(read(task).is<domain::task_view>());
}

BOOST_AUTO_TEST_CASE(a_refusal_waits_for_the_decision_it_tells_of) {
  const auto task = claimed_by("a1").task.spec->id;
  replicas.hold();
  complete(task, "a1");
  auto late = complete(task, "a2");
  BOOST_TEST(!late.answered());
  commit_all();
  BOOST_TEST(late.is(errc::lease_lost));
}

BOOST_AUTO_TEST_CASE(a_claim_and_its_resume_by_the_same_agent_are_one_grant) {
  create_task();
  create_task();
  replicas.hold();
  auto first = next_task("a1");
  auto again = next_task("a1");
  BOOST_TEST(!first.answered());
  BOOST_TEST(!again.answered());
  commit_all();
  const auto& claim = first.as<domain::claim_view>();
  const auto& resumed = again.as<domain::claim_view>();
  BOOST_TEST((claim.task.spec->id == resumed.task.spec->id));
  BOOST_TEST(resumed.task.progress->lease_epoch == 1u);
  BOOST_TEST((claim.token == resumed.token));
}

BOOST_AUTO_TEST_CASE(two_agents_get_two_tasks_though_neither_claim_is_committed) {
  create_task();
  create_task();
  replicas.hold();
  auto one = next_task("a1");
  auto two = next_task("a2");
  commit_all();
  BOOST_TEST(
      (one.as<domain::claim_view>().task.spec->id != two.as<domain::claim_view>().task.spec->id));
}

BOOST_AUTO_TEST_CASE(are_counted_for_the_metrics) {
  const auto task = claimed_by("a1").task.spec->id;
  next_task("a1");
  complete(task, "a1");
  const auto totals = counts.totals(time.now().wall_ms);
  BOOST_TEST(totals.tasks_created == 1u);
  BOOST_TEST(totals.claims == 1u);
  BOOST_TEST(totals.resumes == 1u);
  BOOST_TEST(totals.completions == 1u);
  BOOST_TEST(totals.projects_loaded == 1u);
}

BOOST_AUTO_TEST_CASE(show_the_deepest_project_first_and_how_long_its_oldest_task_waits) {
  create_project("two");
  create_task();
  advance_s(10);
  create_task();
  const auto deepest = counts.deepest(1, time.now().wall_ms);
  BOOST_REQUIRE(deepest.size() == 1u);
  BOOST_TEST(deepest[0].name == "one");
  BOOST_TEST(deepest[0].queued == 2u);
  BOOST_TEST(deepest[0].oldest_queued_s == 10.0);
}

BOOST_AUTO_TEST_CASE(of_a_list_count_what_is_committed_only) {
  create_task();
  auto list = send_1(domain::list_tasks{});
  replicas.hold();
  create_task();
  BOOST_TEST(*list.as<domain::task_page>().total == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
