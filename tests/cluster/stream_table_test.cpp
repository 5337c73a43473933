// Which streams hear what when proposals are dropped.
#include "cluster/stream_table.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

namespace taskdriver::cluster {
namespace {

struct deaf_observer final : stream_observer {
  void committed(std::uint64_t) override {}
  void applied(std::uint64_t) override {}
  void lost(const error_info&) override {}
};

struct two_streams {
  stream_ptr open(std::uint32_t number) {
    return table.open(project_number{number}, std::make_shared<deaf_observer>());
  }
  void propose(const stream_ptr& from, std::uint64_t ticket) {
    BOOST_TEST_REQUIRE(table.propose(from, ticket, std::make_shared<std::string>("changes")).ok());
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
  BOOST_TEST(table.commit(1).committed.size() == 1u);
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

BOOST_AUTO_TEST_CASE(counts_the_bytes_that_wait_to_be_accepted) {
  propose(one, 1);
  propose(two, 1);
  BOOST_TEST(table.waiting_bytes() == 2 * sizeof "changes" - 2);
  table.accept(1);
  BOOST_TEST(table.waiting_bytes() == sizeof "changes" - 1);
  (void)table.refuse();
  BOOST_TEST(table.waiting_bytes() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster
