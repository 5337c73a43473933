// What /metrics and /metrics/json show: requests counted here, the rest collected when asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/api.hpp"
#include "base/time.hpp"

namespace taskdriver::http {

/// The labels of one route; a request is counted under its place in metrics_sources::routes.
struct route_label {
  std::string method;   // "GET"; "" = any
  std::string pattern;  // "/api/tasks/{taskId}", "/health", "/api/docs"
};

/// Numbers of the listener, now.
struct server_numbers {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;  // since start
  std::uint64_t requests_in_flight = 0;
};

/// Where the numbers come from; the pointers outlive the metrics. Functions: called from any
/// thread.
struct metrics_sources {
  std::vector<route_label> routes;
  const actors::task_api* tasks = nullptr;
  const actors::node_status* node = nullptr;
  std::function<server_numbers()> server;
  std::string version;
  std::string node_id;
};

/// One answered request.
struct finished_request {
  static constexpr std::size_t unmatched = SIZE_MAX;
  std::size_t route = unmatched;  // place in metrics_sources::routes; unmatched: 404, 405, garbage
  int status = 0;
  std::int64_t duration_us = 0;
  /// It asked to wait (waitSeconds > 0): counted, but its duration goes to a histogram of its own,
  /// because waiting is what it is for.
  bool long_poll = false;
};

/// Counters and histograms of the HTTP requests, with fixed sets of labels so that no request can
/// make a new time series; and one view of everything else that is worth watching.
///
/// Thread: any, for every method; count() is a few relaxed atomic additions.
/// Owns: its counters.
class metrics {
public:
  explicit metrics(metrics_sources sources);
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  void count(const finished_request& request);

  /// The Prometheus text format, version 0.0.4; see content_type.
  std::string exposition() const;
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  /// The `data` object of /metrics/json as JSON text.
  std::string json_data(instant now);

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace taskdriver::http
