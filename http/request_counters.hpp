// Counters and latencies of HTTP requests by route and status, in arrays made at start.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "http/metrics.hpp"

namespace taskdriver::http {

/// Sums over all routes; for /metrics/json.
struct request_totals {
  std::uint64_t total = 0;
  std::uint64_t errors = 0;  // statuses from 400
  double average_ms = 0;     // without the long polls
};

/// A fixed set of time series: routes × statuses, and one histogram per route. Relaxed atomics,
/// because a scrape between two additions of one request misleads nobody.
///
/// Thread: any. Owns: its counters.
class request_counters {
public:
  explicit request_counters(std::vector<route_label> routes);

  void count(const finished_request& request);
  /// Only series that have counted something.
  void collect(std::vector<prometheus::MetricFamily>& out) const;
  request_totals totals() const;

private:
  /// All that this server answers; others are counted as the last one, "other".
  static constexpr std::array<int, 22> statuses = {200, 201, 204, 304, 400, 401, 403, 404,
                                                   405, 408, 409, 411, 413, 414, 415, 417,
                                                   422, 429, 431, 500, 501, 503};
  static constexpr std::array<double, 14> bounds_s = {
      0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 30};
  using number = std::atomic<std::uint64_t>;
  struct histogram {
    std::array<number, bounds_s.size() + 1> buckets{};
    number sum_us{0};
    void observe(std::int64_t duration_us);
    prometheus::ClientMetric collect() const;
  };
  /// One route's numbers, on cache lines of its own.
  struct alignas(64) series {
    std::array<number, statuses.size() + 1> by_status{};
    histogram latency;
  };

  static std::size_t place_of(int status);

  std::vector<route_label> routes_;   // the last one stands for all that matched none
  std::unique_ptr<series[]> series_;  // as many as routes_
  histogram long_polls_;
};

}  // namespace taskdriver::http
