// Large creations: producers faster than the disk wait their turn and are refused only in the end.
#include <boost/test/unit_test.hpp>

#include "tests/actors/actors_fixture.hpp"

namespace taskdriver::actors {
namespace {

constexpr std::size_t task_bytes = 1000;
constexpr std::size_t tasks_each = 20;
constexpr std::size_t request_bytes = tasks_each * (task_bytes + 256);

/// Room for one bulk request at a time, and for two more that wait. Nothing is committed unasked.
struct slow_disk : one_project {
  slow_disk() {
    node.settings.creations_under_way_bytes_max = request_bytes;
    node.settings.creations_waiting_bytes_max = 2 * request_bytes;
    replicas.hold();
  }

  asked send_bulk(std::size_t tasks = tasks_each) {
    domain::create_tasks create;
    for (std::size_t i = 0; i < tasks; ++i)
      create.items.push_back(
          {i, {.type_id = type_id, .instructions = std::string(task_bytes, 'x')}});
    return send_1(std::move(create));
  }
  asked bulk(std::size_t tasks = tasks_each) {
    auto a = send_bulk(tasks);
    run();
    return a;
  }
  std::uint64_t waiting() const { return counts.totals(0).creations_waiting; }
  std::uint64_t created() const { return counts.totals(0).tasks_created; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_large_creation, slow_disk)

BOOST_AUTO_TEST_CASE(waits_undecided_until_the_one_before_it_is_answered) {
  auto first = bulk();
  auto second = bulk();
  BOOST_TEST(replicas.in_flight() == 1u);
  BOOST_TEST(waiting() == 1u);
  commit_next();
  BOOST_TEST(first.is<domain::bulk_view>());
  BOOST_TEST(!second.answered());
  BOOST_TEST(replicas.in_flight() == 1u);
  commit_next();
  BOOST_TEST(second.is<domain::bulk_view>());
  BOOST_TEST(waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(keeps_its_place_among_those_that_wait) {
  bulk();
  auto second = bulk();
  auto third = bulk();
  commit_next();
  commit_next();
  BOOST_TEST(second.answered());
  BOOST_TEST(!third.answered());
}

BOOST_AUTO_TEST_CASE(does_not_hold_up_others) {
  create_task();
  commit_next();
  bulk();
  bulk();
  auto claim = next_task("a1");
  auto small = create_task();
  BOOST_TEST(waiting() == 1u);
  commit_next();
  commit_next();
  commit_next();
  BOOST_TEST(claim.is<domain::claim_view>());
  BOOST_TEST(small.is<domain::created_task>());
}

BOOST_AUTO_TEST_CASE(is_refused_when_too_much_waits_already) {
  bulk();
  bulk();
  bulk();
  auto fourth = bulk();
  BOOST_TEST(fourth.is(errc::unavailable));
  BOOST_TEST(fourth.error().retry_after_s > 0);
  commit_all();
  BOOST_TEST(created() == 3 * tasks_each);
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_has_waited_too_long) {
  bulk();
  auto second = bulk();
  advance_ms(node.settings.creation_wait_ms - 1);
  auto third = bulk();
  BOOST_TEST(!second.answered());
  advance_ms(1001);
  BOOST_TEST(second.is(errc::unavailable));
  BOOST_TEST(!third.answered());
  commit_all();
  BOOST_TEST(third.is<domain::bulk_view>());
  BOOST_TEST(created() == 2 * tasks_each);
}

BOOST_AUTO_TEST_CASE(creates_nothing_when_its_client_hung_up_while_it_waited) {
  bulk();
  auto second = bulk();
  auto third = bulk();
  second.hang_up();
  commit_all();
  BOOST_TEST(third.is<domain::bulk_view>());
  BOOST_TEST(created() == 2 * tasks_each);
}

BOOST_AUTO_TEST_CASE(beyond_all_the_room_goes_alone) {
  auto first = bulk(3 * tasks_each);
  BOOST_TEST(replicas.in_flight() == 1u);
  auto second = bulk();
  BOOST_TEST(replicas.in_flight() == 1u);
  commit_all();
  BOOST_TEST(first.is<domain::bulk_view>());
  BOOST_TEST(second.is<domain::bulk_view>());
}

BOOST_AUTO_TEST_CASE(gives_its_room_back_when_its_commit_is_lost) {
  auto first = bulk();
  auto second = bulk();
  lose(project_1, errc::outcome_unknown);
  BOOST_TEST(first.is(errc::outcome_unknown));
  replicas.let_go();
  advance_ms(1100);
  // It may have met the project's actor at its end, as any other request may.
  BOOST_TEST(second.answered());
  BOOST_TEST(waiting() == 0u);
  BOOST_TEST(bulk().is<domain::bulk_view>());
}

BOOST_AUTO_TEST_CASE(takes_no_room_here_while_no_node_serves_its_project) {
  replicas.let_go();
  replicas.place(project_1, {cluster::shard_location::place::nowhere, {}});
  run();
  auto first = bulk();
  auto second = bulk();
  BOOST_TEST(waiting() == 0u);
  BOOST_TEST(!first.answered());
  replicas.place(project_1, {});
  advance_ms(1000);
  BOOST_TEST(first.is<domain::bulk_view>());
  BOOST_TEST(second.is<domain::bulk_view>());
}

BOOST_AUTO_TEST_CASE(that_waits_is_answered_when_the_node_stops) {
  bulk();
  auto second = bulk();
  stop();
  BOOST_TEST(second.is(errc::unavailable));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
