// The command line: defaults, exit codes, the phases that modes turn into.
#include "tools/tdbench/options.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "tools/tdbench/modes.hpp"

using namespace taskdriver::bench;

namespace {

/// Parses `words` behind the program's name.
std::optional<int> parse(std::vector<std::string> words, options& out) {
  words.insert(words.begin(), "tdbench");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  return parse_options(static_cast<int>(arguments.size()), arguments.data(), out);
}

struct clean_environment {
  clean_environment() { unsetenv("TASKDRIVER_ADMIN_TOKEN"); }
  ~clean_environment() { unsetenv("TASKDRIVER_ADMIN_TOKEN"); }
  options parsed;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command_line, clean_environment)

BOOST_AUTO_TEST_CASE(has_defaults_for_all_but_the_token) {
  BOOST_REQUIRE(!parse({"cycle", "--admin-token", "secret"}, parsed).has_value());
  BOOST_TEST(parsed.mode_name == "cycle");
  BOOST_TEST(parsed.bench.admin_token == "secret");
  BOOST_TEST(parsed.urls.front() == "http://127.0.0.1:3000");
  BOOST_TEST(parsed.workers == 64);
  BOOST_TEST(parsed.bench.duplicates == "allow");
}

BOOST_AUTO_TEST_CASE(gives_the_noisy_neighbour_a_project_of_its_own) {
  BOOST_REQUIRE(!parse({"neighbour", "--admin-token", "secret"}, parsed).has_value());
  BOOST_TEST(parsed.bench.projects == 2);
  const auto plans = plan_phases(parsed);
  BOOST_REQUIRE(plans.size() == 2u);
  BOOST_TEST(plans[0].noise_workers == 0);
  BOOST_TEST(plans[1].noise_workers == 64);
  BOOST_TEST(plans[1].rate == plans[0].rate);
}

BOOST_AUTO_TEST_CASE(takes_the_token_from_the_environment) {
  setenv("TASKDRIVER_ADMIN_TOKEN", "from-there", 1);
  BOOST_REQUIRE(!parse({"cycle"}, parsed).has_value());
  BOOST_TEST(parsed.bench.admin_token == "from-there");
}

BOOST_AUTO_TEST_CASE(takes_common_options_on_both_sides_of_the_mode) {
  BOOST_REQUIRE(!parse({"--url", "http://a", "http://b", "latency", "--rate", "5", "--workers", "3",
                        "--admin-token", "x"},
                       parsed)
                     .has_value());
  BOOST_TEST(parsed.urls.size() == 2u);
  BOOST_TEST(parsed.workers == 3);
  BOOST_TEST((parsed.mode == bench_mode::latency));
  BOOST_TEST(plan_phases(parsed).front().rate == 5.0);
}

BOOST_AUTO_TEST_CASE(ends_with_2_on_bad_usage_and_0_on_help) {
  BOOST_TEST(*parse({}, parsed) == exit_bad_usage);
  BOOST_TEST(*parse({"cycle"}, parsed) == exit_bad_usage);
  BOOST_TEST(*parse({"dance", "--admin-token", "x"}, parsed) == exit_bad_usage);
  BOOST_TEST(*parse({"cycle", "--admin-token", "x", "--payload", "3"}, parsed) == exit_bad_usage);
  BOOST_TEST(*parse({"cycle", "--batch", "3"}, parsed) == exit_bad_usage);
  BOOST_TEST(*parse({"--help"}, parsed) == exit_ok);
}

BOOST_AUTO_TEST_CASE(of_a_backlog_gives_an_empty_phase_only_to_compare) {
  BOOST_REQUIRE(!parse({"backlog", "--admin-token", "x"}, parsed).has_value());
  BOOST_TEST(plan_phases(parsed).size() == 3u);
  BOOST_REQUIRE(!parse({"backlog", "--compare-empty", "--admin-token", "x"}, parsed).has_value());
  BOOST_TEST(plan_phases(parsed).front().name == "empty");
  BOOST_TEST(plan_phases(parsed).size() == 4u);
  BOOST_TEST(parsed.bench.projects == 2);
  BOOST_REQUIRE(
      !parse({"backlog", "--compare-empty", "--complete", "5", "--admin-token", "x"}, parsed)
           .has_value());
  BOOST_TEST(plan_phases(parsed).back().name == "empty again");
  for (const phase_plan& plan : plan_phases(parsed))
    BOOST_TEST(
        (plan.place == (plan.name.starts_with("empty") ? work_place::last : work_place::but_last)));
}

BOOST_AUTO_TEST_SUITE_END()
