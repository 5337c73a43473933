// The two forms of the result: a table for people, a JSON object for machines.
#pragma once

#include <string>
#include <vector>

#include "tools/tdbench/fleet.hpp"
#include "tools/tdbench/options.hpp"

namespace taskdriver::bench {

std::string render_table(const options& chosen, const std::vector<phase_result>& results);

/// One object with a line feed; its members are listed in report_json.cpp.
std::string render_json(const options& chosen, const std::vector<phase_result>& results);

/// A long queue against an empty one (backlog --compare-empty), as ratios long / empty.
struct backlog_comparison {
  std::string phase, empty_phase;
  double claim_mean = 0;
  double claim_p99 = 0;
  double complete_mean = 0;
  double cycles_per_s = 0;
  double server_cpu_per_cycle = 0;  // 0 without --server-pid
};

/// "loaded" with "empty", and "drained" with "empty again", as far as these phases are there.
std::vector<backlog_comparison> compare_backlog(const std::vector<phase_result>& results);

/// True if any request failed, was not answered, or a parked task was not delivered exactly once.
bool has_errors(const std::vector<phase_result>& results);

/// `value` per `count`, 0 if there is nothing to divide by.
double per(double value, std::uint64_t count);

}  // namespace taskdriver::bench
