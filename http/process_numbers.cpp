// Reads /proc/self and sysconf.
#include "http/process_numbers.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace taskdriver::http {
namespace {

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

std::uint64_t count_open_fds() {
  std::error_code failed;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", failed), end; !failed && at != end;
       at.increment(failed))
    ++count;
  return count > 0 ? count - 1 : 0;  // without the one that reads the directory
}

/// The value of "Name:   123 ..." in /proc/self/status.
std::uint64_t status_value(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name + ':')) return std::stoull(line.substr(name.size() + 1));
  return 0;
}

}  // namespace

process_numbers read_process_numbers() {
  process_numbers numbers;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    numbers.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::uint64_t virtual_pages = 0, resident_pages = 0;
  std::ifstream("/proc/self/statm") >> virtual_pages >> resident_pages;
  numbers.virtual_bytes = virtual_pages * page_bytes;
  numbers.resident_bytes = resident_pages * page_bytes;
  numbers.threads = status_value("Threads");
  numbers.open_fds = count_open_fds();
  rlimit fds{};
  if (getrlimit(RLIMIT_NOFILE, &fds) == 0) numbers.fds_max = fds.rlim_cur;
  numbers.machine_memory_bytes = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page_bytes;
  numbers.machine_cpus = static_cast<std::uint64_t>(sysconf(_SC_NPROCESSORS_ONLN));
  return numbers;
}

}  // namespace taskdriver::http
