// Simulated histories by the thousand: none breaks a promise, and every planted mistake is found.
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "tests/simulation/mutants.hpp"
#include "tests/simulation/seed_runner.hpp"

namespace taskdriver::simulation {
namespace {

/// The seeds are fixed, so that a failure stays one; TASKDRIVER_TEST_SEED runs that one alone.
seed_range seeds(level l, std::uint32_t nodes, std::uint64_t count) {
  seed_range range{.options = {.nodes = nodes, .level = l}, .count = count};
  if (const char* given = std::getenv("TASKDRIVER_TEST_SEED")) {
    range.first = std::strtoull(given, nullptr, 10);
    range.count = 1;
  }
  return range;
}

/// What went wrong first, "" if nothing did.
std::string first_broken(const seed_range& range) {
  const auto report = run_seeds(range);
  BOOST_TEST_MESSAGE(report.histories << " histories, " << report.counts.acknowledged << " writes, "
                                      << report.counts.crashes << " crashes");
  if (report.broken.empty()) return "";
  const auto& b = report.broken.front();
  return b.text + ", TASKDRIVER_TEST_SEED=" + std::to_string(b.seed);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_simulated_log)

BOOST_AUTO_TEST_CASE(keeps_every_promise_on_three_nodes) {
  BOOST_TEST(first_broken(seeds(level::log, 3, 9000)) == "");
}

BOOST_AUTO_TEST_CASE(keeps_every_promise_on_five_nodes) {
  BOOST_TEST(first_broken(seeds(level::log, 5, 1500)) == "");
}

BOOST_AUTO_TEST_CASE(keeps_every_promise_on_two_nodes) {
  BOOST_TEST(first_broken(seeds(level::log, 2, 500)) == "");
}

BOOST_AUTO_TEST_CASE(keeps_every_promise_on_one_node) {
  BOOST_TEST(first_broken(seeds(level::log, 1, 300)) == "");
}

BOOST_AUTO_TEST_CASE(is_the_same_again_from_the_same_seed) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const history_options options{.seed = seed, .nodes = seed % 2 == 0 ? 3U : 5U};
    BOOST_TEST(world(options).run().hash == world(options).run().hash);
  }
}

BOOST_AUTO_TEST_CASE(sees_enough_of_everything) {
  const auto c = run_seeds(seeds(level::log, 3, 300)).counts;
  for (const auto count : {c.acknowledged, c.reads, c.crashes, c.lost_disks, c.configurations,
                           c.takeovers, c.handovers, c.installs, c.lists})
    BOOST_TEST(count > 50u);
  for (const auto late : {c.late_services, c.late_checkpoints, c.late_crashes})
    BOOST_TEST(late > 30u);
  BOOST_TEST(c.forces > 5u);
  BOOST_TEST(c.superseded > 20u);
  BOOST_TEST(c.drops > 5u);
  BOOST_TEST(c.late_installs > 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_kind_world_with_one_fault)

/// No write for more than 3 s, or what the scenario allows, is a broken history; the message has
/// the longest gap.
std::string worst(scenario s) {
  const auto report = run_seeds({.options = {.scenario = s}, .count = 100, .failures_max = 1});
  BOOST_TEST_MESSAGE("longest gap " << report.counts.gap_ms << " ms");
  return report.broken.empty() ? "" : report.broken.front().text;
}

BOOST_AUTO_TEST_CASE(goes_on_when_the_primary_crashes) {
  BOOST_TEST(worst(scenario::primary_crashes) == "");
}

BOOST_AUTO_TEST_CASE(goes_on_when_a_backup_crashes) {
  BOOST_TEST(worst(scenario::backup_crashes) == "");
}

BOOST_AUTO_TEST_CASE(goes_on_when_the_disk_of_the_primary_hangs) {
  BOOST_TEST(worst(scenario::primary_disk_hangs) == "");
}

BOOST_AUTO_TEST_CASE(goes_on_when_the_disk_of_a_backup_hangs) {
  BOOST_TEST(worst(scenario::backup_disk_hangs) == "");
}

BOOST_AUTO_TEST_CASE(goes_on_when_the_primary_reaches_only_the_register) {
  BOOST_TEST(worst(scenario::primary_cut_from_peers) == "");
}

BOOST_AUTO_TEST_CASE(takes_a_backup_in_again_that_lost_its_disk) {
  BOOST_TEST(worst(scenario::backup_loses_its_disk) == "");
}

BOOST_AUTO_TEST_CASE(is_taken_once_from_a_primary_that_only_a_learner_can_replace) {
  BOOST_TEST(worst(scenario::primary_cut_while_learner_catches_up) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_simulated_queue)

BOOST_AUTO_TEST_CASE(keeps_every_promise_on_three_nodes) {
  BOOST_TEST(first_broken(seeds(level::queue, 3, 800)) == "");
}

BOOST_AUTO_TEST_CASE(keeps_every_promise_on_five_nodes) {
  BOOST_TEST(first_broken(seeds(level::queue, 5, 150)) == "");
}

BOOST_AUTO_TEST_CASE(keeps_every_promise_on_one_node) {
  BOOST_TEST(first_broken(seeds(level::queue, 1, 150)) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_planted_mistake)

BOOST_AUTO_TEST_CASE(is_found_or_known_not_to_be) {
  for (const auto& m : known_mutants()) {
    if (m.seeds_max == 0) {
      BOOST_TEST(!m.why_not.empty(), m.name);
      continue;
    }
    const auto report =
        run_seeds({.options = m.options(), .count = m.seeds_max, .mutant = m, .quiet = true});
    BOOST_TEST(!report.broken.empty(), m.name << " survives " << m.seeds_max << " histories");
    if (!report.broken.empty())
      BOOST_TEST_MESSAGE(m.name << ": seed " << report.broken.front().seed << ", "
                                << report.broken.front().text);
  }
}

BOOST_AUTO_TEST_CASE(of_a_state_that_lags_is_none_where_it_does_not) {
  for (const auto& m : known_mutants()) {
    if (!m.needs_lag) continue;
    seed_range range{.options = m.options(), .count = 300, .mutant = m, .quiet = true};
    range.options.state_lags = false;
    BOOST_TEST(run_seeds(range).broken.empty(), m.name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::simulation
