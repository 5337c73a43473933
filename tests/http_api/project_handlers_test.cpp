// What requests about projects and task types ask of the actors.
#include "call_handler.hpp"

namespace taskdriver::http {
namespace {

using domain::project_status;

BOOST_AUTO_TEST_SUITE(project_requests)

BOOST_AUTO_TEST_CASE(the_creation_of_the_reference_is_understood) {
  const auto work = run(handlers::create_project, {.body = R"({
    "name": "ai-analysis", "description": "AI-powered code analysis project",
    "instructions": "Follow security best practices when analyzing code...",
    "config": {"defaultMaxRetries": 3, "defaultLeaseDurationMinutes": 15,
               "reaperIntervalMinutes": 2}})"});
  destination_of<actors::to_directory>(work);
  const auto create = command_of<domain::create_project>(work);
  BOOST_TEST(create.name == "ai-analysis");
  BOOST_TEST(create.description == "AI-powered code analysis project");
  BOOST_TEST(create.config.default_max_retries == 3u);
  BOOST_TEST(create.config.default_lease_s == 900u);
  BOOST_TEST(create.config.reaper_interval_minutes == 2u);
}

BOOST_AUTO_TEST_CASE(a_name_is_enough_to_create) {
  const auto create = command_of<domain::create_project>(
      run(handlers::create_project, {.body = R"({"name":"p"})"}));
  BOOST_TEST((create.config == domain::project_config{}));
}

BOOST_AUTO_TEST_CASE(seconds_win_over_minutes) {
  const auto create = command_of<domain::create_project>(
      run(handlers::create_project, {.body = R"({"name":"p","config":{
          "defaultLeaseDurationMinutes":5,"defaultLeaseDurationSeconds":90}})"}));
  BOOST_TEST(create.config.default_lease_s == 90u);
}

BOOST_AUTO_TEST_CASE(all_wrong_fields_of_a_creation_are_told) {
  const auto work = run(handlers::create_project, {.body = R"({"name":"invalid name!",
      "description":1,"config":{"defaultMaxRetries":101,"defaultLeaseDurationMinutes":0,
      "defaultLeaseDurationSeconds":86401,"reaperIntervalMinutes":"x"}})"});
  const names expected = {"name",
                          "description",
                          "config.defaultMaxRetries",
                          "config.defaultLeaseDurationMinutes",
                          "config.defaultLeaseDurationSeconds",
                          "config.reaperIntervalMinutes"};
  BOOST_TEST(wrong_fields(work) == expected);
  BOOST_TEST(work.error().fields[0].message ==
             "Project name can only contain letters, numbers, hyphens, and underscores");
  BOOST_TEST(work.error().fields[0].value_json == "\"invalid name!\"");
}

BOOST_AUTO_TEST_CASE(unknown_fields_of_a_creation_are_ignored) {
  BOOST_TEST(run(handlers::create_project, {.body = R"({"name":"p","colour":1})"}).ok());
}

BOOST_AUTO_TEST_CASE(an_update_changes_only_what_it_names) {
  const auto work = run(handlers::update_project, {.parameter = project_id_text, .body = R"({
          "status":"closed","config":{"defaultMaxRetries":5}})"});
  BOOST_TEST(destination_of<actors::to_project>(work).id.text() == project_id_text);
  const auto update = command_of<domain::update_project>(work);
  BOOST_TEST(!update.description);
  BOOST_TEST((update.status == project_status::closed));
  BOOST_TEST(update.config.default_max_retries.value() == 5u);
  BOOST_TEST(!update.config.default_lease_s);
}

BOOST_AUTO_TEST_CASE(an_update_refuses_unknown_and_read_only_fields) {
  const auto work = run(handlers::update_project,
                        {.parameter = project_id_text, .body = R"({"name":"q","config":{"x":1}})"});
  const names expected = {"config.x", "name"};
  BOOST_TEST(wrong_fields(work) == expected);
}

BOOST_AUTO_TEST_CASE(a_path_id_that_cannot_exist_is_not_found) {
  for (const auto handler :
       {handlers::get_project, handlers::update_project, handlers::delete_project,
        handlers::get_project_stats, handlers::list_task_types, handlers::list_tasks,
        handlers::create_task, handlers::create_tasks, handlers::list_agents})
    for (const auto* id :
         {"x", "550e8400-e29b-41d4-a716-446655440000", "", "00000007-0000-8000-8000-0000000000aa "})
      BOOST_TEST((refusal(run(handler, {.parameter = id, .body = "{}"})) == errc::not_found));
}

BOOST_AUTO_TEST_CASE(lists_show_active_projects_by_default) {
  const auto work = run(handlers::list_projects, {});
  BOOST_REQUIRE(work.ok());
  const auto& list = std::get<domain::list_projects>(work->what);
  BOOST_TEST((list.status == project_status::active));
  BOOST_TEST(list.limit == 100u);
  BOOST_TEST(list.offset == 0u);
}

BOOST_AUTO_TEST_CASE(a_list_takes_its_filter_and_page) {
  const auto work = run(handlers::list_projects, {.query = "status=all&limit=7&offset=3&x=y"});
  BOOST_REQUIRE(work.ok());
  const auto& list = std::get<domain::list_projects>(work->what);
  BOOST_TEST(!list.status);
  BOOST_TEST(list.limit == 7u);
  BOOST_TEST(list.offset == 3u);
}

BOOST_AUTO_TEST_CASE(wrong_query_parameters_are_told_all_at_once) {
  const auto work =
      run(handlers::list_projects, {.query = "status=open&limit=101&offset=-1&cursor=nonsense"});
  const names expected = {"status", "limit", "offset", "cursor"};
  BOOST_TEST(wrong_fields(work) == expected);
  BOOST_TEST((refusal(run(handlers::list_projects, {.query = "limit=%"})) == errc::bad_request));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(type_requests)

BOOST_AUTO_TEST_CASE(the_creation_of_the_reference_is_understood) {
  const auto work = run(handlers::create_task_type, {.parameter = project_id_text, .body = R"({
    "name": "code-security-analysis", "template": "Analyze {{repository_url}} for {{aspects}}",
    "variables": ["repository_url", "aspects"], "duplicateHandling": "ignore", "maxRetries": 3,
    "leaseDurationMinutes": 30})"});
  const auto create = command_of<domain::create_type>(work);
  BOOST_TEST(create.name == "code-security-analysis");
  BOOST_TEST(create.template_text == "Analyze {{repository_url}} for {{aspects}}");
  const names variables = {"repository_url", "aspects"};
  BOOST_TEST(create.variables.value() == variables);
  BOOST_TEST((create.duplicates == domain::duplicate_handling::ignore));
  BOOST_TEST(create.max_retries.value() == 3u);
  BOOST_TEST(create.lease_s.value() == 1800u);
}

BOOST_AUTO_TEST_CASE(what_a_type_does_not_say_is_left_to_its_project) {
  const auto create = command_of<domain::create_type>(
      run(handlers::create_task_type, {.parameter = project_id_text, .body = R"({"name":"t"})"}));
  BOOST_TEST(!create.variables);
  BOOST_TEST(!create.max_retries);
  BOOST_TEST(!create.lease_s);
  BOOST_TEST((create.duplicates == domain::duplicate_handling::allow));
}

BOOST_AUTO_TEST_CASE(all_wrong_fields_of_a_type_are_told) {
  const auto work = run(handlers::create_task_type, {.parameter = project_id_text, .body = R"({
          "template":7,"variables":["ok","1x",3,"ok"],"duplicateHandling":"never",
          "maxRetries":-1,"leaseDurationMinutes":1.5})"});
  const names expected = {
      "name",         "template",          "variables[1]", "variables[2]",
      "variables[3]", "duplicateHandling", "maxRetries",   "leaseDurationMinutes"};
  BOOST_TEST(wrong_fields(work) == expected);
}

BOOST_AUTO_TEST_CASE(an_update_may_rename) {
  const auto work = run(handlers::update_task_type,
                        {.parameter = type_id_text, .body = R"({"name":"u","maxRetries":5})"});
  BOOST_TEST(raw(destination_of<actors::to_project>(work).number) == 7u);
  BOOST_TEST((destination_of<actors::to_project>(work).id == object_id{}));
  const auto update = command_of<domain::update_type>(work);
  BOOST_TEST(update.id.text() == type_id_text);
  BOOST_TEST(update.name.value() == "u");
  BOOST_TEST(update.max_retries.value() == 5u);
  BOOST_TEST(!update.template_text);
}

BOOST_AUTO_TEST_CASE(an_update_with_an_unknown_field_is_refused) {
  const auto work =
      run(handlers::update_task_type, {.parameter = type_id_text, .body = R"({"templat":"x"})"});
  const names expected = {"templat"};
  BOOST_TEST(wrong_fields(work) == expected);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::http
