// Counting of requests, and the collection of everything else when /metrics is asked for.
#include "http/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <mutex>

#include <nlohmann/json.hpp>

#include "http/metric_families.hpp"
#include "http/process_numbers.hpp"
#include "http/request_counters.hpp"

namespace taskdriver::http {
namespace {

/// How far back the processor's load looks at least.
constexpr std::int64_t load_span_ms = 10'000;
constexpr std::size_t projects_max = 50;  // label values of taskdriver_queue_*

double percent(double part, double whole) {
  return whole > 0 ? 100 * part / whole : 0;
}

double rounded(double value) {
  return static_cast<double>(static_cast<std::int64_t>(value * 100 + 0.5)) / 100;
}

}  // namespace

struct metrics::state {
  /// What the process had used at one moment.
  struct load_sample {
    std::int64_t at_ms = 0;
    double cpu_s = 0;
  };

  explicit state(metrics_sources s)
      : sources(std::move(s)),
        requests(sources.routes),
        started(system_time().now()),
        older{started.steady_ms, read_process_numbers().cpu_s},
        newer(older) {}

  double cpu_percent(instant now, const process_numbers& process);

  metrics_sources sources;
  request_counters requests;
  const instant started;
  std::mutex load_lock;
  load_sample older;
  load_sample newer;
};

/// Of all processors of the machine, over the last 10 s or somewhat more; since the start at first.
double metrics::state::cpu_percent(instant now, const process_numbers& process) {
  const std::lock_guard guard(load_lock);
  if (now.steady_ms - newer.at_ms >= load_span_ms) {
    older = newer;
    newer = {now.steady_ms, process.cpu_s};
  }
  const double span_s = static_cast<double>(now.steady_ms - older.at_ms) / 1000;
  return percent(process.cpu_s - older.cpu_s, span_s * static_cast<double>(process.machine_cpus));
}

metrics::metrics(metrics_sources sources) : state_(std::make_unique<state>(std::move(sources))) {}

metrics::~metrics() = default;

void metrics::count(const finished_request& request) {
  state_->requests.count(request);
}

std::string metrics::exposition() const {
  const auto& sources = state_->sources;
  std::vector<prometheus::MetricFamily> families;
  state_->requests.collect(families);
  if (sources.tasks != nullptr) {
    collect_queues(sources.tasks->totals(), sources.tasks->deepest_projects(projects_max),
                   families);
    collect_forwarding(sources.tasks->forwarding(), families);
  }
  if (sources.node != nullptr) {
    collect_storage(*sources.node, families);
    if (const auto cluster = sources.node->cluster()) collect_cluster(*cluster, families);
  }
  if (sources.server) collect_server(sources.server(), families);
  collect_process(read_process_numbers(), state_->started, families);
  collect_build(sources.version, sources.node_id, families);
  return prometheus::TextSerializer().Serialize(families);
}

std::string metrics::json_data(instant now) {
  const auto& sources = state_->sources;
  const auto requests = state_->requests.totals();
  const auto process = read_process_numbers();
  const auto queues = sources.tasks != nullptr ? sources.tasks->totals() : actors::queue_totals{};
  const auto server = sources.server ? sources.server() : server_numbers{};
  const nlohmann::ordered_json data = {
      {"requests_total", requests.total},
      {"requests_success", requests.total - requests.errors},
      {"requests_error", requests.errors},
      {"response_time_avg", rounded(requests.average_ms)},
      {"active_sessions", queues.sessions},
      {"system",
       {{"memory_usage", rounded(percent(static_cast<double>(process.resident_bytes),
                                         static_cast<double>(process.machine_memory_bytes)))},
        {"cpu_usage", rounded(state_->cpu_percent(now, process))},
        {"uptime", (now.steady_ms - state_->started.steady_ms) / 1000}}},
      {"queue",
       {{"queued", queues.queued},
        {"running", queues.running},
        {"oldest_queued_seconds", rounded(queues.oldest_queued_s)},
        {"parked_polls", queues.parked_polls},
        {"tasks_created", queues.tasks_created},
        {"claims", queues.claims},
        {"completions", queues.completions},
        {"failures", queues.failures},
        {"retries", queues.retries},
        {"expirations", queues.expirations}}},
      {"connections_open", server.connections_open},
      {"resident_bytes", process.resident_bytes}};
  return data.dump();
}

}  // namespace taskdriver::http
