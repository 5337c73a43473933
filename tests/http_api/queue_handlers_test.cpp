// What the requests of agents and sessions ask of the actors.
#include "base/text.hpp"
#include "call_handler.hpp"
#include "http/authentication.hpp"

namespace taskdriver::http {
namespace {

BOOST_AUTO_TEST_SUITE(queue_requests)

BOOST_AUTO_TEST_CASE(a_session_claims_at_home) {
  const auto work = run(handlers::next_task,
                        {.parameter = "my-agent", .body = R"({"projectId":"p","waitSeconds":60})"});
  destination_of<actors::to_home>(work);
  const auto next = command_of<domain::next_task>(work);
  BOOST_TEST(next.agent == "my-agent");
  BOOST_TEST(next.project_ref == "p");
  BOOST_TEST(next.wait_s == 60);
  BOOST_TEST((next.token != domain::lease_token{}));
}

BOOST_AUTO_TEST_CASE(a_session_may_leave_the_body_of_a_claim_out) {
  const auto next =
      command_of<domain::next_task>(run(handlers::next_task, {.parameter = "my-agent"}));
  BOOST_TEST(next.project_ref.empty());
  BOOST_TEST(next.wait_s == 0);
}

BOOST_AUTO_TEST_CASE(the_admin_names_the_project_to_claim_from) {
  const actors::credentials admin = actors::admin_credentials{};
  const auto work =
      run(handlers::next_task, {.parameter = "a", .body = R"({"projectId":"p"})", .from = admin});
  BOOST_TEST(destination_of<actors::to_named_project>(work).ref == "p");
  const names expected = {"projectId"};
  BOOST_TEST(wrong_fields(run(handlers::next_task, {.parameter = "a", .from = admin})) == expected);
}

BOOST_AUTO_TEST_CASE(all_wrong_fields_of_a_claim_are_told) {
  const auto work =
      run(handlers::next_task, {.parameter = "a b", .body = R"({"projectId":7,"waitSeconds":61})"});
  const names expected = {"agentName", "projectId", "waitSeconds"};
  BOOST_TEST(wrong_fields(work) == expected);
}

BOOST_AUTO_TEST_CASE(the_completion_of_the_reference_is_understood) {
  const auto complete = command_of<domain::complete_task>(
      run(handlers::complete_task, {.parameter = task_id_text, .body = R"({
          "agentName": "security-analysis-agent", "result": "Found 3 critical vulnerabilities.",
          "outputs": {"vulnerabilities_found": 8, "critical_count": 3}})"}));
  BOOST_TEST(complete.id.text() == task_id_text);
  BOOST_TEST(complete.agent == "security-analysis-agent");
  BOOST_TEST(complete.result == "\"Found 3 critical vulnerabilities.\"");
  BOOST_TEST(complete.outputs == R"({"critical_count":3,"vulnerabilities_found":8})");
  BOOST_TEST(!complete.proof.token);
  BOOST_TEST(!complete.proof.epoch);
}

BOOST_AUTO_TEST_CASE(a_session_may_complete_without_saying_who_or_what) {
  const auto complete =
      command_of<domain::complete_task>(run(handlers::complete_task, {.parameter = task_id_text}));
  BOOST_TEST(complete.agent.empty());
  BOOST_TEST(complete.result.empty());
}

BOOST_AUTO_TEST_CASE(the_admin_has_to_say_who_completes) {
  const actors::credentials admin = actors::admin_credentials{};
  const names expected = {"agentName"};
  for (const auto* body : {"{}", R"({"agentName":null})", R"({"agentName":"a b"})"})
    BOOST_TEST(wrong_fields(run(handlers::complete_task,
                                {.parameter = task_id_text, .body = body, .from = admin})) ==
               expected);
}

BOOST_AUTO_TEST_CASE(a_proof_of_holding_is_read_when_it_is_there) {
  const auto fail = command_of<domain::fail_task>(
      run(handlers::fail_task, {.parameter = task_id_text, .body = R"({
          "error":"e","leaseToken":"000102030405060708090A0b0c0d0e0f","leaseEpoch":3})"}));
  BOOST_REQUIRE(fail.proof.token);
  BOOST_TEST(fail.proof.token->at(10) == 10);
  BOOST_TEST(fail.proof.epoch.value() == 3u);
  const names expected = {"leaseToken", "leaseEpoch"};
  BOOST_TEST(wrong_fields(run(handlers::fail_task, {.parameter = task_id_text, .body = R"({
          "error":"e","leaseToken":"000102","leaseEpoch":0})"})) == expected);
}

BOOST_AUTO_TEST_CASE(a_failure_needs_an_error_and_may_be_retried_by_default) {
  const auto fail = command_of<domain::fail_task>(
      run(handlers::fail_task, {.parameter = task_id_text, .body = R"({"error":"denied"})"}));
  BOOST_TEST(fail.error == "denied");
  BOOST_TEST(fail.can_retry);
  const names expected = {"error", "canRetry"};
  BOOST_TEST(wrong_fields(run(handlers::fail_task, {.parameter = task_id_text,
                                                    .body = R"({"error":"","canRetry":"no"})"})) ==
             expected);
}

BOOST_AUTO_TEST_CASE(an_extension_may_have_a_fraction) {
  const auto extension = [](std::string_view minutes) {
    return command_of<domain::extend_lease>(
               run(handlers::extend_lease,
                   {.parameter = task_id_text,
                    .body = "{\"extensionMinutes\":" + std::string(minutes) + "}"}))
        .extension_ms;
  };
  BOOST_TEST(extension("30") == 1'800'000);
  BOOST_TEST(extension("0.5") == 30'000);
  BOOST_TEST(extension("1e-9") == 1);
  BOOST_TEST(extension("1440") == 86'400'000);
}

BOOST_AUTO_TEST_CASE(an_extension_is_above_zero_and_at_most_a_day) {
  const names expected = {"extensionMinutes"};
  for (const auto* body : {"{}", R"({"extensionMinutes":0})", R"({"extensionMinutes":-1})",
                           R"({"extensionMinutes":1440.1})", R"({"extensionMinutes":"30"})",
                           R"({"extensionMinutes":1e300})"})
    BOOST_TEST(wrong_fields(run(handlers::extend_lease,
                                {.parameter = task_id_text, .body = body})) == expected);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(session_requests)

BOOST_AUTO_TEST_CASE(the_login_of_the_reference_is_understood) {
  const auto work = run(handlers::login, {.body = R"({"agentName":"my-agent","projectId":
      "550e8400-e29b-41d4-a716-446655440000"})"});
  BOOST_TEST(destination_of<actors::to_named_project>(work).ref ==
             "550e8400-e29b-41d4-a716-446655440000");
  const auto login = command_of<domain::login>(work);
  BOOST_TEST(login.agent == "my-agent");
  BOOST_TEST(login.lifetime_ms == 1000);
  BOOST_TEST(!login.allow_multiple);
  BOOST_TEST(!login.resume_existing);
  BOOST_TEST((login.token == hash_of(work->context.session_secret)));
  BOOST_TEST(work->context.session_secret.size() == session_secret_bytes);
}

BOOST_AUTO_TEST_CASE(every_login_has_secrets_of_its_own) {
  const call_parts parts{.body = R"({"agentName":"a","projectId":"p"})"};
  const auto one = run(handlers::login, parts);
  const auto two = run(handlers::login, parts);
  BOOST_TEST(one->context.session_secret != two->context.session_secret);
  BOOST_TEST(command_of<domain::login>(one).session_id !=
             command_of<domain::login>(two).session_id);
}

BOOST_AUTO_TEST_CASE(all_wrong_fields_of_a_login_are_told) {
  const names expected = {"agentName", "projectId", "allowMultipleSessions", "resumeExisting"};
  BOOST_TEST(wrong_fields(run(handlers::login, {.body = R"({
      "projectId":"","allowMultipleSessions":1,"resumeExisting":"x"})"})) == expected);
}

BOOST_AUTO_TEST_CASE(an_extension_is_given_in_whole_seconds) {
  const auto extend = command_of<domain::extend_session>(
      run(handlers::update_session, {.body = R"({"extendBy":3600})"}));
  BOOST_TEST(extend.extend_ms == 3'600'000);
  const names expected = {"extendBy"};
  for (const auto* body :
       {"{}", R"({"extendBy":0})", R"({"extendBy":86401})", R"({"extendBy":1.5})"})
    BOOST_TEST(wrong_fields(run(handlers::update_session, {.body = body})) == expected);
}

BOOST_AUTO_TEST_CASE(the_admin_token_has_no_session) {
  const actors::credentials admin = actors::admin_credentials{};
  for (const auto handler : {handlers::get_session, handlers::logout, handlers::update_session})
    BOOST_TEST(
        (refusal(run(handler, {.body = R"({"extendBy":1})", .from = admin})) == errc::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::http
