// From where on the end of a log has so many bytes, whatever was cut off or forgotten.
#include "cluster/replica/log_sizes.hpp"

#include <boost/test/unit_test.hpp>

namespace taskdriver::cluster {
namespace {

constexpr std::uint64_t of_key = log_sizes::bytes_of_key;

/// An entry and its key have 100 bytes, and a mark of their own.
struct entries_of_hundred_bytes {
  log_sizes sizes{6400, 1, 0, 0};
  void append(int count) {
    for (int i = 0; i < count; ++i) sizes.append(100 - of_key);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sizes_of_a_log, entries_of_hundred_bytes)

BOOST_AUTO_TEST_CASE(says_nothing_of_a_log_that_fits) {
  BOOST_TEST(sizes.first_within(0) == 0u);
  append(5);
  BOOST_TEST(sizes.first_within(500) == 0u);
  BOOST_TEST(sizes.first_within(499) == 2u);
}

BOOST_AUTO_TEST_CASE(remembers_as_far_as_it_has_to_answer) {
  append(1000);
  BOOST_TEST(sizes.first_within(6400) == 937u);
  BOOST_TEST(sizes.first_within(1000) == 991u);
  BOOST_TEST(sizes.first_within(100) == 1000u);
  BOOST_TEST(sizes.first_within(99) == 1001u);
}

BOOST_AUTO_TEST_CASE(goes_on_behind_a_truncation) {
  append(1000);
  sizes.truncate_from(991);
  BOOST_TEST(sizes.first_within(1000) == 981u);
  append(5);
  BOOST_TEST(sizes.first_within(1000) == 986u);
  sizes.truncate_from(1);
  append(3);
  BOOST_TEST(sizes.first_within(200) == 2u);
}

BOOST_AUTO_TEST_CASE(begins_anew_after_a_checkpoint) {
  append(1000);
  sizes.reset(5000);
  append(2);
  BOOST_TEST(sizes.first_within(200) == 0u);
  BOOST_TEST(sizes.first_within(100) == 5002u);
}

BOOST_AUTO_TEST_CASE(an_entry_larger_than_all_of_it_is_one_too_many) {
  append(3);
  sizes.append(10'000);
  BOOST_TEST(sizes.first_within(6400) == 5u);
  append(1);
  BOOST_TEST(sizes.first_within(6400) == 5u);
}

/// Small entries share a mark: what is said is never too much, and short by a mark at most.
BOOST_AUTO_TEST_CASE(is_as_exact_as_its_marks) {
  log_sizes coarse{256 * 1000, 1, 0, 0};
  for (int i = 0; i < 10'000; ++i) coarse.append(100 - of_key);
  const auto first = coarse.first_within(50'000);
  BOOST_TEST(first > 9500u);
  BOOST_TEST(first <= 9510u);
}

/// Where each of them begins is not known.
BOOST_AUTO_TEST_CASE(keeps_or_forgets_as_a_whole_what_a_restart_found) {
  log_sizes found{6400, 11, 20, 1000 - 10 * of_key};
  BOOST_TEST(found.first_within(1000) == 0u);
  BOOST_TEST(found.first_within(999) == 21u);
  found.append(100 - of_key);
  BOOST_TEST(found.first_within(1100) == 0u);
  BOOST_TEST(found.first_within(1099) == 21u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster
