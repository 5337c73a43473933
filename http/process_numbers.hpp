// What the kernel says about this process and its machine, for /metrics.
#pragma once

#include <cstdint>

namespace taskdriver::http {

/// A number that the kernel did not give is 0.
struct process_numbers {
  double cpu_s = 0;  // user and system, since start
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t fds_max = 0;
  std::uint64_t machine_memory_bytes = 0;
  std::uint64_t machine_cpus = 1;
};

/// Reads /proc; some tens of microseconds. Thread: any.
process_numbers read_process_numbers();

}  // namespace taskdriver::http
