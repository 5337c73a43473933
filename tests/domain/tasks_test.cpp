// Creating tasks one by one and in bulk, duplicates, changing and removing (A11 to A15).
#include "tests/domain/project_fixture.hpp"

namespace taskdriver::domain {
namespace {

struct given_types : given_type_build {
  given_types()
      : filled(given_type({.name = "filled", .template_text = "Do {{what}} in {{where}}"})),
        unique(given_type({.name = "unique", .duplicates = duplicate_handling::fail})),
        once(given_type({.name = "once", .duplicates = duplicate_handling::ignore})) {}

  created_task create(new_task task) {
    return accepted<created_task>(create_task{std::move(task)});
  }
  error_info create_refused(new_task task) { return refused(create_task{std::move(task)}); }

  object_id filled, unique, once;
};

std::vector<variable> vars(std::vector<std::pair<std::string, std::string>> pairs) {
  std::vector<variable> variables;
  for (auto& [name, text] : pairs) variables.push_back({.name = name, .text = text});
  return variables;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_new_task, given_types)

BOOST_AUTO_TEST_CASE(waits_with_what_it_inherits_from_its_type) {
  const auto created =
      create({.random = 5, .type_id = build, .instructions = "x", .batch_id = "b"});
  BOOST_TEST(!created.duplicate);
  BOOST_TEST((created.task.progress->status == task_status::queued));
  const auto& spec = *created.task.spec;
  BOOST_TEST((spec.id.project() == number));
  BOOST_TEST(raw(spec.id.seq()) == 1u);
  BOOST_TEST(spec.max_retries == 2u);
  BOOST_TEST(spec.batch_id == "b");
  BOOST_TEST(spec.created_ms == now.wall_ms);
  BOOST_TEST(created.task.progress->lease_epoch == 0u);
}

BOOST_AUTO_TEST_CASE(keeps_given_instructions_byte_for_byte_without_asking_for_variables) {
  const std::string text("Do {{what}}\0\xF0\x9F\x98\x80", 16);
  BOOST_TEST(create({.type_id = filled, .instructions = text}).task.spec->instructions == text);
}

BOOST_AUTO_TEST_CASE(fills_the_template_where_no_instructions_are_given) {
  const auto variables = vars({{"what", "{{where}}"}, {"where", "CI"}});
  const auto created = create({.type_id = filled, .variables = variables});
  BOOST_TEST(created.task.spec->instructions == "Do {{where}} in CI");
}

BOOST_AUTO_TEST_CASE(is_refused_with_every_missing_variable) {
  const auto error = create_refused({.type_id = filled, .variables = vars({{"other", "1"}})});
  BOOST_TEST(fields_of(error) == (names{"variables.what", "variables.where"}));
}

BOOST_AUTO_TEST_CASE(is_refused_without_instructions_and_template) {
  BOOST_TEST(fields_of(create_refused({.type_id = build})) == names{"instructions"});
}

BOOST_AUTO_TEST_CASE(is_refused_when_its_filled_template_is_empty_or_too_long) {
  const auto bare = given_type({.name = "bare", .template_text = "{{a}}{{a}}"});
  const auto with = [&](std::string text) {
    return create_refused({.type_id = bare, .variables = vars({{"a", std::move(text)}})});
  };
  BOOST_TEST(fields_of(with("")) == names{"instructions"});
  const std::string half(limits::instructions_bytes_max / 2, 'x');
  BOOST_TEST(fields_of(with(half + "x")) == names{"variables"});
  create({.type_id = bare, .variables = vars({{"a", half}})});
}

BOOST_AUTO_TEST_CASE(is_refused_with_an_unknown_type_or_one_of_another_project) {
  for (const auto& type : {object_id{}, object_id::make(number, build.seq(), 4711),
                           object_id::make(project_number{8}, build.seq(), 1)})
    BOOST_TEST(fields_of(create_refused({.type_id = type, .instructions = "x"})) ==
               names{"typeId"});
}

BOOST_AUTO_TEST_CASE(keeps_its_instructions_when_the_template_changes) {
  const auto id =
      create({.type_id = filled, .variables = vars({{"what", "a"}, {"where", "b"}})}).task.spec->id;
  accepted<type_view>(update_type{.id = filled, .template_text = "Other"});
  BOOST_TEST(task(id).spec->instructions == "Do a in b");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_duplicate, given_types)

BOOST_AUTO_TEST_CASE(is_allowed_by_default) {
  create({.type_id = build, .instructions = "x"});
  BOOST_TEST(!create({.type_id = build, .instructions = "x"}).duplicate);
}

BOOST_AUTO_TEST_CASE(is_refused_under_fail_naming_the_task) {
  const auto id = create({.type_id = unique, .instructions = "x"}).task.spec->id;
  const auto error = create_refused({.type_id = unique, .instructions = "x"});
  BOOST_TEST((error.code == errc::duplicate_task));
  BOOST_TEST(error.text.find(id.text()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_answered_under_ignore_with_the_task_that_exists) {
  const auto id = create({.type_id = once, .instructions = "x"}).task.spec->id;
  const auto d = run(create_task{{.type_id = once, .instructions = "x"}});
  const auto again = std::get<created_task>(d.answer.value());
  BOOST_TEST(again.duplicate);
  BOOST_TEST((again.task.spec->id == id));
  BOOST_TEST(d.what.empty());
}

BOOST_AUTO_TEST_CASE(has_the_same_variables_whatever_its_instructions) {
  create({.type_id = unique, .instructions = "x", .variables = vars({{"a", "1"}})});
  const auto error =
      create_refused({.type_id = unique, .instructions = "y", .variables = vars({{"a", "1"}})});
  BOOST_TEST((error.code == errc::duplicate_task));
  create({.type_id = unique, .instructions = "x", .variables = vars({{"a", "2"}})});
  create({.type_id = unique, .instructions = "x"});
}

BOOST_AUTO_TEST_CASE(is_found_while_the_first_one_is_not_committed_yet) {
  hold_back = true;
  create({.type_id = unique, .instructions = "x"});
  BOOST_TEST(
      (create_refused({.type_id = unique, .instructions = "x"}).code == errc::duplicate_task));
}

BOOST_AUTO_TEST_CASE(is_found_while_an_equal_task_that_was_removed_is_committed_before_it) {
  hold_back = true;
  const new_task wanted{.type_id = unique, .instructions = "x"};
  for (int i = 0; i < 3; ++i) run(remove_task{create(wanted).task.spec->id});
  create(wanted);
  for (int applied = 0; applied <= 7; ++applied) {
    BOOST_TEST((create_refused(wanted).code == errc::duplicate_task));
    let_through(1);
  }
}

BOOST_AUTO_TEST_CASE(of_a_completed_task_counts_and_of_a_failed_or_removed_one_does_not) {
  for (const bool behind : {false, true}) {
    const std::string text = behind ? "behind" : "applied";
    hold_back = behind;
    const new_task wanted{.type_id = unique, .instructions = text};
    const auto first = create(wanted).task.spec->id;
    claim("ada");
    run(fail_task{.id = first, .agent = "ada", .error = "no", .can_retry = false});
    const auto second = create(wanted).task.spec->id;
    run(remove_task{second});
    const auto third = create(wanted).task.spec->id;
    claim("ada");
    run(complete_task{.id = third, .agent = "ada"});
    BOOST_TEST((create_refused(wanted).code == errc::duplicate_task));
  }
  let_through(100);
}

BOOST_AUTO_TEST_CASE(follows_a_changed_task) {
  const auto id = create({.type_id = unique, .instructions = "x"}).task.spec->id;
  accepted<task_view>(update_task{.id = id, .instructions = "y"});
  BOOST_TEST(
      (create_refused({.type_id = unique, .instructions = "y"}).code == errc::duplicate_task));
  create({.type_id = unique, .instructions = "x"});
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_bulk_request, given_types)

BOOST_AUTO_TEST_CASE(creates_the_valid_ones_in_order_and_tells_about_the_others) {
  const new_task good{.type_id = once, .instructions = "a"};
  const new_task other{.type_id = once, .instructions = "b"};
  const new_task wrong{.type_id = filled};
  const auto view = accepted<bulk_view>(create_tasks{
      .items = {{0, good}, {2, wrong}, {3, good}, {4, other}, {5, wrong}}, .batch_id = "night"});
  BOOST_REQUIRE(view.created.size() == 2u);
  BOOST_TEST(view.created[0].spec->instructions == "a");
  BOOST_TEST(view.created[1].spec->instructions == "b");
  BOOST_TEST(view.skipped == 1u);
  BOOST_TEST(view.batch_id == "night");
  BOOST_REQUIRE(view.errors.size() == 2u);
  BOOST_TEST(view.errors[0].index == 2u);
  BOOST_TEST(view.errors[0].fields[0].field == "tasks[2].variables.what");
  BOOST_TEST(view.errors[1].index == 5u);
}

BOOST_AUTO_TEST_CASE(finds_duplicates_among_its_own_items) {
  const new_task same{.type_id = unique, .instructions = "a"};
  const auto view = accepted<bulk_view>(create_tasks{.items = {{0, same}, {1, same}}});
  BOOST_TEST(view.created.size() == 1u);
  BOOST_TEST(view.errors.size() == 1u);
}

BOOST_AUTO_TEST_CASE(is_bounded_in_bytes_also_where_a_template_makes_them) {
  const auto long_type = given_type({.name = "long", .template_text = std::string(1 << 20, 'x')});
  create_tasks request;
  for (std::size_t i = 0; i < 20; ++i)
    request.items.push_back({i, new_task{.random = i, .type_id = long_type}});
  const auto view = accepted<bulk_view>(request);
  BOOST_TEST(view.created.size() == 17u);  // the one that passes the limit is the last
  BOOST_TEST(view.errors.size() == 3u);
}

BOOST_AUTO_TEST_CASE(of_which_every_item_failed_changes_nothing) {
  const new_task wrong{.type_id = build};
  const auto d = run(create_tasks{.items = {{0, wrong}, {1, wrong}}});
  BOOST_TEST(std::get<bulk_view>(d.answer.value()).errors.size() == 2u);
  BOOST_TEST(d.what.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_existing_task, given_types)

BOOST_AUTO_TEST_CASE(changes_only_what_is_named) {
  const auto id = create({.type_id = build, .instructions = "x", .variables = vars({{"a", "1"}})})
                      .task.spec->id;
  pass(second_ms);
  const auto view = accepted<task_view>(update_task{.id = id, .variables = vars({{"b", "2"}})});
  BOOST_TEST(view.spec->instructions == "x");
  BOOST_TEST((view.spec->variables == vars({{"b", "2"}})));
  BOOST_TEST(view.progress->updated_ms == now.wall_ms);
  BOOST_TEST(view.spec->created_ms == now.wall_ms - second_ms);
}

BOOST_AUTO_TEST_CASE(is_neither_changed_nor_removed_while_it_runs) {
  const auto id = given_task("x");
  claim("ada");
  BOOST_TEST((refused(update_task{.id = id, .instructions = "y"}).code == errc::wrong_state));
  BOOST_TEST((refused(remove_task{id}).code == errc::wrong_state));
}

BOOST_AUTO_TEST_CASE(is_changed_and_removed_in_every_other_state) {
  const auto queued = given_task("1");
  const auto completed = given_task("2");
  const auto failed = given_task("3");
  const auto retried = given_task("4");
  for (const auto* agent : {"a", "b", "c", "d"}) claim(agent);
  run(fail_task{.id = queued, .agent = "a", .error = "no"});
  run(complete_task{.id = completed, .agent = "b"});
  run(fail_task{.id = failed, .agent = "c", .error = "no", .can_retry = false});
  run(fail_task{.id = retried, .agent = "d", .error = "no"});
  for (const auto& id : {queued, completed, failed, retried}) {
    const auto before = status_of(id);
    accepted<task_view>(update_task{.id = id, .instructions = "other"});
    BOOST_TEST((status_of(id) == before));
    accepted<done_view>(remove_task{id});
    BOOST_TEST((refused(get_task{id}).code == errc::not_found));
  }
  BOOST_TEST(state.counters().total() == 0u);
  BOOST_TEST(store.records(number).attempts.empty());
  BOOST_TEST(accepted<peek_view>(peek_next_task{}).available == 0u);
}

BOOST_AUTO_TEST_CASE(is_found_by_its_whole_id_only) {
  const auto id = given_task("x");
  const auto same_place = object_id::make(number, id.seq(), 4711);
  BOOST_TEST((refused(get_task{same_place}).code == errc::not_found));
  BOOST_TEST((refused(update_task{.id = same_place}).code == errc::not_found));
  BOOST_TEST((refused(remove_task{same_place}).code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(that_was_removed_is_gone_before_the_store_knows) {
  const auto id = given_task("x");
  hold_back = true;
  run(remove_task{id});
  BOOST_TEST((refused(get_task{id}).code == errc::not_found));
  BOOST_TEST(nothing_for("ada"));
}

BOOST_AUTO_TEST_CASE(has_a_number_that_is_never_given_again) {
  const auto id = given_task("x");
  run(remove_task{id});
  restart();
  BOOST_TEST(raw(given_task("y").seq()) == raw(id.seq()) + 1);
}

BOOST_AUTO_TEST_CASE(is_the_last_one_when_the_numbers_are_used_up) {
  auto counters = state.counters();
  counters.next_task = sequence_max;
  store.apply(number, {put_counters{counters}});
  restart();
  given_task("last");
  const auto error = create_refused({.type_id = build, .instructions = "one more"});
  BOOST_TEST((error.code == errc::unavailable));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
