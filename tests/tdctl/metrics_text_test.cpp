// Reading the Prometheus text back, and quantiles of what came between two readings.
#include "tools/tdctl/metrics_text.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

using namespace taskdriver::tdctl;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr const char* sample = R"(# HELP a_total Something
# TYPE a_total counter
a_total 3
b{project="x\"}y",other="1"} 2.5
b{project="z"} 4 1700000000
h_bucket{route="r1",le="0.1"} 1
h_bucket{route="r2",le="0.1"} 2
h_bucket{route="r1",le="+Inf"} 5
garbage
broken{a="b
)";
}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(samples_are_found_by_name_with_their_labels) {
  const metrics_text read(sample);
  BOOST_TEST(read.total("a_total") == 3);
  BOOST_TEST(read.total("b") == 6.5);
  BOOST_TEST(read.all("b").front().labels.at("project") == "x\"}y");
  BOOST_TEST(!read.has("garbage"));
  BOOST_TEST(!read.has("broken"));
  BOOST_TEST(read.total("none") == 0);
}

BOOST_AUTO_TEST_CASE(buckets_are_summed_over_the_other_labels) {
  const auto buckets = metrics_text(sample).buckets("h");
  BOOST_TEST(buckets.at(0.1) == 3);
  BOOST_TEST(buckets.at(infinity) == 5);
}

BOOST_AUTO_TEST_CASE(a_quantile_is_of_what_came_in_between) {
  const std::map<double, double> before = {{0.1, 1000}, {0.2, 1000}, {infinity, 1000}};
  const std::map<double, double> after = {{0.1, 1000}, {0.2, 1100}, {infinity, 1100}};
  BOOST_TEST(quantile(before, after, 0.5) == 0.15, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(quantile(after, after, 0.99) == 0);
  BOOST_TEST(quantile({}, {}, 0.99) == 0);
}

BOOST_AUTO_TEST_CASE(a_quantile_beyond_the_last_bound_is_that_bound) {
  BOOST_TEST(quantile({}, {{0.1, 0}, {0.2, 1}, {infinity, 100}}, 0.99) == 0.2);
}

BOOST_AUTO_TEST_SUITE_END()
