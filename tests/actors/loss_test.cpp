// Shards that are lost, proposals that are refused, actors that die: everybody gets an answer, and
// the next request finds what was committed.
#include <boost/test/unit_test.hpp>

#include "tests/actors/actors_fixture.hpp"

namespace taskdriver::actors {

BOOST_FIXTURE_TEST_SUITE(a_lost_shard, one_project)

BOOST_AUTO_TEST_CASE(gives_its_reason_to_every_request_that_waits) {
  replicas.hold();
  auto first = create_task();
  auto second = create_task();
  lose(project_1, errc::outcome_unknown);
  BOOST_TEST(first.is(errc::outcome_unknown));
  BOOST_TEST(second.is(errc::outcome_unknown));
}

/// In a hand-over: what had not been sent to anybody is carried out where the shard goes.
BOOST_AUTO_TEST_CASE(has_what_was_surely_not_done_asked_again) {
  replicas.hold();
  auto first = create_task();
  auto second = create_task();
  lose(project_1, errc::not_primary);
  BOOST_TEST(!first.answered());
  replicas.let_go();
  advance_ms(100);
  BOOST_TEST(first.is<domain::created_task>());
  BOOST_TEST(second.is<domain::created_task>());
  BOOST_TEST(ask_1(domain::peek_next_task{}).as<domain::peek_view>().available == 2u);
}

/// What is under way may be committed after all: asked again, it would be done twice.
BOOST_AUTO_TEST_CASE(does_not_end_a_project_of_another_shard_before_its_stream_has_spoken) {
  replicas.hold();
  auto waiting = create_task();
  replicas.begin_handover(project_1);
  advance_ms(100);
  BOOST_TEST(!waiting.answered());
  commit_next();
  BOOST_TEST(waiting.is<domain::created_task>());
  replicas.place(project_1, {});
  replicas.let_go();
  advance_ms(100);
  BOOST_TEST(ask_1(domain::peek_next_task{}).as<domain::peek_view>().available == 1u);
}

BOOST_AUTO_TEST_CASE(is_loaded_anew_from_what_was_committed) {
  replicas.hold();
  create_task();
  commit_next();
  create_task();
  lose(project_1, errc::outcome_unknown);
  replicas.let_go();
  const auto available = ask_1(domain::peek_next_task{}).as<domain::peek_view>().available;
  BOOST_TEST(available == 1u);
  BOOST_TEST(replicas.opened_streams(project_1) == 2u);
}

BOOST_AUTO_TEST_CASE(is_told_of_by_no_list_that_waits_for_it) {
  replicas.hold();
  create_task();
  auto list = ask_1(domain::list_tasks{});
  lose(project_1, errc::outcome_unknown);
  BOOST_TEST(!list.answered());
  replicas.let_go();
  advance_ms(100);
  BOOST_TEST(list.as<domain::task_page>().tasks.empty());
}

BOOST_AUTO_TEST_CASE(gives_a_claim_whose_answer_was_lost_to_the_same_agent_again) {
  const auto granted = claimed_by("a1");
  lose(project_1, errc::unavailable);
  const auto resumed = next_task("a1").as<domain::claim_view>();
  BOOST_TEST((resumed.task.spec->id == granted.task.spec->id));
  BOOST_TEST((resumed.token == granted.token));
}

BOOST_AUTO_TEST_CASE(keeps_its_parked_polls) {
  auto waiting = poll("a1");
  lose(project_1, errc::unavailable);
  advance_ms(100);
  BOOST_TEST(!waiting.answered());
  create_task();
  BOOST_TEST(waiting.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(that_nobody_can_tell_of_keeps_no_client_waiting) {
  replicas.hold();
  auto waiting = create_task();
  replicas.doubt_lease(true);
  advance_ms(4000);
  BOOST_TEST(!waiting.answered());
  advance_ms(3000);
  BOOST_TEST(waiting.is(errc::outcome_unknown));
  // It was decided, and may be committed after all.
  replicas.doubt_lease(false);
  replicas.let_go();
  advance_ms(100);
  BOOST_TEST(ask_1(domain::peek_next_task{}).as<domain::peek_view>().available == 1u);
}

/// Its own wait for the store ends with the patience, and then that for a node that serves it.
BOOST_AUTO_TEST_CASE(that_nobody_can_tell_of_keeps_no_list_waiting_for_the_store) {
  replicas.apply_later();
  create_task();
  auto list = ask_1(domain::list_tasks{});
  replicas.doubt_lease(true);
  advance_ms(4000);
  BOOST_TEST(!list.answered());
  advance_ms(8000);
  BOOST_TEST(list.is(errc::unavailable));
}

BOOST_AUTO_TEST_CASE(leaves_other_projects_alone) {
  create_project("two");
  auto waiting = poll("a1");
  lose(project_2, errc::unavailable);
  BOOST_TEST(!waiting.answered());
}

BOOST_AUTO_TEST_CASE(loses_no_lease_timer_even_if_nobody_asks) {
  const auto task = claimed_by("a1").task.spec->id;
  lose(project_1, errc::unavailable);
  advance_s(120);
  BOOST_TEST(replicas.stored().load_leases(project_1).empty());
  BOOST_TEST((read(task).as<domain::task_view>().progress->status == domain::task_status::queued));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_refused_proposal, one_project)

BOOST_AUTO_TEST_CASE(is_an_error_for_its_own_request_only) {
  replicas.hold();
  auto earlier = create_task();
  replicas.refuse_next(project_1);
  auto refused = create_task();
  BOOST_TEST(refused.is(errc::unavailable));
  BOOST_TEST(!earlier.answered());
  commit_all();
  BOOST_TEST(earlier.is<domain::created_task>());
}

BOOST_AUTO_TEST_CASE(has_its_project_loaded_anew_by_the_next_request) {
  replicas.refuse_next(project_1);
  create_task();
  BOOST_TEST(ask_1(domain::peek_next_task{}).as<domain::peek_view>().available == 0u);
  BOOST_TEST(create_task().is<domain::created_task>());
}

BOOST_AUTO_TEST_CASE(lets_requests_behind_it_try_again_later) {
  replicas.hold();
  create_task();
  replicas.refuse_next(project_1);
  create_task();
  auto behind = ask_1(domain::peek_next_task{});
  BOOST_TEST(behind.is(errc::unavailable));
  BOOST_TEST(behind.error().retry_after_s == 1);
}

BOOST_AUTO_TEST_CASE(of_a_timer_harms_nobody) {
  const auto task = claimed_by("a1").task.spec->id;
  replicas.refuse_next(project_1);
  advance_s(60);
  BOOST_TEST(read(task).is<domain::task_view>());
  advance_s(60);
  BOOST_TEST((read(task).as<domain::task_view>().progress->status == domain::task_status::queued));
}

BOOST_AUTO_TEST_CASE(keeps_the_parked_polls_of_its_project) {
  auto waiting = poll("a1");
  replicas.refuse_next(project_1);
  ask_1(domain::update_project{.description = "new"});
  advance_ms(100);
  BOOST_TEST(!waiting.answered());
  create_task();
  BOOST_TEST(waiting.is<domain::claim_view>());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(while_the_disk_is_full, one_project)

BOOST_AUTO_TEST_CASE(reads_go_on_and_writes_are_refused) {
  const auto task = create_task().as<domain::created_task>().task.spec->id;
  replicas.refuse_all();
  BOOST_TEST(create_task().is(errc::unavailable));
  BOOST_TEST(next_task("a1").is(errc::unavailable));
  BOOST_TEST(create_project("two").is(errc::unavailable));
  BOOST_TEST(read(task).is<domain::task_view>());
  BOOST_TEST(list_projects().as<domain::project_page>().total == 1u);
  replicas.accept_all();
  BOOST_TEST(create_task().is<domain::created_task>());
  BOOST_TEST(replicas.opened_streams(project_1) == 1u);
}

BOOST_AUTO_TEST_CASE(parked_polls_stay_parked) {
  auto waiting = poll("a1");
  replicas.refuse_all();
  create_task();
  advance_s(30);
  BOOST_TEST(!waiting.answered());
  replicas.accept_all();
  create_task();
  BOOST_TEST(waiting.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(no_lease_runs_out_and_soon_after_it_does) {
  const auto task = claimed_by("a1").task.spec->id;
  replicas.refuse_all();
  advance_s(300);
  BOOST_TEST((read(task).as<domain::task_view>().progress->status == domain::task_status::running));
  BOOST_TEST(list_projects().is<domain::project_page>());
  BOOST_TEST(replicas.opened_streams(project_1) == 1u);
  replicas.accept_all();
  advance_s(1);
  BOOST_TEST(replicas.stored().load_leases(project_1).empty());
}

BOOST_AUTO_TEST_CASE(a_lease_restarts_in_full_with_its_project) {
  const auto task = claimed_by("a1").task.spec->id;
  replicas.refuse_all();
  advance_s(50);
  lose(project_1, errc::unavailable);
  BOOST_TEST(read(task).is<domain::task_view>());
  replicas.accept_all();
  advance_ms(59'999);
  BOOST_TEST(replicas.stored().load_leases(project_1).size() == 1u);
  advance_ms(1);
  BOOST_TEST(replicas.stored().load_leases(project_1).empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_actor_that_dies, one_project)

BOOST_AUTO_TEST_CASE(leaves_503_to_its_requests_and_is_started_by_the_next_one) {
  lose(project_1, errc::unavailable);
  replicas.fail_next_read();
  auto first = send_1(domain::get_project{});
  auto second = ask_1(domain::get_project{});
  BOOST_TEST(first.is(errc::unavailable));
  BOOST_TEST(second.is(errc::unavailable));
  BOOST_TEST(ask_1(domain::get_project{}).is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(while_it_reads_a_list_leaves_503_and_the_next_list_is_read) {
  replicas.fail_next_read();
  BOOST_TEST(ask_1(domain::list_tasks{}).is(errc::unavailable));
  BOOST_TEST(ask_1(domain::list_tasks{}).is<domain::task_page>());
}

BOOST_AUTO_TEST_CASE(at_the_end_of_the_process_leaves_503_to_what_waits) {
  replicas.hold();
  auto created = create_task();
  auto waiting = poll("a1");
  auto other = poll("a2");
  stop();
  BOOST_TEST(created.is(errc::unavailable));
  BOOST_TEST(waiting.answered());
  BOOST_TEST(other.is(errc::unavailable));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
