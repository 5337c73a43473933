// Runs one phase: threads with agents, the stages from login to stop, the figures around them.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "tools/tdbench/recorder.hpp"
#include "tools/tdbench/server_probe.hpp"
#include "tools/tdbench/settings.hpp"

namespace taskdriver::bench {

/// The server's processes over the measured time.
struct server_figures {
  double cpu_s = 0;
  std::uint64_t context_switches = 0;
  std::uint64_t rss_before_kb = 0;
  std::uint64_t rss_after_kb = 0;
  std::uint64_t rss_max_kb = 0;
};

/// What is known about parked long-polls; the memory and CPU figures need --server-pid.
struct parked_figures {
  int polls = 0;
  std::uint64_t tasks_sent = 0;
  std::uint64_t tasks_delivered = 0;
  std::uint64_t delivered_again = 0;
  std::uint64_t answered_early = 0;
  std::uint64_t rss_without_kb = 0;    // before the agents log in
  std::uint64_t rss_logged_in_kb = 0;  // with sessions and connections
  std::uint64_t rss_parked_kb = 0;
  double quiet_s = 0;
  double quiet_cpu_s = 0;
};

struct phase_result {
  phase_plan plan;
  double seconds = 0;  // measured, without warm-up
  recorder stats;
  double client_cpu_s = 0;
  std::optional<server_figures> server;
  std::optional<double> fsyncs;
  std::optional<parked_figures> parked;
  /// Scheduled starts that never began because every agent was busy.
  std::uint64_t unstarted = 0;
  bool interrupted = false;
};

/// What outlives a phase.
struct run_context {
  const settings& bench;
  std::vector<task_home> homes;  // the projects; agents are spread over them
  std::atomic<std::uint64_t> task_numbers{1};
  int phases_begun = 0;  // makes agent names unique: a name from before would resume its task
  const std::atomic<bool>& interrupted;
};

/// Runs the phase to its end, to an interrupt, or until all its agents are done.
/// Thread: one; blocks. Fails: unavailable if the agents cannot log in.
result<phase_result> run_phase(run_context& run, const phase_plan& plan);

}  // namespace taskdriver::bench
