// The report for machines: {mode, conditions, phases[], comparison?, errors}.
#include <nlohmann/json.hpp>

#include "tools/tdbench/report.hpp"

namespace taskdriver::bench {
namespace {

using json = nlohmann::ordered_json;

double ms(std::int64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

json latency_json(const histogram& h) {
  return {{"count", h.count()},
          {"meanMs", h.mean() / 1e6},
          {"p50Ms", ms(h.percentile(0.5))},
          {"p90Ms", ms(h.percentile(0.9))},
          {"p99Ms", ms(h.percentile(0.99))},
          {"p999Ms", ms(h.percentile(0.999))},
          {"maxMs", ms(h.max())}};
}

json measures_json(const recorder& stats) {
  json measures = json::object();
  for (std::size_t i = 0; i < measure_count; ++i) {
    const auto kind = static_cast<measure>(i);
    const measure_stats& one = stats.of(kind);
    if (one.latency_ns.count() == 0 && one.errors.empty()) continue;
    json entry = latency_json(one.latency_ns);
    entry["errors"] = json::object();
    for (const auto& [status, count] : one.errors) entry["errors"][std::to_string(status)] = count;
    measures[std::string(name_of(kind))] = entry;
  }
  return measures;
}

json samples_json(const recorder& stats) {
  json samples = json::array();
  for (const error_sample& sample : stats.samples()) {
    samples.push_back(
        {{"request", name_of(sample.kind)}, {"status", sample.status}, {"body", sample.body}});
  }
  return samples;
}

json server_json(const phase_result& phase) {
  const server_figures& server = *phase.server;
  return {{"cpuUsPerRequest", per(server.cpu_s * 1e6, phase.stats.request_count())},
          {"cpuUsPerOperation", per(server.cpu_s * 1e6, phase.stats.operations)},
          {"cores", server.cpu_s / phase.seconds},
          {"rssBeforeKb", server.rss_before_kb},
          {"rssAfterKb", server.rss_after_kb},
          {"rssMaxKb", server.rss_max_kb},
          {"contextSwitches", server.context_switches}};
}

json parked_json(const parked_figures& parked) {
  return {{"polls", parked.polls},
          {"tasksSent", parked.tasks_sent},
          {"tasksDelivered", parked.tasks_delivered},
          {"deliveredAgain", parked.delivered_again},
          {"answeredEarly", parked.answered_early},
          {"rssWithoutKb", parked.rss_without_kb},
          {"rssLoggedInKb", parked.rss_logged_in_kb},
          {"rssParkedKb", parked.rss_parked_kb},
          {"quietSeconds", parked.quiet_s},
          {"quietCpuSeconds", parked.quiet_cpu_s}};
}

json phase_json(const phase_result& phase) {
  json out{{"name", phase.plan.name},
           {"unit", phase.plan.unit},
           {"workers", phase.plan.workers},
           {"rate", phase.plan.rate},
           {"warmupSeconds", phase.plan.warmup_s},
           {"seconds", phase.seconds},
           {"interrupted", phase.interrupted},
           {"operations", phase.stats.operations},
           {"operationsPerSecond", static_cast<double>(phase.stats.operations) / phase.seconds},
           {"requests", phase.stats.request_count()},
           {"emptyClaims", phase.stats.empty_claims},
           {"unanswered", phase.stats.unanswered},
           {"unstarted", phase.unstarted},
           {"latency", measures_json(phase.stats)},
           {"errorSamples", samples_json(phase.stats)},
           {"clientCpuUsPerRequest", per(phase.client_cpu_s * 1e6, phase.stats.request_count())}};
  if (phase.server) out["server"] = server_json(phase);
  if (phase.fsyncs) {
    out["fsyncs"] = *phase.fsyncs;
    out["fsyncsPerOperation"] = per(*phase.fsyncs, phase.stats.operations);
  }
  if (phase.parked) out["parked"] = parked_json(*phase.parked);
  return out;
}

json conditions_json(const options& chosen) {
  return {{"urls", chosen.urls},
          {"threads", chosen.bench.threads},
          {"projects", chosen.bench.projects},
          {"payloadBytes", chosen.bench.shape.payload_bytes},
          {"resultBytes", chosen.bench.shape.result_bytes},
          {"variables", chosen.bench.shape.variables},
          {"duplicates", chosen.bench.duplicates},
          {"batch", chosen.bench.batch}};
}

}  // namespace

std::string render_json(const options& chosen, const std::vector<phase_result>& results) {
  json out{{"mode", chosen.mode_name}, {"conditions", conditions_json(chosen)}};
  out["phases"] = json::array();
  for (const phase_result& phase : results) out["phases"].push_back(phase_json(phase));
  for (const backlog_comparison& ratios : compare_backlog(results)) {
    out[ratios.phase + "ToEmpty"] = {{"cyclesPerSecond", ratios.cycles_per_s},
                                     {"claimMean", ratios.claim_mean},
                                     {"claimP99", ratios.claim_p99},
                                     {"completeMean", ratios.complete_mean},
                                     {"serverCpuPerCycle", ratios.server_cpu_per_cycle}};
  }
  out["errors"] = has_errors(results);
  // Bodies of errors are the server's: bytes that are not UTF-8 must not end the report.
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace taskdriver::bench
