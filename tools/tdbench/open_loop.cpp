// The schedule of an open loop.
#include "tools/tdbench/open_loop.hpp"

namespace taskdriver::bench {

open_loop::open_loop(lane& in, double rate) : lane_(in), interval_ns_(1e9 / rate) {}

void open_loop::start() {
  begun_ns_ = steady_ns();
  lane_.loop.call_at(due_ns(), *this);
}

std::int64_t open_loop::due_ns() const {
  return begun_ns_ + static_cast<std::int64_t>(interval_ns_ * static_cast<double>(scheduled_));
}

void open_loop::idle(script_agent& agent) {
  if (waiting_.empty()) {
    idle_.push_back(&agent);
    return;
  }
  const std::int64_t scheduled_ns = waiting_.front();
  waiting_.pop_front();
  agent.begin(scheduled_ns);
}

void open_loop::on_timer() {
  if (lane_.phase.stopping()) return;
  const std::int64_t now = steady_ns();
  for (; due_ns() <= now; ++scheduled_) {
    if (idle_.empty()) {
      waiting_.push_back(due_ns());
      continue;
    }
    script_agent* const agent = idle_.back();
    idle_.pop_back();
    agent->begin(due_ns());
  }
  lane_.loop.call_at(due_ns(), *this);
}

}  // namespace taskdriver::bench
