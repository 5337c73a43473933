// What one client thread measures: latencies, statuses, errors, counts.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tools/tdbench/histogram.hpp"

namespace taskdriver::bench {

/// What a latency belongs to: the kinds of requests, then the spans made of several.
enum class measure {
  login,
  create,
  bulk,
  claim,
  complete,
  fail,
  page,         // answered by the HTTP layer alone: /health
  peek,         // a question to the project's actor that reads and writes nothing
  stats,        // the same, with a larger answer
  first_page,   // the start of the list of tasks
  next_page,    // from the cursor of the page before
  poll,         // next-task with waitSeconds
  cycle,        // from the scheduled start to the last answer
  start_delay,  // how late the client itself began a scheduled cycle
  delivery,     // from sending a create to the answer of the poll that got the task
};
inline constexpr std::size_t measure_count = 15;

std::string_view name_of(measure kind);
constexpr bool is_request(measure kind) {
  return kind < measure::cycle;
}

/// Status 0 stands for a connection that broke before the answer came.
inline constexpr int status_broken = 0;

struct measure_stats {
  histogram latency_ns;
  /// Answers other than 2xx, by status.
  std::map<int, std::uint64_t> errors;
};

/// One of the first errors, to show.
struct error_sample {
  measure kind;
  int status;
  std::string body;
};

/// Latencies count only while `recording`; errors always, since an error during warm-up is one too.
///
/// Thread: one owner; merge() joins those of several threads after they have ended.
class recorder {
public:
  void record(measure kind, std::int64_t latency_ns);
  void record_error(measure kind, int status, std::string_view body);
  void merge(const recorder& other);

  std::uint64_t error_count() const;
  std::uint64_t request_count() const;
  const measure_stats& of(measure kind) const { return stats_[static_cast<std::size_t>(kind)]; }
  const std::vector<error_sample>& samples() const { return samples_; }

  bool recording = false;
  /// Finished runs through the script (cycles), or created tasks when the script only creates.
  std::uint64_t operations = 0;
  /// Claims that were answered with "no tasks available".
  std::uint64_t empty_claims = 0;
  /// Requests still unanswered a second after the end.
  std::uint64_t unanswered = 0;

private:
  std::array<measure_stats, measure_count> stats_;
  std::vector<error_sample> samples_;
};

}  // namespace taskdriver::bench
