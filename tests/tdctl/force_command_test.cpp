// tdctl force-primary: nothing happens before a person, or --yes, agreed to the loss.
#include <boost/test/unit_test.hpp>

#include "tests/tdctl/canned_server.hpp"
#include "tests/tdctl/samples.hpp"

using namespace taskdriver::testing;

namespace {

constexpr const char* forced = "POST /api/cluster/shards/1/force";

struct lost_shard : canned_server {
  lost_shard() {
    on_data("GET /api/cluster/shards", shards);
    on_data(forced, R"({"message":"Node n3 is the primary now"})");
  }
  bool was_forced() const { return asked().back().starts_with(forced); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(force_primary, lost_shard)

BOOST_AUTO_TEST_CASE(shows_what_each_replica_has_and_what_may_be_lost) {
  const auto done = run_at(*this, {"force-primary", "1", "n3"}, "no\n");
  BOOST_TEST(done.code == 1);
  BOOST_TEST(!was_forced());
  BOOST_TEST(contains(done.out, "nothing heard"));
  BOOST_TEST(contains(done.out, "entries up to 55"));
  BOOST_TEST(contains(done.out, "What only n1, n2 had is gone for good"));
  BOOST_TEST(contains(done.out, "Better: n4"));
  BOOST_TEST(contains(done.err, "nothing was changed"));
}

BOOST_AUTO_TEST_CASE(goes_on_when_the_number_of_the_shard_is_typed) {
  BOOST_TEST(run_at(*this, {"force-primary", "1", "n3"}, "1\n").code == 0);
  BOOST_TEST(asked().back() == std::string(forced) + R"( {"node":"n3"})");
}

BOOST_AUTO_TEST_CASE(does_not_ask_with_yes) {
  const auto done = run_at(*this, {"force-primary", "1", "n4", "--yes", "--anyway"});
  BOOST_TEST(done.code == 0);
  BOOST_TEST(asked().back() == std::string(forced) + R"( {"anyway":true,"node":"n4"})");
  BOOST_TEST(contains(done.out, "DATA MAY BE LOST."));
}

BOOST_AUTO_TEST_CASE(refuses_a_node_that_tells_of_no_copy) {
  BOOST_TEST(run_at(*this, {"force-primary", "1", "n1", "--yes"}).code == 1);
  BOOST_TEST(run_at(*this, {"force-primary", "1", "n9", "--yes"}).code == 1);
  BOOST_TEST(run_at(*this, {"force-primary", "77", "n3", "--yes"}).code == 1);
  BOOST_TEST(!was_forced());
}

BOOST_AUTO_TEST_SUITE_END()
