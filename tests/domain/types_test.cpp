// Projects and task types: inheritance, templates, names, removal (A9, A10).
#include "tests/domain/project_fixture.hpp"

namespace taskdriver::domain {

BOOST_FIXTURE_TEST_SUITE(a_task_type, given_project)

BOOST_AUTO_TEST_CASE(inherits_from_the_project_at_creation_only) {
  const auto early = given_type({.name = "early"});
  accepted<project_view>(
      update_project{.config = {.default_max_retries = 9, .default_lease_s = 90}});
  const auto late = given_type({.name = "late"});
  const auto set = given_type({.name = "set", .max_retries = 0, .lease_s = 1});
  BOOST_TEST(accepted<type_view>(get_type{early}).record.max_retries == 3u);
  BOOST_TEST(accepted<type_view>(get_type{early}).record.lease_s == 600u);
  BOOST_TEST(accepted<type_view>(get_type{late}).record.max_retries == 9u);
  BOOST_TEST(accepted<type_view>(get_type{late}).record.lease_s == 90u);
  BOOST_TEST(accepted<type_view>(get_type{set}).record.max_retries == 0u);
  BOOST_TEST(accepted<type_view>(get_type{set}).record.lease_s == 1u);
}

BOOST_AUTO_TEST_CASE(derives_its_variables_from_the_template) {
  const auto id = given_type({.name = "t", .template_text = "{{b}} {{a}} {{b}}"});
  BOOST_TEST(accepted<type_view>(get_type{id}).record.variables == (names{"b", "a"}));
}

BOOST_AUTO_TEST_CASE(may_list_more_variables_than_the_template_but_not_fewer) {
  given_type({.name = "more", .template_text = "{{a}}", .variables = names{"a", "b"}});
  const auto error =
      refused(create_type{.name = "t", .template_text = "{{a}}{{b}}", .variables = names{"c"}});
  BOOST_TEST(fields_of(error) == (names{"variables", "variables"}));
}

BOOST_AUTO_TEST_CASE(has_at_most_a_hundred_variables) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "{{v" + std::to_string(i) + "}}";
  given_type({.name = "full", .template_text = text});
  const create_type more{.name = "more", .template_text = text + "{{more}}"};
  BOOST_TEST(fields_of(refused(more)) == names{"template"});
}

BOOST_AUTO_TEST_CASE(has_a_template_that_fits_with_those_of_the_others) {
  const std::string text(1 << 20, 'x');
  for (int i = 0; i < 16; ++i) given_type({.name = std::to_string(i), .template_text = text});
  const auto error = refused(create_type{.name = "one-more", .template_text = text});
  BOOST_TEST(fields_of(error) == names{"template"});
  given_type({.name = "small"});
}

BOOST_AUTO_TEST_CASE(has_a_name_of_its_own) {
  const auto id = given_type({.name = "a"});
  const auto other = given_type({.name = "b"});
  BOOST_TEST((refused(create_type{.name = "a"}).code == errc::name_taken));
  BOOST_TEST((refused(update_type{.id = other, .name = "a"}).code == errc::name_taken));
  accepted<type_view>(update_type{.id = id, .name = "a"});
  accepted<type_view>(update_type{.id = id, .name = "c"});
  given_type({.name = "a"});
}

BOOST_AUTO_TEST_CASE(changes_only_what_is_named) {
  const auto id = given_type({.name = "t", .template_text = "{{a}}", .max_retries = 7});
  pass(second_ms);
  const auto view =
      accepted<type_view>(update_type{.id = id, .duplicates = duplicate_handling::fail});
  BOOST_TEST(view.record.template_text == "{{a}}");
  BOOST_TEST(view.record.max_retries == 7u);
  BOOST_TEST((view.record.duplicates == duplicate_handling::fail));
  BOOST_TEST(view.record.updated_ms == now.wall_ms);
  BOOST_TEST(view.record.created_ms == now.wall_ms - second_ms);
}

