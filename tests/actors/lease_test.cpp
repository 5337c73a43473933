// Lease timers: exact, moved by extensions, restarted in full with the project (P6, A18).
#include <boost/test/unit_test.hpp>

#include "tests/actors/actors_fixture.hpp"

namespace taskdriver::actors {
namespace {

struct one_lease : one_project {
  one_lease() : task(claimed_by("a1").task.spec->id) {}

  /// As stored: nothing that a request would do by itself.
  domain::task_progress stored() const {
    return *replicas.stored().load_progress(project_1, task.seq());
  }
  bool running() const { return stored().status == domain::task_status::running; }
  bool queued() const { return stored().status == domain::task_status::queued; }

  object_id task;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_lease, one_lease)

BOOST_AUTO_TEST_CASE(ends_by_its_timer_exactly_at_the_deadline) {
  advance_ms(59'999);
  BOOST_TEST(running());
  advance_ms(1);
  BOOST_TEST(queued());
  BOOST_TEST((stored().last_attempt == domain::attempt_status::timeout));
}

BOOST_AUTO_TEST_CASE(that_ran_out_refuses_its_holder) {
  advance_s(60);
  BOOST_TEST(complete(task, "a1").is(errc::lease_lost));
}

BOOST_AUTO_TEST_CASE(that_is_due_is_ended_by_a_request_that_comes_before_its_timer) {
  scheduler.clock().current_time += std::chrono::seconds(60);
  BOOST_TEST(complete(task, "a1").is(errc::lease_lost));
  BOOST_TEST(queued());
}

BOOST_AUTO_TEST_CASE(is_moved_by_an_extension) {
  advance_s(30);
  BOOST_TEST(extend(task, "a1", 10'000).is<domain::task_view>());
  advance_ms(39'999);
  BOOST_TEST(running());
  advance_ms(1);
  BOOST_TEST(queued());
}

BOOST_AUTO_TEST_CASE(that_was_completed_leaves_the_timers_of_the_others_alone) {
  advance_s(20);
  claimed_by("a2");
  complete(task, "a1");
  advance_ms(59'999);
  BOOST_TEST(replicas.stored().load_leases(project_1).size() == 1u);
  advance_ms(1);
  BOOST_TEST(replicas.stored().load_leases(project_1).empty());
}

BOOST_AUTO_TEST_CASE(restarts_in_full_when_its_project_is_loaded_anew) {
  advance_s(50);
  lose(project_1, errc::unavailable);
  read(task);
  advance_ms(59'999);
  BOOST_TEST(running());
  advance_ms(1);
  BOOST_TEST(queued());
}

BOOST_AUTO_TEST_CASE(runs_from_the_start_of_a_node_without_any_request) {
  stop();
  start();
  advance_ms(59'999);
  BOOST_TEST(running());
  advance_ms(1);
  BOOST_TEST(queued());
}

BOOST_AUTO_TEST_CASE(that_ends_gives_its_task_to_who_waits) {
  advance_s(30);
  auto waiting = poll("a2");
  advance_ms(29'999);
  BOOST_TEST(!waiting.answered());
  advance_ms(1);
  BOOST_TEST(waiting.is<domain::claim_view>());
  BOOST_TEST(waiting.as<domain::claim_view>().task.progress->lease_epoch == 2u);
}

BOOST_AUTO_TEST_CASE(that_ran_out_too_often_fails_its_task) {
  for (int i = 0; i < 3; ++i) {
    advance_s(60);
    BOOST_TEST(next_task("a1").is<domain::claim_view>());
  }
  advance_s(60);
  BOOST_TEST((stored().status == domain::task_status::failed));
  BOOST_TEST(counts.totals(time.now().wall_ms).expirations == 4u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
