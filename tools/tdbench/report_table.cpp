// The report for people.
#include <cstdarg>
#include <cstdio>

#include "tools/tdbench/report.hpp"

namespace taskdriver::bench {
namespace {

[[gnu::format(printf, 2, 3)]] void add_line(std::string& out, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  out.append(line).append("\n");
}

double ms(double ns) {
  return ns / 1e6;
}
double ms(std::int64_t ns) {
  return static_cast<double>(ns) / 1e6;
}
double mb(std::uint64_t kb) {
  return static_cast<double>(kb) / 1024;
}

unsigned long long plain(std::uint64_t number) {
  return number;
}

std::string load_text(const phase_plan& plan) {
  std::string text = std::to_string(plan.workers) + " workers, ";
  if (plan.rate <= 0) return text + "closed loop";
  char rate[48];
  std::snprintf(rate, sizeof rate, "%g %s/s, open loop", plan.rate, plan.unit.c_str());
  return text + rate;
}

void add_latencies(std::string& out, const recorder& stats) {
  add_line(out, "  %-12s %10s %8s %8s %8s %8s %8s %8s %8s  (ms)", "", "count", "errors", "mean",
           "p50", "p90", "p99", "p99.9", "max");
  for (std::size_t i = 0; i < measure_count; ++i) {
    const auto kind = static_cast<measure>(i);
    const histogram& h = stats.of(kind).latency_ns;
    std::uint64_t errors = 0;
    for (const auto& [status, count] : stats.of(kind).errors) errors += count;
    if (h.count() == 0 && errors == 0) continue;
    add_line(out, "  %-12s %10llu %8llu %8.3f %8.3f %8.3f %8.3f %8.3f %8.3f",
             std::string(name_of(kind)).c_str(), plain(h.count()), plain(errors), ms(h.mean()),
             ms(h.percentile(0.5)), ms(h.percentile(0.9)), ms(h.percentile(0.99)),
             ms(h.percentile(0.999)), ms(h.max()));
  }
}

void add_errors(std::string& out, const phase_result& phase) {
  const recorder& stats = phase.stats;
  for (std::size_t i = 0; i < measure_count; ++i) {
    const auto kind = static_cast<measure>(i);
    for (const auto& [status, count] : stats.of(kind).errors) {
      const std::string what =
          status == status_broken ? "connection broke" : "status " + std::to_string(status);
      add_line(out, "  error: %s, %s: %llu times", std::string(name_of(kind)).c_str(), what.c_str(),
               plain(count));
    }
  }
  for (const error_sample& sample : stats.samples()) {
    add_line(out, "    e.g. %s %d: %s", std::string(name_of(sample.kind)).c_str(), sample.status,
             sample.body.c_str());
  }
  if (stats.unanswered > 0) {
    add_line(out, "  error: %llu requests had no answer a second after the end",
             plain(stats.unanswered));
  }
  if (phase.unstarted > 0) {
    add_line(out, "  note: %llu scheduled starts never began, all workers were busy",
             plain(phase.unstarted));
  }
  if (stats.empty_claims > 0) {
    add_line(out, "  note: %llu claims found no task", plain(stats.empty_claims));
  }
}

void add_costs(std::string& out, const phase_result& phase) {
  const std::uint64_t operations = phase.stats.operations;
  const std::uint64_t requests = phase.stats.request_count();
  add_line(out, "  client CPU: %.2f us per request, %.2f us per operation, %.2f cores",
           per(phase.client_cpu_s * 1e6, requests), per(phase.client_cpu_s * 1e6, operations),
           phase.client_cpu_s / phase.seconds);
  if (phase.server) {
    const server_figures& server = *phase.server;
    add_line(out, "  server CPU: %.2f us per request, %.2f us per operation, %.2f cores",
             per(server.cpu_s * 1e6, requests), per(server.cpu_s * 1e6, operations),
             server.cpu_s / phase.seconds);
    add_line(out, "  server memory: %.1f MB before, %.1f after, %.1f at most",
             mb(server.rss_before_kb), mb(server.rss_after_kb), mb(server.rss_max_kb));
    add_line(out, "  server context switches: %.2f per request",
             per(static_cast<double>(server.context_switches), requests));
  }
  if (phase.fsyncs) {
    add_line(out, "  fsyncs: %.3f per operation, %.0f per second", per(*phase.fsyncs, operations),
             *phase.fsyncs / phase.seconds);
  }
}

void add_parked(std::string& out, const parked_figures& parked) {
  add_line(out, "  %d polls parked; tasks sent %llu, delivered %llu, delivered again %llu",
           parked.polls, plain(parked.tasks_sent), plain(parked.tasks_delivered),
           plain(parked.delivered_again));
  add_line(out, "  polls answered early without a task: %llu", plain(parked.answered_early));
  if (parked.rss_parked_kb == 0) return;
  const auto kb_per_poll = [&](std::uint64_t from_kb) {
    return (static_cast<double>(parked.rss_parked_kb) - static_cast<double>(from_kb)) /
           parked.polls;
  };
  add_line(out, "  server memory per poll: %.2f KB, with its session and connection %.2f KB",
           kb_per_poll(parked.rss_logged_in_kb), kb_per_poll(parked.rss_without_kb));
  if (parked.quiet_s <= 0) return;
  add_line(out, "  server CPU with polls parked and nothing to do: %.2f %% of a core over %.1f s",
           100 * parked.quiet_cpu_s / parked.quiet_s, parked.quiet_s);
}

void add_comparison(std::string& out, const std::vector<phase_result>& results) {
  for (const backlog_comparison& ratios : compare_backlog(results)) {
    const std::string title = ratios.phase + " / " + ratios.empty_phase;
    add_line(out, "%s: cycles/s %.3f, claim mean %.3f, claim p99 %.3f, complete mean %.3f",
             title.c_str(), ratios.cycles_per_s, ratios.claim_mean, ratios.claim_p99,
             ratios.complete_mean);
    if (ratios.server_cpu_per_cycle > 0)
      add_line(out, "%s: server CPU per cycle %.3f", title.c_str(), ratios.server_cpu_per_cycle);
  }
}

void add_phase(std::string& out, const options& chosen, const phase_result& phase) {
  const task_shape& shape = chosen.bench.shape;
  add_line(out, "%s: %.2f s, %s, tasks of %zu bytes, results of %zu, %zu variables%s",
           phase.plan.name.c_str(), phase.seconds, load_text(phase.plan).c_str(),
           shape.payload_bytes, shape.result_bytes, shape.variables,
           phase.interrupted ? ", INTERRUPTED" : "");
  add_line(out, "  %.1f %s/s (%llu), %.1f requests/s",
           static_cast<double>(phase.stats.operations) / phase.seconds, phase.plan.unit.c_str(),
           plain(phase.stats.operations),
           static_cast<double>(phase.stats.request_count()) / phase.seconds);
  add_latencies(out, phase.stats);
  add_errors(out, phase);
  if (phase.parked) add_parked(out, *phase.parked);
  add_costs(out, phase);
}

}  // namespace

std::string render_table(const options& chosen, const std::vector<phase_result>& results) {
  std::string out;
  for (const phase_result& phase : results) add_phase(out, chosen, phase);
  add_comparison(out, results);
  return out;
}

}  // namespace taskdriver::bench
