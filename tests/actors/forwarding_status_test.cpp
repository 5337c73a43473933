// Statuses on their way to the directory's node: the newest of a project counts, until it is told
// or given up, and then nothing of it is kept.
#include <boost/test/unit_test.hpp>
#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "actors/forwarding.hpp"
#include "tests/actors/cluster_fixture.hpp"

namespace taskdriver::actors {
namespace {

using place = cluster::shard_location::place;

/// In the gateway's place: the test itself asks what is due.
class idle_actor final : public caf::event_based_actor {
public:
  using event_based_actor::event_based_actor;
  caf::behavior make_behavior() override {
    return {[](const travel_timer&) {}};
  }
};

/// No node serves the directory.
struct no_directory : actors_fixture {
  no_directory() : owner(system.spawn<idle_actor>()) {
    run();
    travels.emplace(*caf::actor_cast<caf::event_based_actor*>(owner), node);
  }
  ~no_directory() {
    travels.reset();
    caf::anon_send_exit(owner, caf::exit_reason::user_shutdown);
    run();
  }

  /// A client waits for this one; its answer comes into `told`.
  void close_project(std::optional<answer>& told) {
    auto reply = std::make_shared<order_reply>([&told](answer a) { told = std::move(a); });
    status_changed s{project_1, domain::project_status::closed, std::move(reply)};
    travels->line_up(s);
    travels->wait(std::move(s));
  }
  /// As of a project that was loaded: nobody waits.
  void tell_status() {
    status_changed s{project_1, domain::project_status::active, nullptr};
    travels->line_up(s);
    travels->wait(std::move(s));
  }
  /// As the gateway does at its timer, with a directory that stays away.
  void pass(std::int64_t seconds) {
    for (std::int64_t tries = 0; tries < seconds * 10; ++tries) {
      advance_ms(100);
      for (auto& what : travels->due()) travels->wait(std::move(what));
    }
  }
  std::uint64_t waiting() const { return counts.forwarding().waiting; }

  caf::actor owner;
  std::optional<forwarding> travels;
  std::optional<answer> first, second;
};

/// Project 1 was closed on node "b" while no node served the directory.
struct closed_without_a_directory : clustered_project {
  closed_without_a_directory() : closed(asked(nullptr)) {
    serve_nowhere(directory_0);
    closed = set_status(domain::project_status::closed);
    advance_ms(2000);  // the next try is 400 ms away
    BOOST_TEST_REQUIRE(!closed.answered());
  }
  asked set_status(domain::project_status status) {
    return ask_1(b, domain::update_project{.status = status});
  }
  void open_project() {
    BOOST_TEST(set_status(domain::project_status::active).is<domain::project_view>());
  }
  domain::project_status told_status() const { return records->load_directory().at(0).status; }

  asked closed;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_status_that_cannot_be_told, no_directory)

BOOST_AUTO_TEST_CASE(is_given_up_and_forgotten_when_its_client_has_waited_long_enough) {
  close_project(first);
  pass(4);
  BOOST_TEST(!first);
  BOOST_TEST(travels->statuses() == 1u);
  pass(2);
  BOOST_REQUIRE(first);
  BOOST_TEST((first->error().code == errc::unavailable));
  BOOST_TEST(travels->statuses() == 0u);
  BOOST_TEST(waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(is_kept_while_its_project_is_here_if_nobody_waits_for_it) {
  tell_status();
  pass(60);
  BOOST_TEST(travels->statuses() == 1u);
  BOOST_TEST(waiting() == 1u);
}

BOOST_AUTO_TEST_CASE(is_forgotten_when_its_project_is_elsewhere) {
  tell_status();
  replicas.place(project_1, {place::elsewhere, "b"});
  pass(6);
  BOOST_TEST(travels->statuses() == 0u);
  BOOST_TEST(waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(is_replaced_by_a_newer_one_of_its_project) {
  close_project(first);
  pass(2);
  close_project(second);
  pass(1);
  BOOST_REQUIRE(first);
  BOOST_TEST(first->ok());
  BOOST_TEST(!second);
  BOOST_TEST(travels->statuses() == 1u);
  pass(5);
  BOOST_TEST(second.has_value());
  BOOST_TEST(travels->statuses() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_older_status, closed_without_a_directory)

BOOST_AUTO_TEST_CASE(is_not_told_after_a_newer_one_that_another_node_heard_at_once) {
  serve(directory_0, c);
  open_project();
  advance_ms(500);
  BOOST_TEST(closed.is<domain::project_view>());
  BOOST_TEST((told_status() == domain::project_status::active));
}

BOOST_AUTO_TEST_CASE(is_not_told_after_a_newer_one_that_this_node_heard_at_once) {
  serve(directory_0, b);
  open_project();
  advance_ms(500);
  BOOST_TEST(closed.is<domain::project_view>());
  BOOST_TEST((told_status() == domain::project_status::active));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
