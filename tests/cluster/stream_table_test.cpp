// Which streams hear what when proposals are dropped.
#include "cluster/stream_table.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

namespace taskdriver::cluster {
namespace {

struct counting_observer final : stream_observer {
  int starts = 0;
  void committed(std::uint64_t) override {}
  void applied(std::uint64_t ticket) override { starts += ticket == 0; }
  void lost(const error_info&) override {}
};

struct two_streams {
  stream_ptr open(std::uint32_t number) {
    return table.open(project_number{number}, std::make_shared<counting_observer>());
  }
  void propose(const stream_ptr& from, std::uint64_t ticket) {
    BOOST_TEST_REQUIRE(table.propose(from, ticket, std::make_shared<std::string>("changes")).ok());
  }

  static int starts(const stream_ptr& stream) {
    return static_cast<const counting_observer&>(*stream->observer).starts;
  }

  stream_table table;
  stream_ptr one = open(1);
  stream_ptr two = open(2);
};

using streams = std::vector<stream_ptr>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_table_of_streams, two_streams)

BOOST_AUTO_TEST_CASE(knows_that_what_was_refused_with_nothing_accepted_before_it_was_not_done) {
  propose(one, 1);
  table.accept(1);
  propose(two, 1);
  const auto broken = table.refuse();
  BOOST_TEST((broken.undone == streams{two}));
  BOOST_TEST(broken.uncertain.empty());
}

/// Its owner answers all that waits with one reason, and the first of it will be committed.
BOOST_AUTO_TEST_CASE(calls_no_stream_undone_that_has_something_accepted) {
  propose(one, 1);
  table.accept(1);
  propose(one, 2);
  const auto broken = table.refuse();
  BOOST_TEST((broken.uncertain == streams{one}));
  BOOST_TEST(broken.undone.empty());
  BOOST_TEST(table.commit(1).size() == 1u);
}

BOOST_AUTO_TEST_CASE(tells_apart_what_was_accepted_when_everything_ends) {
  propose(one, 1);
  table.accept(1);
  propose(two, 1);
  propose(one, 2);
  table.end(1);
  const auto broken = table.drop();
  BOOST_TEST((broken.uncertain == streams{one}));
  BOOST_TEST((broken.undone == streams{two}));
}

BOOST_AUTO_TEST_CASE(starts_a_stream_when_all_before_it_is_applied_not_when_it_is_committed) {
  propose(one, 1);
  table.accept(1);
  const auto newer = open(1);
  BOOST_TEST(table.commit(1).size() == 1u);
  BOOST_TEST(table.awaited(1));
  BOOST_TEST(starts(newer) == 0);
  tell_applied(table.settle(1));
  BOOST_TEST(starts(newer) == 1);
}

BOOST_AUTO_TEST_CASE(also_behind_what_is_committed_already) {
  propose(one, 1);
  table.accept(1);
  (void)table.commit(1);
  BOOST_TEST(!table.awaited(1));
  const auto newer = open(1);
  BOOST_TEST(table.awaited(1));
  BOOST_TEST(starts(newer) == 0);
  tell_applied(table.settle(1));
  BOOST_TEST(starts(newer) == 1);
}

/// The writer thread drops what the disk refused while the applier still has what was committed.
BOOST_AUTO_TEST_CASE(drops_nothing_that_is_committed) {
  propose(one, 1);
  propose(two, 1);
  table.accept(2);
  (void)table.commit(1);
  const auto newer = open(2);
  const auto broken = table.drop_all([] {});
  BOOST_TEST((broken.uncertain == streams{two}));
  BOOST_TEST(broken.starting.empty());
  BOOST_TEST(starts(newer) == 0);
  tell_applied(table.settle(1));
  BOOST_TEST(starts(newer) == 1);
}

BOOST_AUTO_TEST_CASE(calls_a_stream_undone_whose_accepted_proposals_are_all_committed) {
  propose(one, 1);
  table.accept(1);
  (void)table.commit(1);
  propose(one, 2);
  const auto broken = table.refuse();
  BOOST_TEST((broken.undone == streams{one}));
  BOOST_TEST(broken.uncertain.empty());
}

BOOST_AUTO_TEST_CASE(counts_the_bytes_that_wait_to_be_accepted) {
  propose(one, 1);
  propose(two, 1);
  BOOST_TEST(table.waiting().bytes == 2 * sizeof "changes" - 2);
  table.accept(1);
  BOOST_TEST(table.waiting().bytes == sizeof "changes" - 1);
  (void)table.refuse();
  BOOST_TEST(table.waiting().bytes == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster
