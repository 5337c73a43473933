// The JSON of replies, compared with the examples of the API reference field by field.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "http/authentication.hpp"
#include "http/cursor.hpp"
#include "http/render_reply.hpp"
#include "sample_records.hpp"

namespace taskdriver::http {
namespace {

using nlohmann::ordered_json;

struct rendering {
  const error_context errors{"req-123-456", ten_oclock_ms + 120 * minute_ms};
  int status = 0;

  std::string text_of(domain::reply reply, reply_context context = {}) {
    auto answer = render_reply(reply, std::move(context), errors);
    status = answer.status;
    return std::move(answer.body);
  }
  ordered_json json_of(domain::reply reply, reply_context context = {}) {
    return ordered_json::parse(text_of(std::move(reply), std::move(context)));
  }
};

/// The names of an object, in order.
std::string keys(const ordered_json& object) {
  std::string text;
  for (const auto& [key, value] : object.items()) text += (text.empty() ? "" : " ") + key;
  return text;
}

BOOST_FIXTURE_TEST_SUITE(replies, rendering)

BOOST_AUTO_TEST_CASE(a_project_looks_as_in_the_reference) {
  BOOST_TEST(text_of(sample_project()) ==
             R"({"success":true,"data":{"id":"00000007-0000-8000-8000-0000000000aa",)"
             R"("name":"ai-analysis","description":"AI-powered code analysis",)"
             R"("instructions":"Follow security best practices...","status":"active",)"
             R"("createdAt":"2024-01-01T10:00:00.000Z","updatedAt":"2024-01-01T10:00:00.000Z",)"
             R"("config":{"defaultMaxRetries":3,"defaultLeaseDurationMinutes":10,)"
             R"("reaperIntervalMinutes":1},"stats":{"totalTasks":100,"completedTasks":80,)"
             R"("failedTasks":5,"queuedTasks":10,"runningTasks":5}}})");
  BOOST_TEST(status == 200);
}

BOOST_AUTO_TEST_CASE(what_a_route_creates_is_201) {
  text_of(sample_project(), {.creates = true});
  BOOST_TEST(status == 201);
  text_of(domain::type_view{}, {.creates = true});
  BOOST_TEST(status == 201);
}

BOOST_AUTO_TEST_CASE(a_lease_of_broken_minutes_is_told_in_seconds_too) {
  auto project = sample_project();
  project.record.config.default_lease_s = 90;
  const auto config = json_of(project)["data"]["config"];
  BOOST_TEST(config["defaultLeaseDurationMinutes"] == 1.5);
  BOOST_TEST(config["defaultLeaseDurationSeconds"] == 90);
}

BOOST_AUTO_TEST_CASE(a_page_has_its_pagination_beside_the_data) {
  domain::project_page page{.projects = {sample_project()},
                            .limit = 1,
                            .offset = 3,
                            .has_more = true,
                            .last = project_number{7},
                            .total = 12};
  const auto answer = json_of(page);
  BOOST_TEST(keys(answer) == "success data pagination");
  BOOST_TEST(answer["data"].size() == 1u);
  BOOST_TEST(answer["pagination"].dump() ==
             R"({"limit":1,"offset":3,"hasMore":true,"nextCursor":")" +
                 make_cursor(project_cursor, 7) + R"(","total":12})");
}

BOOST_AUTO_TEST_CASE(the_last_page_has_no_cursor_and_an_unknown_total_is_left_out) {
  domain::task_page page;
  page.limit = 100;
  BOOST_TEST(text_of(page) ==
             R"({"success":true,"data":[],"pagination":{"limit":100,"offset":0,"hasMore":false}})");
}

BOOST_AUTO_TEST_CASE(statistics_look_as_in_the_reference) {
  const domain::stats_view stats{.project = sample_project(),
                                 .active_agents = 3,
                                 .completed_last_hour = 15,
                                 .failed_last_hour = 2,
                                 .average_duration_s = 45.5};
  BOOST_TEST(text_of(stats) ==
             R"({"success":true,"data":{"project":{"id":"00000007-0000-8000-8000-0000000000aa",)"
             R"("name":"ai-analysis","stats":{"totalTasks":100,"completedTasks":80,)"
             R"("failedTasks":5,"queuedTasks":10,"runningTasks":5}},"queueDepth":10,)"
             R"("activeAgents":3,"recentActivity":{"tasksCompletedLastHour":15,)"
             R"("tasksFailedLastHour":2,"averageTaskDuration":45.5}}})");
}

