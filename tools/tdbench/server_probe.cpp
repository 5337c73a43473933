// Readers of /proc and of the Prometheus text format.
#include "tools/tdbench/server_probe.hpp"

#include <dirent.h>
#include <sys/resource.h>

#include <charconv>
#include <ctime>
#include <fstream>
#include <string>

namespace taskdriver::bench {
namespace {

/// The numbers of all lines "NAME: 123 …" of a status file whose name ends with `suffix`, added.
std::uint64_t sum_of_lines(const std::string& path, std::string_view suffix) {
  std::ifstream file(path);
  std::uint64_t sum = 0;
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !std::string_view(line).substr(0, colon).ends_with(suffix)) {
      continue;
    }
    sum += std::stoull("0" + line.substr(line.find_first_of("0123456789", colon)));
  }
  return sum;
}

std::string proc_path(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

std::uint64_t context_switches(pid_t pid) {
  const std::string tasks = proc_path(pid) + "/task";
  DIR* const folder = opendir(tasks.c_str());
  if (folder == nullptr) return 0;
  std::uint64_t sum = 0;
  while (const dirent* const entry = readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    sum += sum_of_lines(tasks + "/" + entry->d_name + "/status", "ctxt_switches");
  }
  closedir(folder);
  return sum;
}

std::optional<double> cpu_s(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
    return std::nullopt;
  }
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// The sum of the samples whose metric name ends in `suffix`.
std::optional<double> sum_of_samples(std::string_view metrics, std::string_view suffix) {
  std::optional<double> sum;
  while (!metrics.empty()) {
    const std::string_view line = metrics.substr(0, metrics.find('\n'));
    metrics.remove_prefix(std::min(line.size() + 1, metrics.size()));
    const std::string_view name = line.substr(0, line.find_first_of("{ "));
    if (!name.starts_with("taskdriver_") || !name.ends_with(suffix)) continue;
    if (name.find("fsync") == std::string_view::npos) continue;
    const std::size_t labels_end = line.find('}');
    std::string_view rest = line.substr(labels_end == line.npos ? name.size() : labels_end + 1);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    double value = 0;
    if (std::from_chars(rest.data(), rest.data() + rest.size(), value).ec == std::errc{}) {
      sum = sum.value_or(0) + value;
    }
  }
  return sum;
}

}  // namespace

std::optional<process_usage> read_usage(const std::vector<pid_t>& pids) {
  if (pids.empty()) return std::nullopt;
  process_usage sum;
  for (const pid_t pid : pids) {
    const auto used = cpu_s(pid);
    if (!used) return std::nullopt;
    sum.cpu_s += *used;
    sum.context_switches += context_switches(pid);
  }
  sum.rss_kb = read_rss_kb(pids);
  return sum;
}

std::uint64_t read_rss_kb(const std::vector<pid_t>& pids) {
  std::uint64_t sum = 0;
  for (const pid_t pid : pids) sum += sum_of_lines(proc_path(pid) + "/status", "VmRSS");
  return sum;
}

double own_cpu_s() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::optional<double> find_fsync_count(std::string_view metrics) {
  const auto total = sum_of_samples(metrics, "_total");
  return total ? total : sum_of_samples(metrics, "_count");
}

}  // namespace taskdriver::bench
