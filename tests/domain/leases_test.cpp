// Completing, failing and extending under a lease; who is refused and why (A17, A19; P2, P3).
#include "tests/domain/project_fixture.hpp"

namespace taskdriver::domain {
namespace {

/// One task, held by ada by its first grant.
struct given_held_task : given_type_build {
  given_held_task() : id(given_task("work")), grant(claim("ada")) {}

  complete_task completion(std::string result = "1") const {
    return {.id = id, .agent = "ada", .result = std::move(result)};
  }
  fail_task failure() const { return {.id = id, .agent = "ada", .error = "no"}; }
  extend_lease extension() const { return {.id = id, .agent = "ada", .extension_ms = second_ms}; }

  /// `what` of complete, fail and extend by the same agent and with the same proof.
  void all_lose(const std::string& agent, const lease_proof& proof) {
    complete_task done{.id = id, .agent = agent, .proof = proof, .result = "1"};
    fail_task failed{.id = id, .agent = agent, .proof = proof, .error = "no"};
    extend_lease extended{.id = id, .agent = agent, .proof = proof, .extension_ms = 1};
    for (const command& what : {command{done}, command{failed}, command{extended}})
      BOOST_TEST((refused(what).code == errc::lease_lost));
  }

  object_id id;
  claim_view grant;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_holder, given_held_task)

BOOST_AUTO_TEST_CASE(completes_with_result_and_outputs) {
  pass(4 * second_ms);
  const auto view = accepted<task_view>(
      complete_task{.id = id, .agent = "ada", .result = "{\"a\":1}", .outputs = "[2]"});
  const auto& progress = *view.progress;
  BOOST_TEST((progress.status == task_status::completed));
  BOOST_TEST(progress.result == "{\"a\":1}");
  BOOST_TEST(progress.outputs == "[2]");
  BOOST_TEST(progress.assigned_to == "ada");
  BOOST_TEST(progress.completed_ms == now.wall_ms);
  BOOST_TEST(progress.lease_expires_ms == 0);
  BOOST_TEST((progress.last_attempt == attempt_status::completed));
  BOOST_TEST(state.leases().size() == 0u);
}

BOOST_AUTO_TEST_CASE(need_not_be_named_where_the_session_tells) {
  const caller ada{.with = session{.agent = "ada"}, .home = number};
  accepted<task_view>(complete_task{.id = id, .result = "1"}, ada);
}

BOOST_AUTO_TEST_CASE(must_be_named_under_the_admin_token) {
  BOOST_TEST(fields_of(refused(complete_task{.id = id})) == names{"agentName"});
  BOOST_TEST(fields_of(refused(fail_task{.id = id, .error = "no"})) == names{"agentName"});
  BOOST_TEST(fields_of(refused(extend_lease{.id = id, .extension_ms = 1})) == names{"agentName"});
}

BOOST_AUTO_TEST_CASE(may_prove_the_grant_with_token_and_epoch) {
  auto done = completion();
  done.proof = {.token = grant.token, .epoch = 1};
  accepted<task_view>(done);
}

BOOST_AUTO_TEST_CASE(is_told_the_stored_task_when_the_same_completion_is_repeated) {
  const auto first = accepted<task_view>(completion());
  pass(second_ms);
  const auto d = run(completion());
  BOOST_TEST(d.what.empty());
  BOOST_TEST((*std::get<task_view>(d.answer.value()).progress == *first.progress));
}

BOOST_AUTO_TEST_CASE(cannot_complete_again_with_anything_else) {
  accepted<task_view>(completion("1"));
  BOOST_TEST((refused(completion("2")).code == errc::lease_lost));
  auto outputs = completion("1");
  outputs.outputs = "[]";
  BOOST_TEST((refused(outputs).code == errc::lease_lost));
  auto epoch = completion("1");
  epoch.proof.epoch = 2;
  BOOST_TEST((refused(epoch).code == errc::lease_lost));
  auto agent = completion("1");
  agent.agent = "bob";
  BOOST_TEST((refused(agent).code == errc::lease_lost));
}

BOOST_AUTO_TEST_CASE(cannot_fail_or_extend_what_is_completed) {
  accepted<task_view>(completion());
  BOOST_TEST((refused(failure()).code == errc::lease_lost));
  BOOST_TEST((refused(extension()).code == errc::lease_lost));
}

BOOST_AUTO_TEST_CASE(extends_from_the_present_end) {
  pass(4 * second_ms);
  const auto view =
      accepted<task_view>(extend_lease{.id = id, .agent = "ada", .extension_ms = minute_ms});
  BOOST_TEST(view.progress->lease_expires_ms == now.wall_ms + 6 * second_ms + minute_ms);
  BOOST_TEST(*state.leases().next_deadline_ms() == now.steady_ms + 6 * second_ms + minute_ms);
  BOOST_TEST(view.progress->lease_epoch == 1u);
  BOOST_TEST((state.leases().of_task(id.seq())->record.token == grant.token));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(whoever_is_not_the_holder, given_held_task)

BOOST_AUTO_TEST_CASE(is_refused_by_name) {
  all_lose("bob", {});
}

BOOST_AUTO_TEST_CASE(is_refused_by_a_wrong_token_or_epoch) {
  all_lose("ada", {.token = lease_token{}});
  all_lose("ada", {.epoch = 2});
  all_lose("ada", {.token = grant.token, .epoch = 0});
}

BOOST_AUTO_TEST_CASE(is_refused_while_the_task_waits) {
  run(failure());
  all_lose("ada", {});
}

BOOST_AUTO_TEST_CASE(is_refused_with_the_proof_of_an_earlier_grant_to_the_same_agent) {
  run(failure());
  const auto second = claim("ada");
  BOOST_TEST((second.token != grant.token));
  all_lose("ada", {.token = grant.token});
  all_lose("ada", {.epoch = 1});
  auto done = completion();
  done.proof = {.token = second.token, .epoch = 2};
  accepted<task_view>(done);
}

BOOST_AUTO_TEST_CASE(is_told_when_there_is_no_such_task) {
  const auto other = object_id::make(number, id.seq(), 999);  // the same place, another id
  const auto none = object_id::make(number, sequence{99}, 1);
  for (const auto& wrong : {other, none}) {
    BOOST_TEST((refused(complete_task{.id = wrong, .agent = "ada"}).code == errc::not_found));
    BOOST_TEST((refused(fail_task{.id = wrong, .agent = "ada"}).code == errc::not_found));
    BOOST_TEST((refused(extend_lease{.id = wrong, .agent = "ada"}).code == errc::not_found));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_failed_attempt, given_held_task)

BOOST_AUTO_TEST_CASE(goes_back_to_the_queue_and_is_remembered) {
  pass(2 * second_ms);
  const auto d = run(failure());
  const auto& view = std::get<task_view>(d.answer.value());
  BOOST_TEST((view.progress->status == task_status::queued));
  BOOST_TEST(view.progress->retry_count == 1u);
  BOOST_TEST(view.progress->assigned_to == "");
  BOOST_TEST(view.progress->assigned_ms == 0);
  BOOST_TEST(view.progress->lease_expires_ms == 0);
  BOOST_TEST(d.counts.retries == 1u);
  const attempt expected{.number = 1,
                         .agent = "ada",
                         .started_ms = now.wall_ms - 2 * second_ms,
                         .ended_ms = now.wall_ms,
                         .status = attempt_status::failed,
                         .error = "no"};
  BOOST_REQUIRE(view.earlier_attempts.size() == 1u);
  BOOST_TEST((view.earlier_attempts[0] == expected));
  BOOST_TEST((task(id).earlier_attempts == view.earlier_attempts));
}

BOOST_AUTO_TEST_CASE(ends_the_task_when_no_retry_is_left) {
  for (int grants = 1; grants <= 2; ++grants) {
    run(failure());
    BOOST_TEST(claim("ada").task.progress->lease_epoch == 1u + grants);
  }
  const auto d = run(failure());
  const auto& progress = *std::get<task_view>(d.answer.value()).progress;
  BOOST_TEST((progress.status == task_status::failed));
  BOOST_TEST(progress.retry_count == 2u);
  BOOST_TEST(progress.error == "no");
  BOOST_TEST(progress.failed_ms == now.wall_ms);
  BOOST_TEST(progress.assigned_to == "ada");
  BOOST_TEST(d.counts.failures == 1u);
  BOOST_TEST(task(id).earlier_attempts.size() == 2u);
  BOOST_TEST(nothing_for("bob"));
  BOOST_TEST((refused(completion()).code == errc::lease_lost));
}

BOOST_AUTO_TEST_CASE(ends_the_task_at_once_where_the_agent_says_so) {
  auto hopeless = failure();
  hopeless.can_retry = false;
  const auto view = accepted<task_view>(hopeless);
  BOOST_TEST((view.progress->status == task_status::failed));
  BOOST_TEST(view.progress->retry_count == 0u);
}

BOOST_AUTO_TEST_CASE(leaves_no_error_on_the_task_once_it_runs_again) {
  run(failure());
  BOOST_TEST(task(id).progress->error == "no");
  BOOST_TEST(claim("bob").task.progress->error == "");
}

BOOST_AUTO_TEST_CASE(is_seen_while_the_store_is_behind) {
  hold_back = true;
  run(failure());
  claim("bob");
  run(fail_task{.id = id, .agent = "bob", .error = "also"});
  for (int applied = 0; applied <= 3; ++applied) {
    BOOST_TEST(task(id).earlier_attempts.size() == 2u);
    let_through(1);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