BOOST_AUTO_TEST_CASE(a_type_has_the_fields_it_was_created_with) {
  domain::type_list list;
  list.project = sample_project_id();
  list.types.push_back({.id = sample_type_id(),
                        .name = "t",
                        .template_text = "{{a}}",
                        .variables = {"a"},
                        .duplicates = domain::duplicate_handling::ignore,
                        .max_retries = 2,
                        .lease_s = 1800,
                        .created_ms = ten_oclock_ms,
                        .updated_ms = ten_oclock_ms});
  BOOST_TEST(json_of(list)["data"][0].dump() ==
             R"({"id":"00000007-0000-8000-8000-4000000000bb",)"
             R"("projectId":"00000007-0000-8000-8000-0000000000aa","name":"t","template":"{{a}}",)"
             R"("variables":["a"],"duplicateHandling":"ignore","maxRetries":2,)"
             R"("leaseDurationMinutes":30,"createdAt":"2024-01-01T10:00:00.000Z",)"
             R"("updatedAt":"2024-01-01T10:00:00.000Z"})");
}

BOOST_AUTO_TEST_CASE(a_claim_looks_as_in_the_reference_and_has_the_id_beside_the_task) {
  domain::claim_view claim{.task = task_of(sample_spec(), running_progress()),
                           .agent = "security-analysis-agent"};
  claim.token[0] = 0xab;
  const auto data = json_of(claim)["data"];
  const std::string token = "ab" + std::string(30, '0');
  BOOST_TEST(keys(data) == "task agentName id leaseToken leaseEpoch");
  BOOST_TEST(data["id"] == data["task"]["id"]);
  BOOST_TEST(data["leaseToken"] == token);
  BOOST_TEST(data["leaseEpoch"] == 1);
  BOOST_TEST(data["task"].dump() ==
             R"({"id":"00000007-0000-8000-8000-8000000000cc",)"
             R"("projectId":"00000007-0000-8000-8000-0000000000aa",)"
             R"("typeId":"00000007-0000-8000-8000-4000000000bb",)"
             R"("instructions":"Analyze security vulnerabilities...",)"
             R"("variables":{"repository_url":"https://x/y"},"status":"running",)"
             R"("assignedTo":"security-analysis-agent","assignedAt":"2024-01-01T11:00:00.000Z",)"
             R"("leaseExpiresAt":"2024-01-01T11:30:00.000Z","leaseEpoch":1,"retryCount":0,)"
             R"("maxRetries":3,"createdAt":"2024-01-01T10:30:00.000Z",)"
             R"("updatedAt":"2024-01-01T11:00:00.000Z","attempts":[)"
             R"({"id":"00000007-0000-8000-8000-8000000000cc.1",)"
             R"("agentName":"security-analysis-agent","startedAt":"2024-01-01T11:00:00.000Z",)"
             R"("status":"running"}],"leaseToken":")" +
                 token + R"("})");
}

BOOST_AUTO_TEST_CASE(no_task_is_the_documented_body_with_200) {
  BOOST_TEST(text_of(domain::no_task{"security-analysis-agent"}) ==
             R"({"success":false,"error":"No tasks available for assignment",)"
             R"("data":{"task":null,"agentName":"security-analysis-agent"}})");
  BOOST_TEST(status == 200);
}

BOOST_AUTO_TEST_CASE(a_completed_task_shows_result_outputs_and_its_attempts) {
  auto progress = running_progress();
  progress.status = domain::task_status::completed;
  progress.last_attempt = domain::attempt_status::completed;
  progress.lease_epoch = 2;
  progress.retry_count = 1;
  progress.lease_expires_ms = 0;
  progress.result = R"("done")";
  progress.outputs = R"({"critical_count":3})";
  progress.completed_ms = progress.assigned_ms + minute_ms;
  auto task = task_of(sample_spec(), progress);
  task.earlier_attempts.push_back({.number = 1,
                                   .agent = "other",
                                   .started_ms = ten_oclock_ms,
                                   .ended_ms = ten_oclock_ms + minute_ms,
                                   .status = domain::attempt_status::timeout,
                                   .error = "Lease ran out"});
  const auto data = json_of(task)["data"];
  BOOST_TEST(data["result"] == "done");
  BOOST_TEST(data["outputs"]["critical_count"] == 3);
  BOOST_TEST(data["completedAt"] == "2024-01-01T11:01:00.000Z");
  BOOST_TEST(!data.contains("leaseExpiresAt"));
  BOOST_TEST(!data.contains("failedAt"));
  BOOST_REQUIRE(data["attempts"].size() == 2u);
  BOOST_TEST(data["attempts"][0].dump() ==
             R"({"id":"00000007-0000-8000-8000-8000000000cc.1","agentName":"other",)"
             R"("startedAt":"2024-01-01T10:00:00.000Z","completedAt":"2024-01-01T10:01:00.000Z",)"
             R"("status":"timeout","error":"Lease ran out"})");
  BOOST_TEST(keys(data["attempts"][1]) == "id agentName startedAt completedAt status result");
  BOOST_TEST(data["attempts"][1]["status"] == "completed");
}

