// Times as text, from year 0 to year 9999; results; random bytes; the machine's clocks.
#include "base/time.hpp"

#include <boost/test/unit_test.hpp>

#include "base/random.hpp"
#include "base/result.hpp"

namespace taskdriver {

BOOST_AUTO_TEST_SUITE(a_time)

BOOST_AUTO_TEST_CASE(is_printed_in_utc_with_milliseconds) {
  const std::pair<std::int64_t, std::string> cases[] = {
      {0, "1970-01-01T00:00:00.000Z"},
      {1, "1970-01-01T00:00:00.001Z"},
      {-1, "1969-12-31T23:59:59.999Z"},
      {-1000, "1969-12-31T23:59:59.000Z"},
      {-1001, "1969-12-31T23:59:58.999Z"},
      {951'782'400'000, "2000-02-29T00:00:00.000Z"},
      {1'704'103'200'000, "2024-01-01T10:00:00.000Z"},
      {253'402'300'799'999, "9999-12-31T23:59:59.999Z"},
      {-62'167'219'200'000, "0000-01-01T00:00:00.000Z"}};
  for (const auto& [wall_ms, text] : cases) BOOST_TEST(iso8601(wall_ms) == text);
}

BOOST_AUTO_TEST_CASE(of_the_machine_never_goes_back_on_the_steady_clock) {
  const auto first = system_time().now();
  const auto second = system_time().now();
  BOOST_TEST(first.steady_ms <= second.steady_ms);
  BOOST_TEST(first.steady_ms >= 0);
}

/// Whatever parts of a millisecond the two clocks are at, and if the process is kept from running
/// between the two readings.
BOOST_AUTO_TEST_CASE(is_never_reached_on_the_steady_clock_before_it_is_on_the_wall_clock) {
  constexpr std::int64_t ms = 1'000'000;
  constexpr std::int64_t lease_ms = 7;
  for (std::int64_t steady = 90 * ms; steady < 91 * ms; steady += 99'991)
    for (std::int64_t wall = 5000 * ms; wall < 5001 * ms; wall += 99'991)
      for (const std::int64_t between : {std::int64_t{0}, ms / 3, 2 * ms}) {
        const auto granted = instant_of(steady + between, wall);
        BOOST_TEST(granted.steady_ms == (steady + between) / ms);
        BOOST_TEST(granted.wall_ms >= wall / ms - 1);
        const auto left = (granted.steady_ms + lease_ms) * ms - steady;
        BOOST_TEST(wall + left >= (granted.wall_ms + lease_ms) * ms);
      }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_result)

BOOST_AUTO_TEST_CASE(is_a_value_or_an_error) {
  const result<int> value = 7;
  BOOST_TEST(value.ok());
  BOOST_TEST(*value == 7);
  const result<int> error = error_info{.code = errc::not_found, .text = "gone"};
  BOOST_TEST(!error);
  BOOST_TEST((error.error().code == errc::not_found));
  BOOST_TEST(error.error().text == "gone");
}

BOOST_AUTO_TEST_CASE(without_a_value_is_fine_or_an_error) {
  const result<void> fine;
  BOOST_TEST(fine.ok());
  const result<void> error = error_info{.code = errc::in_use};
  BOOST_TEST(!error.ok());
}

BOOST_AUTO_TEST_CASE(of_an_error_type_can_be_moved_out_of) {
  result<std::string> text = std::string("moved");
  const auto taken = std::move(text).value();
  BOOST_TEST(taken == "moved");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(random_bytes_come_in_any_number_and_differ) {
  for (const std::size_t count : {0u, 1u, 16u, 5000u})
    BOOST_TEST(random_bytes(count).size() == count);
  BOOST_TEST(random_bytes(32) != random_bytes(32));
}

}  // namespace taskdriver
