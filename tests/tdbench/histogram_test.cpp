// The histogram against exact figures.
#include "tools/tdbench/histogram.hpp"

#include <boost/test/unit_test.hpp>

using taskdriver::bench::histogram;

BOOST_AUTO_TEST_SUITE(histogram_of_durations)

BOOST_AUTO_TEST_CASE(is_all_zero_when_empty) {
  const histogram empty;
  BOOST_TEST(empty.count() == 0u);
  BOOST_TEST(empty.percentile(0.99) == 0);
  BOOST_TEST(empty.max() == 0);
  BOOST_TEST(empty.mean() == 0.0);
}

BOOST_AUTO_TEST_CASE(keeps_small_values_exactly) {
  histogram h;
  for (int value = 1; value <= 100; ++value) h.add(value);
  BOOST_TEST(h.percentile(0.5) == 50);
  BOOST_TEST(h.percentile(0.99) == 99);
  BOOST_TEST(h.percentile(1.0) == 100);
  BOOST_TEST(h.percentile(0.0) == 1);
  BOOST_TEST(h.mean() == 50.5);
}

BOOST_AUTO_TEST_CASE(rounds_large_values_up_by_less_than_a_hundredth) {
  for (std::int64_t value = 1; value < (std::int64_t{1} << 40); value = value * 3 / 2 + 1) {
    histogram h;
    h.add(value);
    h.add(std::int64_t{1} << 40);  // so that the maximum does not cap the percentile
    BOOST_TEST(h.percentile(0.5) >= value);
    BOOST_TEST(h.percentile(0.5) <= value + value / 100);
  }
}

BOOST_AUTO_TEST_CASE(is_monotonic_across_all_bucket_borders) {
  histogram h;
  for (int bit = 0; bit < 41; ++bit) {
    for (int around = -1; around <= 1; ++around) h.add((std::int64_t{1} << bit) + around);
  }
  for (double fraction = 0.01; fraction < 1; fraction += 0.01) {
    BOOST_TEST(h.percentile(fraction) <= h.percentile(fraction + 0.01));
  }
}

BOOST_AUTO_TEST_CASE(takes_values_beyond_its_range_as_its_ends) {
  histogram h;
  h.add(-5);
  h.add(INT64_MAX);
  BOOST_TEST(h.percentile(0.5) == 0);
  BOOST_TEST(h.max() == (std::int64_t{1} << 41) - 1);
  BOOST_TEST(h.percentile(1.0) == h.max());
}

BOOST_AUTO_TEST_CASE(merges_to_what_one_would_have_counted) {
  histogram whole;
  histogram odd;
  histogram even;
  for (int value = 0; value < 100000; value += 7) {
    whole.add(value);
    (value % 2 == 0 ? even : odd).add(value);
  }
  odd.merge(even);
  BOOST_TEST(odd.count() == whole.count());
  BOOST_TEST(odd.percentile(0.9) == whole.percentile(0.9));
  BOOST_TEST(odd.mean() == whole.mean());
  BOOST_TEST(odd.max() == whole.max());
}

BOOST_AUTO_TEST_SUITE_END()