BOOST_AUTO_TEST_CASE(a_queued_task_has_only_its_earlier_attempts) {
  domain::task_progress progress;
  progress.lease_epoch = 1;
  progress.retry_count = 1;
  auto task = task_of(sample_spec(), progress);
  task.earlier_attempts.push_back({.number = 1, .agent = "other"});
  const auto data = json_of(task)["data"];
  BOOST_TEST(data["attempts"].size() == 1u);
  BOOST_TEST(data["status"] == "queued");
  BOOST_TEST(data["leaseEpoch"] == 1);
  BOOST_TEST(!data.contains("assignedTo"));
}

BOOST_AUTO_TEST_CASE(texts_and_variables_come_back_byte_for_byte) {
  auto spec = sample_spec();
  spec.instructions = std::string("\0\n\"\\\x7f\xF0\x9F\x98\x80", 9);
  spec.variables = {{"b", domain::variable_kind::boolean, "true"},
                    {"n", domain::variable_kind::number, "2.5"},
                    {"s", domain::variable_kind::string, "\x01"}};
  const auto data = json_of(task_of(spec, {}))["data"];
  BOOST_TEST(data["instructions"].get<std::string>() == spec.instructions);
  BOOST_TEST(data["variables"].dump() == R"({"b":true,"n":2.5,"s":"\u0001"})");
}

BOOST_AUTO_TEST_CASE(a_duplicate_that_was_ignored_is_200) {
  text_of(domain::created_task{task_of(sample_spec(), {}), false});
  BOOST_TEST(status == 201);
  text_of(domain::created_task{task_of(sample_spec(), {}), true});
  BOOST_TEST(status == 200);
}

BOOST_AUTO_TEST_CASE(agents_peek_and_cleanup_look_as_in_the_reference) {
  domain::agent_list agents;
  agents.agents.push_back({"security-analysis-agent", sample_task_id(),
                           ten_oclock_ms + 60 * minute_ms, ten_oclock_ms + 90 * minute_ms});
  BOOST_TEST(text_of(agents) ==
             R"({"success":true,"data":[{"agentName":"security-analysis-agent",)"
             R"("taskId":"00000007-0000-8000-8000-8000000000cc",)"
             R"("assignedAt":"2024-01-01T11:00:00.000Z",)"
             R"("leaseExpiresAt":"2024-01-01T11:30:00.000Z","status":"running"}]})");
  BOOST_TEST(text_of(domain::peek_view{sample_project_id(), 5}) ==
             R"({"success":true,"data":{"projectId":"00000007-0000-8000-8000-0000000000aa",)"
             R"("tasksAvailable":5}})");
  BOOST_TEST(text_of(domain::cleanup_view{5, 2}) ==
             R"({"success":true,"data":{"reclaimedTasks":5,"cleanedAgents":2}})");
}

BOOST_AUTO_TEST_CASE(sessions_and_logins_look_as_in_the_reference) {
  domain::session record{.id = "session-123",
                         .agent = "security-analysis-agent",
                         .created_ms = ten_oclock_ms,
                         .expires_ms = ten_oclock_ms + 180 * minute_ms,
                         .last_activity_ms = ten_oclock_ms + 90 * minute_ms};
  BOOST_TEST(text_of(domain::session_view{record, sample_project_id()}) ==
             R"({"success":true,"data":{"sessionId":"session-123",)"
             R"("agentName":"security-analysis-agent",)"
             R"("projectId":"00000007-0000-8000-8000-0000000000aa",)"
             R"("createdAt":"2024-01-01T10:00:00.000Z","expiresAt":"2024-01-01T13:00:00.000Z",)"
             R"("lastActivity":"2024-01-01T11:30:00.000Z"}})");
  const std::string secret(session_secret_bytes, 's');
  const auto login =
      json_of(domain::login_view{record, sample_project_id()}, {.session_secret = secret})["data"];
  BOOST_TEST(keys(login) == "sessionId token expiresAt agentName projectId");
  BOOST_TEST(login["token"] == make_session_token(project_number{7}, secret));
}

BOOST_AUTO_TEST_CASE(a_deed_is_told_as_a_message) {
  BOOST_TEST(text_of(domain::done_view{"Task deleted"}) ==
             R"({"success":true,"data":{"message":"Task deleted"}})");
}

BOOST_AUTO_TEST_SUITE_END()

domain::bulk_error refused(std::size_t index, const std::string& field) {
  return {index, "Validation failed", {{field, "is wrong", "1"}}};
}

BOOST_FIXTURE_TEST_SUITE(bulk_replies, rendering)

