// What the server's processes use, read from /proc, and its fsync counter, read from /metrics.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace taskdriver::bench {

struct process_usage {
  double cpu_s = 0;  // user and system
  std::uint64_t rss_kb = 0;
  std::uint64_t context_switches = 0;  // voluntary and not, of all threads
};

/// The sum over `pids`; nullopt if there are none or one of them cannot be read.
std::optional<process_usage> read_usage(const std::vector<pid_t>& pids);

/// Resident memory alone (cheaper); 0 if it cannot be read.
std::uint64_t read_rss_kb(const std::vector<pid_t>& pids);

/// User and system time of this process, in seconds.
double own_cpu_s();

/// The sum of all samples in a Prometheus text whose name starts with taskdriver_, has "fsync" in
/// it and ends in _total; without such, in _count (of a histogram). nullopt if there are neither.
std::optional<double> find_fsync_count(std::string_view metrics);

}  // namespace taskdriver::bench
