// What both forms of the report compute alike.
#include "tools/tdbench/report.hpp"

#include <algorithm>

namespace taskdriver::bench {
namespace {

const phase_result* find_phase(const std::vector<phase_result>& results, std::string_view name) {
  const auto found = std::find_if(results.begin(), results.end(),
                                  [name](const phase_result& r) { return r.plan.name == name; });
  return found == results.end() ? nullptr : &*found;
}

double ratio(double loaded, double empty) {
  return empty > 0 ? loaded / empty : 0;
}

bool delivered_badly(const phase_result& phase) {
  const auto& parked = phase.parked;
  return parked && (parked->tasks_delivered != parked->tasks_sent || parked->delivered_again > 0 ||
                    parked->answered_early > 0);
}

backlog_comparison compare(const phase_result& loaded, const phase_result& empty) {
  const auto claims = [](const phase_result& r) -> const histogram& {
    return r.stats.of(measure::claim).latency_ns;
  };
  const auto completes = [](const phase_result& r) -> const histogram& {
    return r.stats.of(measure::complete).latency_ns;
  };
  const auto p99 = [](const histogram& h) { return static_cast<double>(h.percentile(0.99)); };
  const auto rate = [](const phase_result& r) {
    return r.seconds > 0 ? static_cast<double>(r.stats.operations) / r.seconds : 0;
  };
  backlog_comparison ratios{.phase = loaded.plan.name, .empty_phase = empty.plan.name};
  ratios.claim_mean = ratio(claims(loaded).mean(), claims(empty).mean());
  ratios.claim_p99 = ratio(p99(claims(loaded)), p99(claims(empty)));
  ratios.complete_mean = ratio(completes(loaded).mean(), completes(empty).mean());
  ratios.cycles_per_s = ratio(rate(loaded), rate(empty));
  if (empty.server && loaded.server) {
    ratios.server_cpu_per_cycle = ratio(per(loaded.server->cpu_s, loaded.stats.operations),
                                        per(empty.server->cpu_s, empty.stats.operations));
  }
  return ratios;
}

}  // namespace

double per(double value, std::uint64_t count) {
  return count == 0 ? 0 : value / static_cast<double>(count);
}

std::vector<backlog_comparison> compare_backlog(const std::vector<phase_result>& results) {
  std::vector<backlog_comparison> all;
  for (const auto& [name, empty_name] :
       {std::pair("loaded", "empty"), std::pair("drained", "empty again")}) {
    const phase_result* const loaded = find_phase(results, name);
    const phase_result* const empty = find_phase(results, empty_name);
    if (loaded != nullptr && empty != nullptr) all.push_back(compare(*loaded, *empty));
  }
  return all;
}

bool has_errors(const std::vector<phase_result>& results) {
  return std::any_of(results.begin(), results.end(), [](const phase_result& phase) {
    return phase.stats.error_count() > 0 || delivered_badly(phase);
  });
}

}  // namespace taskdriver::bench
