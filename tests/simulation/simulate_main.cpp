// tools/dev sim: simulated histories by seed, with progress, and the failing seed at the end.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>

#include "tests/simulation/mutants.hpp"
#include "tests/simulation/seed_runner.hpp"

namespace taskdriver::simulation {
namespace {

struct command_line {
  seed_range range{.count = 1000, .jobs = 2};
  std::string level = "log";
  std::string mutant;
  bool list_mutants = false;
};

const char* name_of(level l) {
  return l == level::log ? "log" : "queue";
}

int trace_one(const seed_range& range) {
  if (range.mutant) plant(*range.mutant);
  auto options = range.options;
  options.seed = range.first;
  const auto outcome = world(options).run();
  std::printf("seed %llu, trace hash %016llx: %s\n", static_cast<unsigned long long>(options.seed),
              static_cast<unsigned long long>(outcome.hash),
              outcome.broken.empty() ? "every promise was kept" : outcome.broken.c_str());
  return outcome.broken.empty() ? 0 : 1;
}

void print_counts(const history_counts& c) {
  const auto n = [](std::uint64_t count) { return static_cast<unsigned long long>(count); };
  std::printf(
      "%llu writes acknowledged, %llu reads, %llu leases granted, %llu crashes, %llu lost disks,\n"
      "%llu configurations (%llu take-overs, %llu hand-overs, %llu forced), %llu checkpoints "
      "installed,\n%llu answers of a primary that had not heard of a force, %llu dropped shards; "
      "the state was behind at %llu begins of a service, %llu "
      "checkpoints sent,\n%llu installed, %llu crashes; %llu lists,\n"
      "served again at the latest %lld ms after the faults ended\n",
      n(c.acknowledged), n(c.reads), n(c.grants), n(c.crashes), n(c.lost_disks),
      n(c.configurations), n(c.takeovers), n(c.handovers), n(c.forces), n(c.installs),
      n(c.superseded), n(c.drops), n(c.late_services), n(c.late_checkpoints), n(c.late_installs),
      n(c.late_crashes), n(c.lists), static_cast<long long>(c.quiet_ms));
}

int run_many(const seed_range& range, const std::string& mutant) {
  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  auto shown = begin;
  const auto seconds = [&] { return std::chrono::duration<double>(clock::now() - begin).count(); };
  const auto report = run_seeds(range, [&](const seed_report& so_far) {
    if (clock::now() - shown < std::chrono::seconds(2)) return;
    shown = clock::now();
    std::fprintf(stderr, "%llu histories, %.0f/s\n",
                 static_cast<unsigned long long>(so_far.histories),
                 static_cast<double>(so_far.histories) / seconds());
  });
  for (const auto& b : report.broken)
    std::printf(
        "seed %llu at %lld ms: %s\n  replay: tools/dev sim --first %llu --nodes %u --level %s%s%s "
        "--trace\n",
        static_cast<unsigned long long>(b.seed), static_cast<long long>(b.at_ms), b.text.c_str(),
        static_cast<unsigned long long>(b.seed), range.options.nodes, name_of(range.options.level),
        mutant.empty() ? "" : " --mutant ", mutant.c_str());
  print_counts(report.counts);
  std::printf("%llu histories in %.1f s (%.0f/s), %zu broken\n",
              static_cast<unsigned long long>(report.histories), seconds(),
              static_cast<double>(report.histories) / seconds(), report.broken.size());
  return report.broken.empty() ? 0 : 1;
}

int list_mutants() {
  for (const auto& m : known_mutants())
    std::printf("%-32s %s\n", std::string(m.name).c_str(),
                m.seeds_max > 0 ? "" : std::string(m.why_not).c_str());
  return 0;
}

int run(command_line& asked) {
  if (asked.list_mutants) return list_mutants();
  asked.range.options.level = asked.level == "queue" ? level::queue : level::log;
  if (!asked.mutant.empty()) {
    const auto known = mutant_named(asked.mutant);
    if (!known) {
      std::cerr << "unknown mutant; --list-mutants lists them\n";
      return 2;
    }
    asked.range.mutant = known;
    auto& options = asked.range.options;
    if (known->of_queue != queue_mutant::none) options.level = level::queue;
    if (options.nodes == history_options{}.nodes) options.nodes = known->nodes;
    if (options.only_faults == 0) options.only_faults = known->only_faults;
    options.scenario = known->scenario;
    asked.range.quiet = true;
  }
  if (asked.range.options.trace) return trace_one(asked.range);
  return run_many(asked.range, asked.mutant);
}

}  // namespace
}  // namespace taskdriver::simulation

int main(int argc, char** argv) {
  using namespace taskdriver::simulation;
  command_line asked;
  CLI::App app("Simulated histories of a cluster: the same seed is the same history.");
  app.add_option("--seeds", asked.range.count, "how many seeds (1000)");
  app.add_option("--first", asked.range.first, "the first seed (1)");
  app.add_option("--nodes", asked.range.options.nodes, "nodes of the cluster (3)")
      ->check(CLI::Range(1, 5));
  app.add_option("--level", asked.level, "log: numbers; queue: the real queue (log)")
      ->check(CLI::IsMember({"log", "queue"}));
  app.add_option("--mutant", asked.mutant, "take a rule out, to see that it is noticed");
  app.add_flag("--list-mutants", asked.list_mutants, "their names");
  app.add_option("--jobs", asked.range.jobs, "processes (2)")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->check(CLI::Range(1, 64));
  app.add_option("--faults", asked.range.options.only_faults,
                 "only these kinds: bits of fault_kind in profile.hpp (as the seed says)");
  app.add_flag("--state-at-once{false}", asked.range.options.state_lags,
               "what is committed is in the state at once");
  app.add_option("--failures", asked.range.failures_max, "stop after that many (1)");
  app.add_option("--seconds", asked.range.seconds_max, "stop after that time (no limit)");
  app.add_flag("--trace", asked.range.options.trace, "one history, seed --first, line by line");
  CLI11_PARSE(app, argc, argv);
  return run(asked);
}
