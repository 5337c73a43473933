// Begins scripts at fixed times whatever the server does: load without coordinated omission.
#pragma once

#include <deque>
#include <vector>

#include "tools/tdbench/script_agent.hpp"

namespace taskdriver::bench {

/// Hands each scheduled start to an idle agent; when none is idle, it waits for one and keeps its
/// scheduled time, so that the waiting shows in the latency.
///
/// Thread: the lane's.
class open_loop : public agent_pool, private timer_listener {
public:
  /// `rate` starts per second from this lane.
  open_loop(lane& in, double rate);

  void start();
  void idle(script_agent& agent) override;
  /// Scheduled starts that no agent has begun yet.
  std::size_t waiting() const { return waiting_.size(); }

private:
  void on_timer() override;
  std::int64_t due_ns() const;

  lane& lane_;
  double interval_ns_;
  std::int64_t begun_ns_ = 0;
  std::uint64_t scheduled_ = 0;
  std::vector<script_agent*> idle_;
  std::deque<std::int64_t> waiting_;
};

}  // namespace taskdriver::bench
