// Who may ask what of whom (A2), as the gateway and the projects carry it out.
#include <boost/test/unit_test.hpp>

#include "tests/actors/actors_fixture.hpp"

namespace taskdriver::actors {
namespace {

/// Projects "one" and "two"; agent a1 has a session in each, tokens 1 and 2.
struct two_projects : one_project {
  two_projects() {
    second_id = create_project("two").as<domain::project_view>().record.id;
    login("one", "a1", 1);
    login("two", "a1", 2);
  }
  asked ask_2_with(credentials from, domain::command what) {
    return ask(from, to_project{project_2, second_id}, std::move(what));
  }
  const session_credentials in_one = session_of(project_1, 1);
  const session_credentials in_two = session_of(project_2, 2);
  object_id second_id;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(access, two_projects)

BOOST_AUTO_TEST_CASE(of_a_session_to_its_own_project_is_free) {
  auto made = ask_2_with(in_two, domain::create_type{.name = "type"});
  BOOST_TEST(made.is<domain::type_view>());
  BOOST_TEST(made.caller().authenticated);
  BOOST_TEST(made.caller().agent == "a1");
}

BOOST_AUTO_TEST_CASE(of_a_session_to_another_project_is_refused) {
  BOOST_TEST(ask_2_with(in_one, domain::create_type{.name = "type"}).is(errc::forbidden));
  BOOST_TEST(ask_2_with(in_one, domain::list_types{}).is(errc::forbidden));
  BOOST_TEST(ask_2_with(in_one, domain::remove_project{}).is(errc::forbidden));
  BOOST_TEST(ask_2_with(in_one, next_task_for("a1")).is(errc::forbidden));
}

BOOST_AUTO_TEST_CASE(of_a_session_for_reading_another_project_is_free) {
  auto read = ask_2_with(in_one, domain::get_project{});
  BOOST_TEST(read.as<domain::project_view>().record.name == "two");
}

BOOST_AUTO_TEST_CASE(of_a_session_to_the_directory_is_free) {
  auto list = ask(in_one, to_directory{}, domain::list_projects{});
  BOOST_TEST(list.as<domain::project_page>().projects.size() == 2u);
  auto created =
      ask(in_one, to_directory{}, domain::command{domain::create_project{.name = "three"}});
  BOOST_TEST(created.is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(with_an_unknown_token_is_refused_wherever_it_leads) {
  const auto unknown = session_of(project_1, 99);
  BOOST_TEST(ask_2_with(unknown, domain::get_project{}).is(errc::unauthenticated));
  BOOST_TEST(
      ask(unknown, to_home{}, domain::command{domain::get_session{}}).is(errc::unauthenticated));
  auto list = ask(unknown, to_directory{}, domain::list_projects{});
  BOOST_TEST(list.is(errc::unauthenticated));
  BOOST_TEST(!list.caller().authenticated);
}

BOOST_AUTO_TEST_CASE(with_a_token_of_a_project_that_does_not_exist_is_refused) {
  const auto nowhere = session_of(project_number{4711}, 1);
  BOOST_TEST(ask_2_with(nowhere, domain::get_project{}).is(errc::unauthenticated));
}

BOOST_AUTO_TEST_CASE(without_a_token_is_refused) {
  BOOST_TEST(ask_2_with(no_credentials{}, domain::get_project{}).is(errc::unauthenticated));
  BOOST_TEST(
      ask(no_credentials{}, to_directory{}, domain::list_projects{}).is(errc::unauthenticated));
}

BOOST_AUTO_TEST_CASE(of_a_session_that_has_expired_is_refused) {
  advance_s(8 * 3600);
  BOOST_TEST(ask_2_with(in_two, domain::get_project{}).is(errc::unauthenticated));
}

BOOST_AUTO_TEST_CASE(of_a_session_that_logged_out_is_refused) {
  BOOST_TEST(ask(in_two, to_home{}, domain::command{domain::logout{}}).is<domain::done_view>());
  BOOST_TEST(ask_2_with(in_two, domain::get_project{}).is(errc::unauthenticated));
}

BOOST_AUTO_TEST_CASE(of_a_session_outlives_the_actor_of_its_project) {
  lose(project_2, errc::unavailable);
  BOOST_TEST(ask_2_with(in_two, domain::get_stats{}).is<domain::stats_view>());
}

BOOST_AUTO_TEST_CASE(of_the_admin_token_is_free_everywhere) {
  auto made = ask_2_with(admin_credentials{}, domain::create_type{.name = "type"});
  BOOST_TEST(made.is<domain::type_view>());
  BOOST_TEST(made.caller().authenticated);
  BOOST_TEST(ask_1(domain::get_stats{}).is<domain::stats_view>());
}

BOOST_AUTO_TEST_CASE(of_the_admin_token_has_no_session) {
  auto session = ask(admin_credentials{}, to_home{}, domain::command{domain::get_session{}});
  BOOST_TEST(session.is(errc::not_found));
}

BOOST_AUTO_TEST_CASE(to_a_session_shows_it) {
  auto session = ask(in_two, to_home{}, domain::command{domain::get_session{}});
  BOOST_TEST((session.as<domain::session_view>().project == second_id));
}

BOOST_AUTO_TEST_CASE(by_login_works_with_name_and_id_and_with_any_old_token) {
  BOOST_TEST(login(second_id.text(), "a2", 3).is<domain::login_view>());
  auto again = ask(session_of(project_1, 99), to_named_project{"two"},
                   domain::command{domain::login{.agent = "a3", .token = {4}, .lifetime_ms = 1}});
  BOOST_TEST(again.is<domain::login_view>());
  BOOST_TEST(login("nowhere", "a2", 5).is(errc::not_found));
}

BOOST_AUTO_TEST_CASE(to_a_project_needs_its_whole_id) {
  const auto forged = object_id::make(project_2, sequence{0}, 1);
  auto read = ask(admin_credentials{}, to_project{project_2, forged},
                  domain::command{domain::get_project{}});
  BOOST_TEST(read.is(errc::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(numbers_without_a_project, one_project)

BOOST_AUTO_TEST_CASE(are_not_found_and_leave_no_actor_behind) {
  const auto before = actors_running();
  for (std::uint32_t n = 100; n < 150; ++n) {
    auto read = ask(admin_credentials{}, to_project{project_number{n}, {}},
                    domain::command{domain::get_project{}});
    BOOST_TEST(read.is(errc::not_found));
  }
  BOOST_TEST(actors_running() == before);
}

BOOST_AUTO_TEST_CASE(in_tokens_leave_no_actor_behind) {
  const auto before = actors_running();
  for (std::uint32_t n = 100; n < 150; ++n)
    ask(session_of(project_number{n}, 1), to_home{}, domain::command{domain::get_session{}});
  BOOST_TEST(actors_running() == before);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
