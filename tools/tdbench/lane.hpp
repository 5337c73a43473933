// What the agents of one client thread share, and what all threads of a phase share.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "tools/tdbench/delivery_board.hpp"
#include "tools/tdbench/event_loop.hpp"
#include "tools/tdbench/recorder.hpp"
#include "tools/tdbench/settings.hpp"

namespace taskdriver::bench {

/// A phase goes through these in order and may skip some.
enum class run_stage { logging_in, parking, working, measuring, stopping };

/// One phase as its threads see it. Thread: any; the pointers are set before they start.
struct phase_state {
  phase_state(const settings& of_run, const phase_plan& to_do, std::atomic<std::uint64_t>& numbers)
      : bench(of_run), plan(to_do), task_numbers(numbers) {}

  const settings& bench;
  const phase_plan& plan;
  std::atomic<std::uint64_t>& task_numbers;  // the next number no task has had yet
  delivery_board* board = nullptr;
  const std::vector<task_home>* tour = nullptr;  // the projects, when the plan goes through them
  std::atomic<std::uint64_t> tour_place{0};
  std::atomic<run_stage> stage{run_stage::logging_in};
  std::atomic<std::uint64_t> tasks_asked{0};
  std::atomic<int> logged_in{0};
  std::atomic<int> finished{0};

  bool stopping() const { return stage.load(std::memory_order_relaxed) == run_stage::stopping; }

  /// Ends the phase with a reason; the first one is kept.
  void fail(std::string why) {
    const std::lock_guard guard(failure_mutex_);
    if (failure_.empty()) failure_ = std::move(why);
  }
  std::string failure() const {
    const std::lock_guard guard(failure_mutex_);
    return failure_;
  }

private:
  mutable std::mutex failure_mutex_;
  std::string failure_;
};

/// Thread: its own, but for `loop.wake()`.
struct lane {
  explicit lane(phase_state& state) : phase(state) {}
  virtual ~lane() = default;

  /// One of its agents has logged in, the next may.
  virtual void agent_logged_in() = 0;

  phase_state& phase;
  event_loop loop;
  recorder stats;
  int in_flight = 0;  // requests whose answers are worth waiting for at the end
};

}  // namespace taskdriver::bench
