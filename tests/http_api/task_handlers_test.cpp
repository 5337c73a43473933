// What requests about tasks, single and in bulk, ask of the actors.
#include "call_handler.hpp"
#include "http/cursor.hpp"

namespace taskdriver::http {
namespace {

using domain::variable_kind;

BOOST_AUTO_TEST_SUITE(task_requests)

BOOST_AUTO_TEST_CASE(the_creation_of_the_reference_is_understood) {
  const auto work = run(handlers::create_task, {.parameter = project_id_text, .body = R"({
    "typeId": "00000007-0000-8000-8000-4000000000bb",
    "instructions": "Analyze security vulnerabilities in authentication system",
    "variables": {"security_aspects": "authentication", "repository_url": "https://x"},
    "batchId": "batch-security-audit-2024"})"});
  const auto task = command_of<domain::create_task>(work).task;
  BOOST_TEST(task.type_id.text() == type_id_text);
  BOOST_TEST(task.instructions == "Analyze security vulnerabilities in authentication system");
  BOOST_REQUIRE(task.variables.size() == 2u);
  BOOST_TEST(task.variables[0].name == "repository_url");
  BOOST_TEST(task.variables[1].name == "security_aspects");
  BOOST_TEST(task.batch_id == "batch-security-audit-2024");
}

BOOST_AUTO_TEST_CASE(variables_are_strings_numbers_and_booleans) {
  const auto task = command_of<domain::create_task>(
                        run(handlers::create_task, {.parameter = project_id_text, .body = R"({
      "typeId":"00000007-0000-8000-8000-4000000000bb",
      "variables":{"d":false,"c":2.50,"b":-3,"a":"\u0000é"}})"}))
                        .task;
  const std::vector<domain::variable> expected = {
      {"a", variable_kind::string, std::string("\0\xC3\xA9", 3)},
      {"b", variable_kind::number, "-3"},
      {"c", variable_kind::number, "2.5"},
      {"d", variable_kind::boolean, "false"}};
  BOOST_TEST((task.variables == expected));
}

BOOST_AUTO_TEST_CASE(all_wrong_fields_of_a_task_are_told) {
  const auto work = run(handlers::create_task, {.parameter = project_id_text, .body = R"({
      "typeId":"nonsense","instructions":{},"variables":{"1x":"a","ok":[],"no":null},
      "batchId":"a b"})"});
  const names expected = {"typeId",       "instructions", "variables.1x",
                          "variables.no", "variables.ok", "batchId"};
  BOOST_TEST(wrong_fields(work) == expected);
}

BOOST_AUTO_TEST_CASE(a_task_needs_a_type) {
  const names expected = {"typeId"};
  BOOST_TEST(wrong_fields(run(handlers::create_task,
                              {.parameter = project_id_text, .body = "{}"})) == expected);
}

BOOST_AUTO_TEST_CASE(more_than_a_hundred_variables_are_refused) {
  std::string body = R"({"typeId":"00000007-0000-8000-8000-4000000000bb","variables":{)";
  for (int i = 0; i <= 100; ++i) body += (i > 0 ? ",\"v" : "\"v") + std::to_string(i) + "\":1";
  const names expected = {"variables"};
  BOOST_TEST(wrong_fields(run(handlers::create_task,
                              {.parameter = project_id_text, .body = body + "}}"})) == expected);
}

BOOST_AUTO_TEST_CASE(a_list_takes_its_filters) {
  const auto cursor = "&cursor=" + make_cursor(task_cursor, 42);
  const auto list = command_of<domain::list_tasks>(
      run(handlers::list_tasks,
          {.parameter = project_id_text,
           .query = "status=failed&assignedTo=a.b&batchId=c:d&limit=1000&offset=100000&"
                    "typeId=00000007-0000-8000-8000-4000000000bb" +
                    cursor}));
  BOOST_TEST((list.status == domain::task_status::failed));
  BOOST_TEST(list.assigned_to.value() == "a.b");
  BOOST_TEST(list.batch_id.value() == "c:d");
  BOOST_TEST(list.type_id.value().text() == type_id_text);
  BOOST_TEST(list.limit == 1000u);
  BOOST_TEST(list.offset == 100'000u);
  BOOST_TEST(raw(list.after) == 42u);
}

BOOST_AUTO_TEST_CASE(wrong_filters_are_told_all_at_once) {
  const auto work = run(handlers::list_tasks,
                        {.parameter = project_id_text,
                         .query = "status=&assignedTo=%ff&batchId=a%20b&typeId=7&limit=1001&"
                                  "offset=100001"});
  const names expected = {"status", "assignedTo", "batchId", "typeId", "limit", "offset"};
  BOOST_TEST(wrong_fields(work) == expected);
}

BOOST_AUTO_TEST_CASE(an_update_takes_instructions_and_variables_only) {
  const auto update = command_of<domain::update_task>(
      run(handlers::update_task, {.parameter = task_id_text, .body = R"({
          "instructions":"new","variables":{"updated_variable":"new_value"}})"}));
  BOOST_TEST(update.id.text() == task_id_text);
  BOOST_TEST(update.instructions.value() == "new");
  BOOST_TEST(update.variables.value().size() == 1u);
  const names expected = {"instructions", "colour", "status"};
  BOOST_TEST(wrong_fields(run(handlers::update_task,
                              {.parameter = task_id_text,
                               .body = R"({"instructions":"","status":"queued","colour":1})"})) ==
             expected);
}

BOOST_AUTO_TEST_CASE(a_task_is_found_by_its_own_id_only) {
  const auto work = run(handlers::get_task, {.parameter = task_id_text});
  const auto to = destination_of<actors::to_project>(work);
  BOOST_TEST(raw(to.number) == 7u);
  BOOST_TEST((to.id == object_id{}));
  BOOST_TEST((refusal(run(handlers::get_task, {.parameter = "x"})) == errc::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(bulk_requests)

BOOST_AUTO_TEST_CASE(items_take_the_batch_of_the_request_unless_they_name_one) {
  const auto create = command_of<domain::create_tasks>(
      run(handlers::create_tasks, {.parameter = project_id_text, .body = R"({
      "tasks":[{"typeId":"00000007-0000-8000-8000-4000000000bb","instructions":"Analyze module A",
                "variables":{"module":"authentication"}},
               {"typeId":"00000007-0000-8000-8000-4000000000bb","batchId":"own"}],
      "batchId":"b"})"}));
  BOOST_TEST(create.batch_id == "b");
  BOOST_REQUIRE(create.items.size() == 2u);
  BOOST_TEST(create.items[0].task.batch_id == "b");
  BOOST_TEST(create.items[1].task.batch_id == "own");
  BOOST_TEST(create.items[1].index == 1u);
}

BOOST_AUTO_TEST_CASE(items_that_are_wrong_do_not_hold_up_the_others) {
  const auto work = run(handlers::create_tasks, {.parameter = project_id_text, .body = R"({
      "tasks":[7,{"typeId":"00000007-0000-8000-8000-4000000000bb"},
               {"typeId":"x","batchId":"?"}]})"});
  const auto create = command_of<domain::create_tasks>(work);
  BOOST_REQUIRE(create.items.size() == 1u);
  BOOST_TEST(create.items[0].index == 1u);
  const auto& unread = work->context.unread_items;
  BOOST_REQUIRE(unread.size() == 2u);
  BOOST_TEST(unread[0].index == 0u);
  BOOST_TEST(unread[0].fields[0].field == "tasks[0]");
  BOOST_TEST(unread[1].index == 2u);
  BOOST_TEST(unread[1].fields[0].field == "tasks[2].typeId");
  BOOST_TEST(unread[1].fields[1].field == "tasks[2].batchId");
}

BOOST_AUTO_TEST_CASE(the_list_itself_must_be_an_array_of_1_to_1000) {
  std::string many = "{\"tasks\":[";
  for (int i = 0; i <= 1000; ++i) many += i > 0 ? ",{}" : "{}";
  const names expected = {"tasks"};
  for (const std::string& body : {std::string("{}"), std::string(R"({"tasks":{}})"),
                                  std::string(R"({"tasks":[]})"), many + "]}"})
    BOOST_TEST(wrong_fields(run(handlers::create_tasks,
                                {.parameter = project_id_text, .body = body})) == expected);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::http
