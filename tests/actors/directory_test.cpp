// Creation and deletion in three commits, whatever comes between; lists; published statuses.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/actors/actors_fixture.hpp"

namespace taskdriver::actors {
namespace {

struct directory_fixture : actors_fixture {
  /// The process ends after `commits` more commits; what was in flight then is lost.
  void crash_after(int commits) {
    for (int i = 0; i < commits; ++i) commit_next();
    stop();
    for (const auto number : {directory_0, project_1}) replicas.lose(number, errc::unavailable);
    replicas.let_go();
    start();
    advance_ms(node.settings.retry_ms);
  }
  asked remove(project_number number) {
    return ask(admin_credentials{}, to_project{number, {}},
               domain::command{domain::remove_project{}});
  }
  asked set_status(project_number number, domain::project_status status) {
    return ask(admin_credentials{}, to_project{number, {}},
               domain::command{domain::update_project{.status = status}});
  }
  std::vector<std::string> names(domain::list_projects what = {.status = std::nullopt}) {
    std::vector<std::string> found;
    for (const auto& project : list_projects(what).as<domain::project_page>().projects)
      found.push_back(project.record.name);
    return found;
  }
  bool listed(const std::string& name) {
    const auto all = names();
    return std::find(all.begin(), all.end(), name) != all.end();
  }
};

struct created_project : directory_fixture {
  created_project() { create_project("one"); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_creation, directory_fixture)

BOOST_AUTO_TEST_CASE(is_reserved_then_made_then_activated_then_answered) {
  replicas.hold();
  auto created = create_project("one");
  for (const auto step : {directory_0, project_1, directory_0}) {
    BOOST_TEST(!created.answered());
    BOOST_REQUIRE(replicas.in_flight() == 1u);
    BOOST_TEST((replicas.next_project() == step));
    commit_next();
  }
  BOOST_TEST(created.as<domain::project_view>().record.name == "one");
  BOOST_TEST(replicas.in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(under_a_name_that_is_taken_is_refused) {
  create_project("one");
  BOOST_TEST(create_project("one").is(errc::name_taken));
}

BOOST_AUTO_TEST_CASE(under_a_name_that_is_being_taken_is_refused_once_that_is_committed) {
  replicas.hold();
  auto first = create_project("one");
  auto second = create_project("one");
  BOOST_TEST(!second.answered());
  commit_next();
  BOOST_TEST(second.is(errc::name_taken));
  commit_all();
  BOOST_TEST(first.is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(that_crashed_before_its_name_was_taken_never_happened) {
  replicas.hold();
  BOOST_TEST(!create_project("one").answered());
  crash_after(0);
  BOOST_TEST(!listed("one"));
  BOOST_TEST(create_project("one").is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(that_crashed_before_its_project_was_made_is_undone) {
  replicas.hold();
  create_project("one");
  crash_after(1);
  BOOST_TEST(replicas.stored().load_directory().empty());
  const auto again = create_project("one");
  BOOST_TEST((again.as<domain::project_view>().record.id.project() == project_2));
}

BOOST_AUTO_TEST_CASE(that_crashed_before_it_was_activated_is_finished) {
  replicas.hold();
  create_project("one");
  crash_after(2);
  BOOST_TEST(listed("one"));
  BOOST_TEST(create_project("one").is(errc::name_taken));
}

BOOST_AUTO_TEST_CASE(whose_project_cannot_be_written_is_refused_and_undone) {
  replicas.refuse_next(project_1);
  BOOST_TEST(create_project("one").is(errc::outcome_unknown));
  advance_ms(node.settings.retry_ms);
  BOOST_TEST(create_project("one").is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(whose_project_is_lost_is_answered_and_undone) {
  replicas.hold();
  auto created = create_project("one");
  commit_next();
  lose(project_1, errc::outcome_unknown);
  BOOST_TEST(created.is(errc::outcome_unknown));
  replicas.let_go();
  advance_ms(2 * node.settings.retry_ms);
  BOOST_TEST(create_project("one").is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(whose_project_dies_while_loading_is_answered_and_undone) {
  replicas.hold();
  auto created = create_project("one");
  replicas.commit_next();
  scheduler.run_once();  // the directory orders
  replicas.fail_next_read();
  run();
  BOOST_TEST(created.is(errc::outcome_unknown));
  replicas.let_go();
  advance_ms(2 * node.settings.retry_ms);
  BOOST_TEST(create_project("one").is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(that_cannot_be_finished_yet_is_tried_again_until_it_can) {
  replicas.hold();
  create_project("one");
  commit_next();
  commit_next();
  // The directory is refused its last step, and the next one as well.
  for (int i = 0; i < 2; ++i) {
    lose(directory_0, errc::outcome_unknown);
    replicas.refuse_next(directory_0);
    advance_ms(node.settings.retry_ms);
  }
  replicas.let_go();
  advance_ms(2 * node.settings.retry_ms);
  BOOST_TEST(listed("one"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_deletion, created_project)

BOOST_AUTO_TEST_CASE(is_marked_then_done_then_forgotten_then_answered) {
  replicas.hold();
  auto removed = remove(project_1);
  for (const auto step : {directory_0, project_1, directory_0}) {
    BOOST_TEST(!removed.answered());
    BOOST_REQUIRE(replicas.in_flight() == 1u);
    BOOST_TEST((replicas.next_project() == step));
    commit_next();
  }
  BOOST_TEST(removed.is<domain::done_view>());
}

BOOST_AUTO_TEST_CASE(frees_the_name_but_never_the_number) {
  remove(project_1);
  BOOST_TEST(names().empty());
  const auto again = create_project("one");
  BOOST_TEST((again.as<domain::project_view>().record.id.project() == project_2));
}

BOOST_AUTO_TEST_CASE(of_a_project_that_is_gone_is_not_found) {
  remove(project_1);
  BOOST_TEST(remove(project_1).is(errc::not_found));
}

BOOST_AUTO_TEST_CASE(asked_for_twice_at_once_happens_once) {
  replicas.hold();
  auto first = remove(project_1);
  auto second = remove(project_1);
  commit_all();
  BOOST_TEST(first.is<domain::done_view>());
  BOOST_TEST(second.is(errc::not_found));
}

BOOST_AUTO_TEST_CASE(overtaken_by_a_list_of_its_tasks_leaves_that_its_answer) {
  replicas.hold();
  auto removed = remove(project_1);
  auto changed = set_status(project_1, domain::project_status::closed);
  auto listed =
      ask(admin_credentials{}, to_project{project_1, {}}, domain::command{domain::list_tasks{}});
  commit_all();
  BOOST_TEST(removed.is<domain::done_view>());
  BOOST_TEST(changed.is<domain::project_view>());
  BOOST_TEST(listed.is<domain::task_page>());
}

BOOST_AUTO_TEST_CASE(that_crashed_before_it_was_marked_never_happened) {
  replicas.hold();
  remove(project_1);
  crash_after(0);
  BOOST_TEST(listed("one"));
}

BOOST_AUTO_TEST_CASE(that_crashed_before_it_was_done_is_finished) {
  replicas.hold();
  remove(project_1);
  crash_after(1);
  BOOST_TEST(names().empty());
  BOOST_TEST(!replicas.stored().load_project(project_1).has_value());
}

BOOST_AUTO_TEST_CASE(that_crashed_before_it_was_forgotten_is_finished) {
  replicas.hold();
  remove(project_1);
  crash_after(2);
  BOOST_TEST(replicas.stored().load_directory().empty());
  BOOST_TEST(create_project("one").is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(ends_polls_and_sessions) {
  login("one", "a1", 1);
  auto waiting = ask(session_of(project_1, 1), to_project{project_1, {}},
                     domain::command{next_task_for("a1", 60)});
  remove(project_1);
  BOOST_TEST(waiting.is(errc::not_found));
  auto session = ask(session_of(project_1, 1), to_home{}, domain::command{domain::get_session{}});
  BOOST_TEST(session.is(errc::unauthenticated));
}

BOOST_AUTO_TEST_CASE(leaves_no_record_and_no_actor_behind) {
  const auto before = actors_running();
  create_project("two");
  ask(admin_credentials{}, to_project{project_2, {}}, domain::command{next_task_for("a1", 60)});
  remove(project_2);
  BOOST_TEST(replicas.stored().recount(project_2).empty());
  BOOST_TEST(actors_running() == before);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_list_of_projects, directory_fixture)

BOOST_AUTO_TEST_CASE(is_empty_without_projects) {
  BOOST_TEST(list_projects().as<domain::project_page>().total == 0u);
}

BOOST_AUTO_TEST_CASE(comes_in_pages_in_order_of_creation) {
  for (const auto* name : {"c", "a", "b"}) create_project(name);
  const auto first = list_projects({.limit = 2});
  const auto& page = first.as<domain::project_page>();
  BOOST_TEST(page.projects.at(0).record.name == "c");
  BOOST_TEST(page.projects.at(1).record.name == "a");
  BOOST_TEST(page.has_more);
  BOOST_TEST(page.total == 3u);
  const auto rest = names({.limit = 2, .after = page.last});
  BOOST_TEST(rest == std::vector<std::string>{"b"});
}

BOOST_AUTO_TEST_CASE(is_filtered_by_status) {
  for (const auto* name : {"c", "a", "b"}) create_project(name);
  set_status(project_2, domain::project_status::closed);
  const auto active = names({});
  BOOST_TEST((active == std::vector<std::string>{"c", "b"}));
  const auto closed = names({.status = domain::project_status::closed});
  BOOST_TEST((closed == std::vector<std::string>{"a"}));
  BOOST_TEST(names().size() == 3u);
}

BOOST_AUTO_TEST_CASE(waits_for_what_its_projects_have_not_committed) {
  create_project("one");
  replicas.hold();
  set_status(project_1, domain::project_status::closed);
  auto list = list_projects({.status = std::nullopt});
  BOOST_TEST(!list.answered());
  commit_all();
  const auto& shown = list.as<domain::project_page>().projects.at(0).record;
  BOOST_TEST((shown.status == domain::project_status::closed));
}

BOOST_AUTO_TEST_CASE(with_a_project_that_dies_is_an_error_and_works_the_next_time) {
  create_project("one");
  lose(project_1, errc::unavailable);
  replicas.fail_next_read();
  BOOST_TEST(list_projects().is(errc::unavailable));
  BOOST_TEST(listed("one"));
}

BOOST_AUTO_TEST_CASE(with_a_project_that_is_lost_meanwhile_is_an_error) {
  create_project("one");
  replicas.hold();
  set_status(project_1, domain::project_status::closed);
  auto list = list_projects();
  lose(project_1, errc::outcome_unknown);
  BOOST_TEST(list.is(errc::unavailable));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_changed_status, created_project)

BOOST_AUTO_TEST_CASE(is_published_before_it_is_answered) {
  replicas.hold();
  auto closed = set_status(project_1, domain::project_status::closed);
  commit_next();
  BOOST_TEST(!closed.answered());
  BOOST_TEST((replicas.next_project() == directory_0));
  commit_next();
  BOOST_TEST(closed.is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(that_a_crash_kept_from_the_directory_is_published_when_the_project_is_loaded) {
  replicas.hold();
  set_status(project_1, domain::project_status::closed);
  crash_after(1);
  BOOST_TEST(names({.status = domain::project_status::closed}).empty());
  ask(admin_credentials{}, to_project{project_1, {}}, domain::command{domain::get_project{}});
  BOOST_TEST(names({.status = domain::project_status::closed}).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_directory, created_project)

BOOST_AUTO_TEST_CASE(that_loses_its_shard_answers_what_waits_and_is_loaded_anew) {
  replicas.hold();
  auto created = create_project("two");
  lose(directory_0, errc::outcome_unknown);
  BOOST_TEST(created.is(errc::unavailable));
  replicas.let_go();
  BOOST_TEST(create_project("two").is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(is_loaded_anew_only_when_all_it_proposed_before_is_settled) {
  replicas.hold();
  create_project("two");
  create_project("three");
  replicas.refuse_next(directory_0);
  BOOST_TEST(create_project("four").is(errc::unavailable));
  commit_next();
  auto list = list_projects();
  BOOST_TEST(!list.answered());
  commit_next();
  BOOST_TEST(list.is<domain::project_page>());
  BOOST_TEST(create_project("three").is(errc::name_taken));
}

BOOST_AUTO_TEST_CASE(that_is_refused_a_write_harms_no_project) {
  auto waiting =
      ask(admin_credentials{}, to_project{project_1, {}}, domain::command{next_task_for("a1", 60)});
  replicas.refuse_next(directory_0);
  BOOST_TEST(create_project("two").is(errc::unavailable));
  BOOST_TEST(!waiting.answered());
  BOOST_TEST(create_project("two").is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(that_dies_while_it_loads_is_started_anew_and_harms_no_project) {
  auto waiting =
      ask(admin_credentials{}, to_project{project_1, {}}, domain::command{next_task_for("a1", 60)});
  replicas.lose(directory_0, errc::unavailable);
  replicas.fail_next_read();
  run();
  BOOST_TEST(!waiting.answered());
  BOOST_TEST(create_project("two").is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(with_unfinished_work_waits_for_the_disk_without_going_round) {
  replicas.hold();
  create_project("two");
  commit_next();
  replicas.refuse_all();
  lose(project_2, errc::outcome_unknown);
  advance_s(10);  // run() fails the test if actors never come to rest
  BOOST_TEST(listed("one"));
  replicas.accept_all();
  replicas.let_go();
  advance_s(2);
  BOOST_TEST(create_project("two").is<domain::project_view>());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