BOOST_AUTO_TEST_CASE(takes_a_new_template_only_if_its_variables_cover_it) {
  const auto id = given_type({.name = "t", .template_text = "{{a}}"});
  const update_type uncovered{.id = id, .template_text = "{{b}}", .variables = names{"a"}};
  BOOST_TEST(fields_of(refused(uncovered)) == names{"variables"});
  const auto view = accepted<type_view>(update_type{.id = id, .template_text = "{{b}}"});
  BOOST_TEST(view.record.variables == (names{"a", "b"}));
}

BOOST_AUTO_TEST_CASE(cannot_be_removed_while_tasks_of_it_exist) {
  const auto type = given_type({.name = "t"});
  const auto id = given_task(type, "x");
  BOOST_TEST((refused(remove_type{type}).code == errc::in_use));
  run(remove_task{id});
  accepted<done_view>(remove_type{type});
  BOOST_TEST((refused(get_type{type}).code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(is_listed_in_creation_order_and_found_by_its_whole_id) {
  const auto z = given_type({.name = "z"});
  const auto a = given_type({.name = "a"});
  const auto list = accepted<type_list>(list_types{}).types;
  BOOST_REQUIRE(list.size() == 2u);
  BOOST_TEST((list[0].id == z));
  BOOST_TEST((list[1].id == a));
  const auto other = object_id::make(number, z.seq(), 4711);
  BOOST_TEST((refused(get_type{other}).code == errc::not_found));
  BOOST_TEST((refused(update_type{.id = other}).code == errc::not_found));
  BOOST_TEST((refused(remove_type{other}).code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(outlives_a_restart_with_its_count_of_tasks) {
  const auto type = given_type({.name = "t"});
  given_task(type, "x");
  restart();
  BOOST_TEST((refused(remove_type{type}).code == errc::in_use));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_project, given_type_build)

BOOST_AUTO_TEST_CASE(changes_only_what_is_named) {
  pass(second_ms);
  const auto view = accepted<project_view>(
      update_project{.description = "d", .config = {.reaper_interval_minutes = 5}});
  BOOST_TEST(view.record.name == "fleet");
  BOOST_TEST(view.record.description == "d");
  BOOST_TEST(view.record.config.reaper_interval_minutes == 5u);
  BOOST_TEST(view.record.config.default_max_retries == 3u);
  BOOST_TEST(view.record.updated_ms == now.wall_ms);
}

BOOST_AUTO_TEST_CASE(is_created_once_when_the_directory_repeats_itself) {
  const auto id = state.record().id;
  const auto d = run(create_project{.id = id, .name = "fleet"});
  BOOST_TEST((std::get<project_view>(d.answer.value()).record.id == id));
  BOOST_TEST(d.what.empty());
  const auto other = object_id::make(number, sequence{0}, 4711);
  BOOST_TEST((refused(create_project{.id = other, .name = "x"}).code == errc::internal));
}

BOOST_AUTO_TEST_CASE(is_removed_with_all_that_is_in_it_running_or_not) {
  given_task("1");
  given_task("2");
  claim("ada");
  accepted<login_view>(login{.agent = "ada", .token = {1}, .lifetime_ms = hour_ms});
  accepted<done_view>(remove_project{});
  BOOST_TEST(!state.exists());
  BOOST_TEST((store.records(number) == project_records{}));
  BOOST_TEST((refused(get_project{}).code == errc::not_found));
  BOOST_TEST((refused(next_task{.agent = "ada"}).code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(leaves_nothing_behind_when_leases_run_out_at_its_removal) {
  given_task("1");
  claim("ada");
  pass(hour_ms);
  accepted<done_view>(remove_project{});
  BOOST_TEST((store.records(number) == project_records{}));
}

BOOST_AUTO_TEST_CASE(lists_the_agents_that_hold_a_task) {
  const auto id = given_task("1");
  claim("ada");
  const auto agents = accepted<agent_list>(list_agents{}).agents;
  BOOST_REQUIRE(agents.size() == 1u);
  BOOST_TEST(agents[0].agent == "ada");
  BOOST_TEST((agents[0].task == id));
  BOOST_TEST(agents[0].lease_expires_ms == now.wall_ms + 10 * second_ms);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
