// Sessions and who may do what (A2, A3).
#include "domain/access.hpp"
#include "tests/domain/project_fixture.hpp"

namespace taskdriver::domain {
namespace {

constexpr std::int64_t lifetime_ms = 8 * hour_ms;

struct given_sessions : given_project {
  struct flavour {
    bool allow_multiple = false;
    bool resume_existing = false;
  };

  decision log_in(const std::string& agent, std::uint8_t token, flavour f) {
    return run(login{.agent = agent,
                     .token = {token},
                     .session_id = "s" + std::to_string(token),
                     .lifetime_ms = lifetime_ms,
                     .allow_multiple = f.allow_multiple,
                     .resume_existing = f.resume_existing});
  }
  decision log_in(const std::string& agent, std::uint8_t token) {
    return log_in(agent, token, flavour{});
  }
  bool valid(std::uint8_t token) const { return state.sessions().find({token}, now.wall_ms); }
  caller with(std::uint8_t token) const {
    return {.with = *state.sessions().find({token}, now.wall_ms), .home = number};
  }
};

session record_of(const decision& d) {
  return std::get<login_view>(d.answer.value()).record;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_login, given_sessions)

BOOST_AUTO_TEST_CASE(opens_a_session_until_its_end_and_not_longer) {
  const auto record = record_of(log_in("ada", 1));
  BOOST_TEST(record.expires_ms == now.wall_ms + lifetime_ms);
  BOOST_TEST(record.incarnation == 1u);
  pass(lifetime_ms - 1);
  BOOST_TEST(valid(1));
  pass(1);
  BOOST_TEST(!valid(1));
}

BOOST_AUTO_TEST_CASE(ends_the_agents_earlier_sessions_and_nobody_elses) {
  log_in("ada", 1);
  log_in("bob", 2);
  const auto d = log_in("ada", 3);
  BOOST_TEST(!valid(1));
  BOOST_TEST(valid(2));
  BOOST_TEST(valid(3));
  BOOST_REQUIRE(d.ended_sessions.size() == 1u);
  BOOST_TEST(d.ended_sessions[0].id == "s1");
  BOOST_TEST(record_of(d).incarnation == 2u);
}

BOOST_AUTO_TEST_CASE(keeps_them_where_it_is_asked_to) {
  log_in("ada", 1);
  const auto d = log_in("ada", 2, {.allow_multiple = true});
  BOOST_TEST(valid(1));
  BOOST_TEST(valid(2));
  BOOST_TEST(d.ended_sessions.empty());
}

BOOST_AUTO_TEST_CASE(renews_the_newest_with_a_new_token_under_resume) {
  log_in("ada", 1);
  log_in("ada", 2, {.allow_multiple = true});
  const auto created = now.wall_ms;
  pass(hour_ms);
  const auto record =
      record_of(log_in("ada", 3, {.allow_multiple = true, .resume_existing = true}));
  BOOST_TEST(record.id == "s2");
  BOOST_TEST(record.created_ms == created);
  BOOST_TEST(record.expires_ms == now.wall_ms + lifetime_ms);
  BOOST_TEST(valid(1));
  BOOST_TEST(!valid(2));
  BOOST_TEST(valid(3));
}

BOOST_AUTO_TEST_CASE(under_resume_opens_a_new_session_where_none_is_valid) {
  log_in("ada", 1);
  pass(lifetime_ms);
  BOOST_TEST(record_of(log_in("ada", 2, {.resume_existing = true})).id == "s2");
}

BOOST_AUTO_TEST_CASE(ends_the_oldest_when_an_agent_has_too_many) {
  for (std::uint8_t token = 1; token <= limits::sessions_per_agent_max + 1; ++token)
    log_in("ada", token, {.allow_multiple = true});
  BOOST_TEST(!valid(1));
  BOOST_TEST(valid(2));
  BOOST_TEST(state.sessions().size() == limits::sessions_per_agent_max);
}

BOOST_AUTO_TEST_CASE(outlives_a_restart) {
  log_in("ada", 1);
  restart();
  BOOST_TEST(valid(1));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_session, given_sessions)

BOOST_AUTO_TEST_CASE(ends_at_logout) {
  log_in("ada", 1);
  const auto d = run(logout{}, with(1));
  BOOST_TEST(d.ended_sessions.size() == 1u);
  BOOST_TEST(!valid(1));
}

BOOST_AUTO_TEST_CASE(is_extended_from_its_end_up_to_a_week_ahead) {
  log_in("ada", 1);
  const auto end = now.wall_ms + lifetime_ms;
  auto view = accepted<session_view>(extend_session{.extend_ms = hour_ms}, with(1));
  BOOST_TEST(view.record.expires_ms == end + hour_ms);
  for (int i = 0; i < 8; ++i)
    view = accepted<session_view>(extend_session{.extend_ms = 24 * hour_ms}, with(1));
  BOOST_TEST(view.record.expires_ms == now.wall_ms + 7 * 24 * hour_ms);
  now.wall_ms -= 24 * hour_ms;  // a clock set back must not shorten it
  view = accepted<session_view>(extend_session{.extend_ms = hour_ms}, with(1));
  BOOST_TEST(view.record.expires_ms == now.wall_ms + 8 * 24 * hour_ms);
}

BOOST_AUTO_TEST_CASE(does_not_slide_with_use_but_tells_when_it_was_used) {
  log_in("ada", 1);
  pass(hour_ms);
  BOOST_TEST(state.use_session({1}, now.wall_ms));
  const auto view = accepted<session_view>(get_session{}, with(1));
  BOOST_TEST(view.record.last_activity_ms == now.wall_ms);
  BOOST_TEST(view.record.expires_ms == now.wall_ms - hour_ms + lifetime_ms);
}

BOOST_AUTO_TEST_CASE(that_ran_out_is_swept_away) {
  log_in("ada", 1);
  pass(lifetime_ms);
  const auto d = run_expire();
  BOOST_TEST(d.ended_sessions.size() == 1u);
  BOOST_TEST(state.sessions().size() == 0u);
  BOOST_TEST(store.records(number).sessions.empty());
}

BOOST_AUTO_TEST_CASE(is_none_of_the_admin_token) {
  BOOST_TEST((refused(logout{}).code == errc::not_found));
  BOOST_TEST((refused(get_session{}).code == errc::not_found));
  BOOST_TEST((refused(extend_session{.extend_ms = 1}).code == errc::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(access)

BOOST_AUTO_TEST_CASE(of_a_session_ends_at_its_own_project_but_for_reading_projects) {
  const caller ada{.with = session{.agent = "ada"}, .home = project_number{1}};
  BOOST_TEST(authorize(ada, next_task{}, project_number{1}).ok());
  BOOST_TEST(authorize(ada, get_project{}, project_number{2}).ok());
  for (const command& what : {command{next_task{}}, command{get_task{}}, command{list_tasks{}},
                              command{get_stats{}}, command{remove_project{}}}) {
    const auto answer = authorize(ada, what, project_number{2});
    BOOST_REQUIRE(!answer.ok());
    BOOST_TEST((answer.error().code == errc::forbidden));
  }
}

BOOST_AUTO_TEST_CASE(is_the_admins_everywhere_and_nobodys_without_a_token) {
  BOOST_TEST(authorize({.admin = true}, remove_project{}, project_number{2}).ok());
  BOOST_TEST(authorize({}, login{}, project_number{2}).ok());
  const auto answer = authorize({}, get_project{}, project_number{2});
  BOOST_REQUIRE(!answer.ok());
  BOOST_TEST((answer.error().code == errc::unauthenticated));
  BOOST_TEST(!authorize_directory({}).ok());
  BOOST_TEST(authorize_directory({.with = session{}}).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
