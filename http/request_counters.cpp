// Counting of requests on the hot path, and their form for Prometheus.
#include "http/request_counters.hpp"

#include <algorithm>
#include <limits>

namespace taskdriver::http {
namespace {

constexpr int first_error_status = 400;

using label = prometheus::ClientMetric::Label;

}  // namespace

request_counters::request_counters(std::vector<route_label> routes) : routes_(std::move(routes)) {
  routes_.push_back({"", "unmatched"});
  series_ = std::make_unique<series[]>(routes_.size());
}

std::size_t request_counters::place_of(int status) {
  const auto found = std::ranges::lower_bound(statuses, status);
  return found != statuses.end() && *found == status
             ? static_cast<std::size_t>(found - statuses.begin())
             : statuses.size();
}

void request_counters::histogram::observe(std::int64_t duration_us) {
  const double duration_s = static_cast<double>(duration_us) / 1e6;
  const auto bucket = std::ranges::lower_bound(bounds_s, duration_s) - bounds_s.begin();
  buckets[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_us.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration_us)),
                   std::memory_order_relaxed);
}

prometheus::ClientMetric request_counters::histogram::collect() const {
  prometheus::ClientMetric metric;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    sum += buckets[i].load(std::memory_order_relaxed);
    metric.histogram.bucket.push_back(
        {sum, i < bounds_s.size() ? bounds_s[i] : std::numeric_limits<double>::infinity()});
  }
  metric.histogram.sample_count = sum;
  metric.histogram.sample_sum = static_cast<double>(sum_us.load(std::memory_order_relaxed)) / 1e6;
  return metric;
}

void request_counters::count(const finished_request& request) {
  auto& of_route = series_[std::min(request.route, routes_.size() - 1)];
  of_route.by_status[place_of(request.status)].fetch_add(1, std::memory_order_relaxed);
  (request.long_poll ? long_polls_ : of_route.latency).observe(request.duration_us);
}

void request_counters::collect(std::vector<prometheus::MetricFamily>& out) const {
  prometheus::MetricFamily counts{"taskdriver_http_requests_total",
                                  "HTTP requests answered, by route, method and status",
                                  prometheus::MetricType::Counter,
                                  {}};
  prometheus::MetricFamily latencies{
      "taskdriver_http_request_duration_seconds",
      "Time from the last byte of a request to its answer, without long polls",
      prometheus::MetricType::Histogram,
      {}};
  for (std::size_t r = 0; r < routes_.size(); ++r) {
    const std::vector<label> of_route = {{"route", routes_[r].pattern},
                                         {"method", routes_[r].method}};
    for (std::size_t s = 0; s <= statuses.size(); ++s) {
      prometheus::ClientMetric metric;
      metric.counter.value =
          static_cast<double>(series_[r].by_status[s].load(std::memory_order_relaxed));
      if (metric.counter.value == 0) continue;
      metric.label = of_route;
      metric.label.push_back(
          {"status", s < statuses.size() ? std::to_string(statuses[s]) : "other"});
      counts.metric.push_back(std::move(metric));
    }
    auto latency = series_[r].latency.collect();
    if (latency.histogram.sample_count == 0) continue;
    latency.label = of_route;
    latencies.metric.push_back(std::move(latency));
  }
  out.push_back(std::move(counts));
  out.push_back(std::move(latencies));
  out.push_back({"taskdriver_http_long_poll_duration_seconds",
                 "Time from a next-task request with waitSeconds to its answer",
                 prometheus::MetricType::Histogram,
                 {long_polls_.collect()}});
}

request_totals request_counters::totals() const {
  request_totals sum;
  std::uint64_t observed = 0;
  double us = 0;
  for (std::size_t r = 0; r < routes_.size(); ++r) {
    for (std::size_t s = 0; s <= statuses.size(); ++s) {
      const auto n = series_[r].by_status[s].load(std::memory_order_relaxed);
      sum.total += n;
      if (s == statuses.size() || statuses[s] >= first_error_status) sum.errors += n;
    }
    for (const auto& n : series_[r].latency.buckets) observed += n.load(std::memory_order_relaxed);
    us += static_cast<double>(series_[r].latency.sum_us.load(std::memory_order_relaxed));
  }
  if (observed > 0) sum.average_ms = us / static_cast<double>(observed) / 1000;
  return sum;
}

}  // namespace taskdriver::http
