// Names, types and help texts of all metrics but those of the requests.
#include "http/metric_families.hpp"

#include <limits>
#include <span>
#include <utility>

namespace taskdriver::http {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

template <class Number>
void counter(metric_families& out, const char* name, const char* help, Number value) {
  ClientMetric metric;
  metric.counter.value = static_cast<double>(value);
  out.push_back({name, help, MetricType::Counter, {std::move(metric)}});
}

template <class Number>
void gauge(metric_families& out, const char* name, const char* help, Number value) {
  ClientMetric metric;
  metric.gauge.value = static_cast<double>(value);
  out.push_back({name, help, MetricType::Gauge, {std::move(metric)}});
}

/// One gauge per project, labelled with its name.
template <class Number>
void per_project(metric_families& out, const char* name, const char* help,
                 const std::vector<actors::project_gauges>& projects,
                 Number actors::project_gauges::*value) {
  MetricFamily family{name, help, MetricType::Gauge, {}};
  for (const auto& project : projects) {
    ClientMetric metric;
    metric.label = {{"project", project.name}};
    metric.gauge.value = static_cast<double>(project.*value);
    family.metric.push_back(std::move(metric));
  }
  out.push_back(std::move(family));
}

/// `counts` has one more element than `bounds`: what is above the last bound.
void histogram(metric_families& out, const char* name, const char* help,
               std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum) {
  ClientMetric metric;
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    so_far += counts[i];
    metric.histogram.bucket.push_back(
        {so_far, i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
  }
  metric.histogram.sample_count = so_far;
  metric.histogram.sample_sum = sum;
  out.push_back({name, help, MetricType::Histogram, {std::move(metric)}});
}

void collect_task_counters(const actors::queue_totals& totals, metric_families& out) {
  counter(out, "taskdriver_tasks_created_total", "Tasks created", totals.tasks_created);
  counter(out, "taskdriver_claims_total", "Tasks granted to agents, resumes not counted",
          totals.claims);
  counter(out, "taskdriver_resumes_total", "Grants given again to their holder", totals.resumes);
  counter(out, "taskdriver_completions_total", "Tasks completed", totals.completions);
  counter(out, "taskdriver_failures_total", "Tasks failed for good", totals.failures);
  counter(out, "taskdriver_retries_total", "Tasks back in the queue after a failure or timeout",
          totals.retries);
  counter(out, "taskdriver_lease_expirations_total", "Leases that ran out", totals.expirations);
  counter(out, "taskdriver_logins_total", "Successful logins", totals.logins);
}

void collect_queue_gauges(const actors::queue_totals& totals, metric_families& out) {
  gauge(out, "taskdriver_tasks_queued", "Queued tasks in all loaded projects", totals.queued);
  gauge(out, "taskdriver_tasks_running", "Running tasks in all loaded projects", totals.running);
  gauge(out, "taskdriver_oldest_queued_age_seconds", "Age of the oldest queued task",
        totals.oldest_queued_s);
  gauge(out, "taskdriver_sessions", "Valid sessions in loaded projects", totals.sessions);
  gauge(out, "taskdriver_parked_polls", "next-task requests that wait for a task",
        totals.parked_polls);
  gauge(out, "taskdriver_projects_loaded", "Projects in memory", totals.projects_loaded);
  gauge(out, "taskdriver_creations_waiting", "Large creations that wait until others are done",
        totals.creations_waiting);
}

}  // namespace

void collect_queues(const actors::queue_totals& totals,
                    const std::vector<actors::project_gauges>& deepest, metric_families& out) {
  using gauges = actors::project_gauges;
  collect_task_counters(totals, out);
  collect_queue_gauges(totals, out);
  per_project(out, "taskdriver_queue_depth", "Queued tasks of the deepest queues", deepest,
              &gauges::queued);
  per_project(out, "taskdriver_queue_running", "Running tasks of these projects", deepest,
              &gauges::running);
  per_project(out, "taskdriver_queue_oldest_age_seconds", "Age of the oldest queued task", deepest,
              &gauges::oldest_queued_s);
  per_project(out, "taskdriver_queue_parked_polls", "next-task requests that wait", deepest,
              &gauges::parked_polls);
}

void collect_forwarding(const actors::forwarding_totals& totals, metric_families& out) {
  const std::pair<const char*, std::uint64_t> outcomes[] = {{"answered", totals.answered},
                                                            {"moved", totals.moved},
                                                            {"not_sent", totals.not_sent},
                                                            {"unknown", totals.unknown}};
  MetricFamily sent{"taskdriver_forwarded_requests_total",
                    "Requests sent to other nodes, by what came of it",
                    MetricType::Counter,
                    {}};
  for (const auto& [outcome, count] : outcomes) {
    ClientMetric metric;
    metric.label = {{"outcome", outcome}};
    metric.counter.value = static_cast<double>(count);
    sent.metric.push_back(std::move(metric));
  }
  out.push_back(std::move(sent));
  counter(out, "taskdriver_forwarded_received_total", "Requests of other nodes", totals.received);
  counter(out, "taskdriver_forward_retries_total", "Further tries to find the serving node",
          totals.retries);
  counter(out, "taskdriver_forward_abandoned_total", "Requests that no node served in time",
          totals.abandoned);
  counter(out, "taskdriver_forward_cancelled_total", "Forwarded polls whose client hung up",
          totals.cancelled);
  gauge(out, "taskdriver_forwards_in_flight", "Sent to other nodes, no answer yet",
        totals.under_way);
  gauge(out, "taskdriver_forwards_waiting", "Waiting for a node that serves them", totals.waiting);
}

void collect_storage(const actors::node_status& node, metric_families& out) {
  const auto log = node.log();
  gauge(out, "taskdriver_storage_writable", "1 if this node can write", node.health().writable);
  const auto storage = node.storage();
  gauge(out, "taskdriver_storage_disk_bytes", "Tables of the database", storage.disk_bytes);
  gauge(out, "taskdriver_storage_memory_bytes", "What is not flushed yet, and the cache",
        storage.memory_bytes);
  gauge(out, "taskdriver_storage_unmerged_files",
        "Flushed and not compacted yet: at 40 writes slow down", storage.unmerged_files);
  counter(out, "taskdriver_log_fsyncs_total", "fsyncs of the log", log.fsyncs);
  counter(out, "taskdriver_log_entries_total", "Entries written to the log", log.entries);
  counter(out, "taskdriver_log_bytes_total", "Bytes written to the log", log.bytes);
  histogram(out, "taskdriver_log_fsync_duration_seconds", "Time of one write with its fsync",
            actors::log_statistics::latency_bounds_s, log.latency_counts, log.latency_sum_s);
  histogram(out, "taskdriver_log_batch_entries", "Entries made durable by one fsync",
            actors::log_statistics::batch_bounds, log.batch_counts,
            static_cast<double>(log.entries));
}

void collect_cluster(const domain::cluster_numbers& numbers, metric_families& out) {
  gauge(out, "taskdriver_cluster_register_reachable", "1 if etcd answers this node",
        numbers.register_reachable);
  gauge(out, "taskdriver_cluster_peers_known", "Other nodes of the cluster", numbers.peers_known);
  gauge(out, "taskdriver_cluster_peers_connected", "Of these, connected to this one",
        numbers.peers_connected);
  gauge(out, "taskdriver_shards_led", "Shards whose registered primary is this node",
        numbers.shards_led);
  gauge(out, "taskdriver_shards_served", "Of these, served now", numbers.shards_served);
  gauge(out, "taskdriver_shards_in_sync", "Shards of which this node has a replica in sync",
        numbers.shards_in_sync);
  gauge(out, "taskdriver_shards_without_primary", "Shards that no node says to serve",
        numbers.shards_without_primary);
  gauge(out, "taskdriver_shards_below_min_in_sync",
        "Shards that take no writes for want of replicas", numbers.shards_below_min_in_sync);
  counter(out, "taskdriver_shard_services_total", "Times that this node began to serve a shard",
          numbers.services);
  gauge(out, "taskdriver_replication_lag_entries",
        "The most entries that a replica lacks of a shard led here", numbers.lag_entries_max);
  gauge(out, "taskdriver_checkpoint_streams", "Checkpoints on their way from or to this node",
        numbers.streams);
}

void collect_server(const server_numbers& numbers, metric_families& out) {
  gauge(out, "taskdriver_http_connections_open", "Open connections", numbers.connections_open);
  counter(out, "taskdriver_http_connections_accepted_total", "Connections accepted",
          numbers.connections_accepted);
  gauge(out, "taskdriver_http_requests_in_flight", "Requests without an answer yet",
        numbers.requests_in_flight);
}

void collect_process(const process_numbers& numbers, instant started, metric_families& out) {
  counter(out, "process_cpu_seconds_total", "Processor time used, user and system", numbers.cpu_s);
  gauge(out, "process_resident_memory_bytes", "Resident memory", numbers.resident_bytes);
  gauge(out, "process_virtual_memory_bytes", "Virtual memory", numbers.virtual_bytes);
  gauge(out, "process_threads", "Threads", numbers.threads);
  gauge(out, "process_open_fds", "Open file descriptors", numbers.open_fds);
  gauge(out, "process_max_fds", "Limit of open file descriptors", numbers.fds_max);
  gauge(out, "process_start_time_seconds", "Start of the process, Unix time",
        static_cast<double>(started.wall_ms) / 1000);
}

void collect_build(const std::string& version, const std::string& node_id, metric_families& out) {
  ClientMetric metric;
  metric.label = {{"version", version}, {"node", node_id}};
  metric.gauge.value = 1;
  out.push_back({"taskdriver_build_info",
                 "Always 1; the labels say what runs here",
                 MetricType::Gauge,
                 {std::move(metric)}});
}

}  // namespace taskdriver::http
