// The command line of tdbench.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/tdbench/settings.hpp"

namespace taskdriver::bench {

enum class bench_mode {
  cycle,
  enqueue,
  bulk,
  backlog,
  latency,
  parked,
  ceiling,
  retries,
  neighbour,
  deletion,
  tour
};

struct options {
  bench_mode mode = bench_mode::cycle;
  std::string mode_name;
  std::vector<std::string> urls{"http://127.0.0.1:3000"};
  std::string admin_token_file;
  /// Without `servers`, which need the network to be resolved.
  settings bench;
  int workers = 64;
  double seconds = 10;
  double warmup_s = 2;
  double rate = 200;               // latency, parked
  std::uint64_t tasks = 1000000;   // backlog, retries, deletion
  bool compare_empty = false;      // backlog
  std::uint64_t complete = 0;      // backlog: so many in the drain; 0 = what --seconds allow
  bool reads = false;              // backlog
  std::uint64_t attempts = 0;      // retries; 0 = what --seconds allow
  std::uint64_t tasks_each = 100;  // tour
  int noise_workers = 64;          // neighbour
  int polls = 2000;                // parked
  int wait_seconds = 60;           // parked
  double quiet_s = 10;             // parked
  bool keep = false;
  bool json = false;
};

/// Exit codes of the program.
inline constexpr int exit_ok = 0;
inline constexpr int exit_errors_seen = 1;
inline constexpr int exit_bad_usage = 2;

/// Fills `out` from flags and environment. Returns an exit code if the program should end at once
/// (help was asked for, bad usage); what is to be said has then been printed.
std::optional<int> parse_options(int argc, char** argv, options& out);

}  // namespace taskdriver::bench
