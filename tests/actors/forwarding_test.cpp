// Any node takes any request: routing between nodes, shards that move, outcomes nobody knows.
#include <boost/test/unit_test.hpp>
#include <caf/send.hpp>

#include "actors/local_messages.hpp"
#include "tests/actors/cluster_fixture.hpp"

namespace taskdriver::actors {
namespace {

domain::complete_task completion_of(const domain::claim_view& claim) {
  return {.id = claim.task.spec->id,
          .agent = claim.agent,
          .proof = {},
          .result = "\"done\"",
          .outputs = ""};
}

domain::command login_as(const std::string& agent) {
  domain::token_hash token{};
  token.fill(9);
  return domain::login{
      .agent = agent, .token = token, .session_id = "session-9", .lifetime_ms = 8 * 3'600'000};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(any_node, clustered_project)

BOOST_AUTO_TEST_CASE(answers_about_any_project) {
  for (auto* node : nodes)
    BOOST_TEST(ask_1(*node, domain::get_project{}).is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(tells_the_log_which_node_did_the_work) {
  BOOST_TEST(ask_1(a, domain::get_project{}).caller().forwarded_to == "b");
  BOOST_TEST(ask_1(b, domain::get_project{}).caller().forwarded_to == "");
}

BOOST_AUTO_TEST_CASE(lists_the_projects_of_all_nodes) {
  create_project(b, "two");
  for (auto* node : nodes) {
    auto list = ask(*node, admin_credentials{}, to_directory{}, domain::list_projects{});
    BOOST_TEST(list.as<domain::project_page>().projects.size() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(finds_a_project_by_its_name) {
  auto found =
      ask(c, admin_credentials{}, to_named_project{"one"}, domain::command{next_task_for("a1")});
  BOOST_TEST(found.is<domain::no_task>());
}

BOOST_AUTO_TEST_CASE(knows_a_session_that_another_node_keeps) {
  create_project(a, "two");
  BOOST_TEST(
      ask(c, no_credentials{}, to_named_project{"one"}, login_as("a1")).is<domain::login_view>());
  const auto session = session_of(project_1, 9);
  for (auto* node : nodes) {
    auto read = ask(*node, session, to_home{}, domain::command{domain::get_session{}});
    BOOST_TEST(read.is<domain::session_view>());
    BOOST_TEST(read.caller().agent == "a1");
    BOOST_TEST(read.caller().authenticated);
    // The session is checked on b, its caller goes on to c.
    auto other =
        ask(*node, session, to_project{project_2, {}}, domain::command{domain::get_project{}});
    BOOST_TEST(other.is<domain::project_view>());
    BOOST_TEST(
        ask(*node, session, to_directory{}, domain::list_projects{}).is<domain::project_page>());
  }
}

BOOST_AUTO_TEST_CASE(ends_a_session_for_all_nodes) {
  ask(c, no_credentials{}, to_named_project{"one"}, login_as("a1"));
  const auto session = session_of(project_1, 9);
  BOOST_TEST(ask(a, session, to_home{}, domain::command{domain::logout{}}).is<domain::done_view>());
  for (auto* node : nodes)
    BOOST_TEST(ask(*node, session, to_home{}, domain::command{domain::get_session{}})
                   .is(errc::unauthenticated));
}

BOOST_AUTO_TEST_CASE(shows_what_is_under_way_to_another_one) {
  b.replicas.hold();
  auto created = create_task(a);
  BOOST_TEST(a.counts.forwarding().under_way == 1u);
  b.replicas.let_go();
  run();
  BOOST_TEST(created.is<domain::created_task>());
  BOOST_TEST(a.counts.forwarding().under_way == 0u);
}

BOOST_AUTO_TEST_CASE(refuses_what_the_serving_node_refuses) {
  BOOST_TEST(ask(a, session_of(project_1, 7), to_home{}, domain::command{domain::get_session{}})
                 .is(errc::unauthenticated));
  BOOST_TEST(
      ask(c, admin_credentials{}, to_named_project{"none"}, domain::command{next_task_for("a1")})
          .is(errc::not_found));
}

BOOST_AUTO_TEST_CASE(gives_a_lost_claim_to_the_same_agent_again) {
  const auto granted = claimed_by(a, "a1");
  serve(project_1, c);
  const auto resumed = next_task(b, "a1").as<domain::claim_view>();
  BOOST_TEST((resumed.task.spec->id == granted.task.spec->id));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_shard_that_nobody_serves, clustered_project)

BOOST_AUTO_TEST_CASE(is_waited_for) {
  serve_nowhere(project_1);
  auto read = ask_1(a, domain::get_project{});
  advance_s(2);
  BOOST_TEST(!read.answered());
  serve(project_1, c);
  advance_ms(500);
  BOOST_TEST(read.is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(is_waited_for_by_the_node_that_used_to_serve_it) {
  serve_nowhere(project_1);
  auto created = create_task(b);
  serve(project_1, c);
  advance_ms(500);
  BOOST_TEST(created.is<domain::created_task>());
}

BOOST_AUTO_TEST_CASE(is_503_when_the_time_of_the_request_is_over) {
  serve_nowhere(project_1);
  auto created = create_task(a);
  advance_ms(4'900);
  BOOST_TEST(!created.answered());
  advance_ms(200);
  BOOST_TEST(created.is(errc::unavailable));
  BOOST_TEST(created.error().retry_after_s == 1);
}

BOOST_AUTO_TEST_CASE(is_waited_for_by_a_poll_as_long_as_it_may_wait) {
  serve_nowhere(project_1);
  auto waiting = next_task(a, "a1", 20);
  advance_s(24);
  BOOST_TEST(!waiting.answered());
  advance_s(2);
  BOOST_TEST(waiting.is(errc::unavailable));
}

BOOST_AUTO_TEST_CASE(is_not_answered_for_from_memory_in_doubt) {
  b.replicas.doubt_lease(true);
  auto read = ask_1(a, domain::get_project{});
  auto here = ask_1(b, domain::get_project{});
  advance_s(1);
  BOOST_TEST(!read.answered());
  BOOST_TEST(!here.answered());
  b.replicas.doubt_lease(false);
  advance_ms(500);
  BOOST_TEST(read.is<domain::project_view>());
  BOOST_TEST(here.is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(is_asked_for_elsewhere_at_once_by_the_node_that_used_to_serve_it) {
  b.replicas.hold();
  auto created = create_task(b);
  serve(project_1, c);
  auto read = ask_1(b, domain::get_project{});
  BOOST_TEST(read.is<domain::project_view>());
  BOOST_TEST(read.caller().forwarded_to == "c");
  BOOST_TEST(b.counts.forwarding().retries == 0u);
  b.replicas.let_go();
}

BOOST_AUTO_TEST_CASE(moved_behind_the_back_of_the_node_that_asks) {
  b.replicas.place(project_1, {cluster::shard_location::place::elsewhere, "c"});
  c.replicas.place(project_1, {});
  run();
  auto created = create_task(a);  // which still asks b
  advance_ms(200);
  BOOST_TEST(!created.answered());
  a.replicas.place(project_1, {cluster::shard_location::place::elsewhere, "c"});
  advance_ms(500);
  BOOST_TEST(created.is<domain::created_task>());
  BOOST_TEST(a.counts.forwarding().moved >= 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_unknown_outcome, clustered_project)

BOOST_AUTO_TEST_CASE(is_told_for_what_must_not_be_done_twice) {
  b.replicas.hold();
  auto created = create_task(a);
  wires.cut("a", "b");
  run();
  BOOST_TEST(created.is(errc::outcome_unknown));
}

BOOST_AUTO_TEST_CASE(is_found_out_where_a_repeat_is_harmless) {
  const auto claim = claimed_by(a, "a1");
  b.replicas.hold();
  auto completed = ask_1(a, completion_of(claim));
  wires.cut("a", "b");
  run();
  BOOST_TEST(!completed.answered());
  b.replicas.let_go();
  wires.heal("a", "b");
  advance_ms(500);
  BOOST_TEST(completed.is<domain::task_view>());
}

BOOST_AUTO_TEST_CASE(stays_unknown_when_nobody_can_be_asked_again) {
  const auto claim = claimed_by(a, "a1");
  b.replicas.hold();
  auto completed = ask_1(a, completion_of(claim));
  auto read = ask_1(a, domain::get_project{});
  wires.cut("a", "b");
  advance_s(6);
  BOOST_TEST(completed.is(errc::outcome_unknown));
  BOOST_TEST(read.answered());
}

BOOST_AUTO_TEST_CASE(of_a_commit_that_was_lost_is_told_or_asked_again) {
  b.replicas.hold();
  auto created = create_task(a);
  auto claimed = next_task(a, "a1");
  auto local = create_task(b);
  serve(project_1, c);
  BOOST_TEST(created.is(errc::outcome_unknown));
  BOOST_TEST(local.is(errc::outcome_unknown));
  advance_ms(500);
  BOOST_TEST(claimed.is<domain::no_task>());
}

BOOST_AUTO_TEST_CASE(is_none_when_the_node_was_not_reached) {
  wires.cut("a", "b");
  run();
  auto created = create_task(a);
  advance_ms(100);
  BOOST_TEST(!created.answered());
  wires.heal("a", "b");
  advance_ms(500);
  BOOST_TEST(created.is<domain::created_task>());
}

BOOST_AUTO_TEST_CASE(of_a_mute_node_is_told_when_the_time_is_over) {
  wires.hold("a", "b");
  auto created = create_task(a);
  advance_ms(5'100);
  BOOST_TEST(created.is(errc::outcome_unknown));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_poll_of_another_node, clustered_project)

BOOST_AUTO_TEST_CASE(gets_its_task) {
  auto waiting = next_task(a, "a1", 60);
  advance_s(30);
  create_task(c);
  BOOST_TEST(waiting.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(is_answered_in_time_when_there_is_none) {
  auto waiting = next_task(a, "a1", 20);
  advance_ms(20'100);
  BOOST_TEST(waiting.is<domain::no_task>());
}

BOOST_AUTO_TEST_CASE(moves_with_its_shard_and_keeps_its_end) {
  auto waiting = next_task(a, "a1", 20);
  auto local = next_task(b, "a2", 60);
  advance_s(10);
  serve(project_1, c);
  advance_ms(500);
  create_task(a);
  BOOST_TEST((waiting.is<domain::claim_view>() || local.is<domain::claim_view>()));
  create_task(a);
  BOOST_TEST(waiting.is<domain::claim_view>());
  BOOST_TEST(local.is<domain::claim_view>());
  auto last = next_task(b, "a3", 20);
  advance_s(10);
  serve(project_1, b);
  advance_s(11);
  BOOST_TEST(last.is<domain::no_task>());
}

BOOST_AUTO_TEST_CASE(moves_also_when_it_was_just_woken) {
  auto waiting = next_task(a, "a1", 60);
  b.replicas.hold();
  create_task(a);  // wakes it; the grant is in flight
  serve(project_1, c);
  b.replicas.let_go();
  advance_ms(500);
  BOOST_TEST(!waiting.answered());  // neither was committed
  create_task(a);
  BOOST_TEST(waiting.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(whose_client_hung_up_is_skipped) {
  auto first = next_task(a, "a1", 60);
  auto second = next_task(c, "a2", 60);
  first.hang_up();
  advance_ms(300);
  BOOST_TEST(a.counts.forwarding().cancelled == 1u);
  create_task(b);
  BOOST_TEST(second.is<domain::claim_view>());
}

BOOST_AUTO_TEST_CASE(is_answered_when_its_node_stops) {
  auto waiting = next_task(a, "a1", 60);
  caf::anon_send(a.gateway, release_polls{});
  run();
  BOOST_TEST(waiting.is<domain::no_task>());
  auto second = next_task(c, "a2", 60);
  create_task(b);
  BOOST_TEST(second.is<domain::claim_view>());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(leases, clustered_project)

BOOST_AUTO_TEST_CASE(restart_in_full_where_their_shard_begins_although_nobody_asks) {
  claimed_by(a, "a1");
  advance_s(50);
  serve(project_1, c);
  advance_s(59);
  BOOST_TEST(records->load_leases(project_1).size() == 1u);
  advance_s(2);
  BOOST_TEST(records->load_leases(project_1).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
