// Many histories in processes of their own, so that a broken check of one does not end the rest.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/mutants.hpp"
#include "tests/simulation/world.hpp"

namespace taskdriver::simulation {

struct seed_range {
  history_options options;  // but for the seed
  std::uint64_t first = 1;
  std::uint64_t count = 1;
  std::optional<known_mutant> mutant = {};
  std::uint32_t jobs = 1;
  std::uint64_t failures_max = 1;  // stops soon after that many
  std::int64_t seconds_max = 0;    // 0 = no limit; the rest of the seeds is left out
  bool quiet = false;              // the processes' own last words are not shown
};

struct broken_history {
  std::uint64_t seed = 0;
  std::int64_t at_ms = 0;
  std::string text;
};

struct seed_report {
  std::uint64_t histories = 0;
  history_counts counts;
  std::vector<broken_history> broken;  // by seed
};

/// A process takes the next seed that nobody has taken, again and again. One that dies over a seed
/// (a failed check, an endless loop) counts as a broken history; another takes its place.
/// `progress` hears of every history that came to its end.
seed_report run_seeds(const seed_range& range,
                      const std::function<void(const seed_report&)>& progress = {});

}  // namespace taskdriver::simulation
