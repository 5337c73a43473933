// One client thread of a phase with all its agents.
#pragma once

#include <memory>
#include <vector>

#include "tools/tdbench/lane.hpp"
#include "tools/tdbench/open_loop.hpp"
#include "tools/tdbench/poll_agent.hpp"

namespace taskdriver::bench {

/// Logs its agents in, follows the stages of the phase, and waits a little at the end for answers.
///
/// Thread: run() by its own; add_*() before, everything else after that has ended.
class fleet_lane : public lane {
public:
  /// `rate` is this lane's share; 0 = closed loop.
  fleet_lane(phase_state& state, double rate);

  void add_worker(agent_identity identity);
  void add_poll(agent_identity identity);
  void run();

  std::size_t unstarted() const { return schedule_ ? schedule_->waiting() : 0; }

private:
  void agent_logged_in() override;
  void log_next_in();
  void follow_stage();
  void wait_for_answers();

  std::unique_ptr<open_loop> schedule_;
  std::vector<std::unique_ptr<script_agent>> workers_;
  std::vector<std::unique_ptr<poll_agent>> polls_;
  std::size_t next_login_ = 0;
  run_stage stage_ = run_stage::logging_in;
};

}  // namespace taskdriver::bench
