// Random lives of a project against the model: P2, P3, P4, P5, P6 and P9 whatever comes together.
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "tests/domain/random_history.hpp"

namespace taskdriver::domain {
namespace {

constexpr int steps_per_life = 300;

/// The seeds are fixed, so that a failure stays one; TASKDRIVER_TEST_SEED runs that one alone.
std::vector<unsigned> seeds(unsigned count) {
  if (const char* given = std::getenv("TASKDRIVER_TEST_SEED"))
    return {static_cast<unsigned>(std::strtoul(given, nullptr, 10))};
  std::vector<unsigned> all;
  for (unsigned seed = 1; seed <= count; ++seed) all.push_back(seed);
  return all;
}

/// What went wrong in a life, "" if nothing did.
std::string live(const history_options& options) {
  random_history history(options);
  std::string wrong;
  for (int step = 0; step < steps_per_life && wrong.empty(); ++step)
    if (wrong = history.step(); !wrong.empty()) wrong += ", at step " + std::to_string(step);
  if (wrong.empty()) wrong = history.settle();
  return wrong.empty() ? "" : wrong + ", TASKDRIVER_TEST_SEED=" + std::to_string(options.seed);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_project_that_lives_at_random)

BOOST_AUTO_TEST_CASE(keeps_its_promises) {
  for (const auto seed : seeds(300)) BOOST_TEST(live({.seed = seed}) == "");
}

BOOST_AUTO_TEST_CASE(keeps_its_promises_with_small_bounds) {
  for (const auto seed : seeds(600))
    BOOST_TEST(
        live({.seed = seed,
              .bounds = {.queue_places_max = 2 + seed % 5, .catch_up_tasks = 1 + seed % 3}}) == "");
}

BOOST_AUTO_TEST_CASE(sees_enough_of_everything) {
  random_history history({.seed = 1, .bounds = {.queue_places_max = 4, .catch_up_tasks = 2}});
  for (int step = 0; step < 5000; ++step) BOOST_REQUIRE(history.step() == "");
  const auto& seen = history.counts();
  for (const auto count : {seen.created, seen.claims, seen.resumes, seen.completions, seen.failures,
                           seen.retries, seen.expirations, history.crashes()})
    BOOST_TEST(count > 50u);
  BOOST_TEST(history.catch_ups() > 20u);
  BOOST_TEST_MESSAGE("claims " << seen.claims << ", completions " << seen.completions);
}

BOOST_AUTO_TEST_CASE(lives_the_same_life_again_from_the_same_seed) {
  for (const auto seed : seeds(10)) {
    random_history first({.seed = seed, .bounds = {.queue_places_max = 4, .catch_up_tasks = 2}});
    random_history second({.seed = seed, .bounds = {.queue_places_max = 4, .catch_up_tasks = 2}});
    for (int step = 0; step < steps_per_life; ++step) {
      BOOST_REQUIRE(first.step() == second.step());
      if (!(first.store() == second.store()))
        BOOST_FAIL("TASKDRIVER_TEST_SEED=" << seed << " differs after step " << step);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