BOOST_AUTO_TEST_CASE(errors_of_both_sides_stand_in_the_requests_order) {
  domain::bulk_view bulk;
  bulk.created.push_back(task_of(sample_spec(), {}));
  bulk.skipped = 1;
  bulk.errors.push_back(refused(1, "tasks[1].typeId"));
  bulk.errors.push_back({4, "Duplicate of task x", {}});
  bulk.batch_id = "b";
  const auto answer =
      json_of(bulk, {.unread_items = {refused(0, "tasks[0]"), refused(3, "tasks[3].variables.x")}});
  BOOST_TEST(status == 201);
  BOOST_TEST(answer["success"] == true);
  const auto& data = answer["data"];
  BOOST_TEST(keys(data) == "tasksCreated tasksSkipped createdTasks errors batchId");
  BOOST_TEST(data["tasksCreated"] == 1);
  BOOST_TEST(data["tasksSkipped"] == 1);
  BOOST_REQUIRE(data["errors"].size() == 4u);
  const int places[] = {0, 1, 3, 4};
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(data["errors"][i]["index"] == places[i]);
  BOOST_TEST(
      data["errors"][1].dump() ==
      R"({"index":1,"error":"Validation failed: tasks[1].typeId: is wrong",)"
      R"("validationDetails":[{"field":"tasks[1].typeId","message":"is wrong","value":1}]})");
  BOOST_TEST(data["errors"][3].dump() == R"({"index":4,"error":"Duplicate of task x"})");
}

BOOST_AUTO_TEST_CASE(only_skipped_duplicates_are_200) {
  domain::bulk_view bulk;
  bulk.skipped = 2;
  text_of(bulk, {.creates = true});
  BOOST_TEST(status == 200);
}

BOOST_AUTO_TEST_CASE(when_every_item_failed_it_is_an_error_that_still_tells_the_items) {
  domain::bulk_view bulk;
  bulk.errors.push_back(refused(1, "tasks[1].typeId"));
  const auto answer = json_of(bulk, {.unread_items = {refused(0, "tasks[0]")}});
  BOOST_TEST(status == 422);
  BOOST_TEST(keys(answer) == "success error code timestamp correlationId validationDetails data");
  BOOST_TEST(answer["success"] == false);
  BOOST_TEST(answer["error"] == "Validation failed: tasks[0]: is wrong");
  BOOST_TEST(answer["validationDetails"].size() == 2u);
  BOOST_TEST(answer["data"]["tasksCreated"] == 0);
  BOOST_TEST(answer["data"]["errors"].size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(errors_of_the_api, rendering)

BOOST_AUTO_TEST_CASE(a_validation_error_looks_as_in_the_reference) {
  const error_info error{
      errc::validation,
      "whatever",
      {{"name", "Project name can only contain letters, numbers, hyphens, and underscores",
        "\"invalid name!\""},
       {"config", "Must be an object", ""}}};
  const auto answer = render_error(error, errors);
  BOOST_TEST(answer.status == 422);
  BOOST_TEST(answer.body ==
             R"({"success":false,"error":"Validation failed: name: Project name can only contain )"
             R"(letters, numbers, hyphens, and underscores","code":"validation",)"
             R"("timestamp":"2024-01-01T12:00:00.000Z","correlationId":"req-123-456",)"
             R"("validationDetails":[{"field":"name","message":"Project name can only contain )"
             R"(letters, numbers, hyphens, and underscores","value":"invalid name!"},)"
             R"({"field":"config","message":"Must be an object"}]})");
}

BOOST_AUTO_TEST_CASE(every_code_has_its_status) {
  const std::pair<errc, int> expected[] = {
      {errc::bad_request, 400},  {errc::validation, 422},     {errc::unauthenticated, 401},
      {errc::forbidden, 403},    {errc::not_found, 404},      {errc::method_not_allowed, 405},
      {errc::name_taken, 409},   {errc::duplicate_task, 409}, {errc::lease_lost, 409},
      {errc::wrong_state, 409},  {errc::in_use, 409},         {errc::payload_too_large, 413},
      {errc::rate_limited, 429}, {errc::unavailable, 503},    {errc::outcome_unknown, 503},
      {errc::internal, 500}};
  for (const auto& [code, status_expected] : expected)
    BOOST_TEST(render_error({code, "t"}, errors).status == status_expected);
}

BOOST_AUTO_TEST_CASE(programs_tell_errors_apart_by_their_code) {
  const auto unknown = render_error({errc::outcome_unknown, "t"}, errors).body;
  BOOST_TEST(unknown.find(R"("code":"outcome_unknown")") != std::string::npos);
  // Which node serves what is none of a client's business.
  const auto elsewhere = render_error({errc::not_primary, "t"}, errors).body;
  BOOST_TEST(elsewhere.find(R"("code":"unavailable")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_internal_error_tells_nothing) {
  const auto body = render_error({errc::internal, "secret path /x"}, errors).body;
  BOOST_TEST(body.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::http
