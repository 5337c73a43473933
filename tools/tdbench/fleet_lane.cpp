// The life of a client thread.
#include "tools/tdbench/fleet_lane.hpp"

namespace taskdriver::bench {
namespace {

/// More at a time would overflow the server's accept queue when thousands of polls connect.
constexpr int logins_at_once = 32;
constexpr std::int64_t last_answers_ns = 1'000'000'000;

}  // namespace

fleet_lane::fleet_lane(phase_state& state, double rate) : lane(state) {
  if (rate > 0) schedule_ = std::make_unique<open_loop>(*this, rate);
}

void fleet_lane::add_worker(agent_identity identity) {
  workers_.push_back(std::make_unique<script_agent>(*this, std::move(identity), schedule_.get()));
}

void fleet_lane::add_poll(agent_identity identity) {
  polls_.push_back(std::make_unique<poll_agent>(*this, std::move(identity)));
}

void fleet_lane::run() {
  for (int i = 0; i < logins_at_once; ++i) log_next_in();
  while (stage_ != run_stage::stopping) {
    loop.run_once();
    follow_stage();
  }
  wait_for_answers();
}

void fleet_lane::log_next_in() {
  const std::size_t index = next_login_++;
  if (index < workers_.size()) {
    workers_[index]->log_in();
  } else if (index - workers_.size() < polls_.size()) {
    polls_[index - workers_.size()]->log_in();
  }
}

void fleet_lane::agent_logged_in() {
  ++phase.logged_in;
  log_next_in();
}

void fleet_lane::follow_stage() {
  const run_stage before = stage_;
  stage_ = phase.stage;
  stats.recording = stage_ == run_stage::measuring;
  if (stage_ == run_stage::stopping) return;
  if (before < run_stage::parking && stage_ >= run_stage::parking) {
    for (auto& poll : polls_) poll->start();
  }
  if (before < run_stage::working && stage_ >= run_stage::working) {
    for (auto& worker : workers_) worker->start();
    if (schedule_) schedule_->start();
  }
}

void fleet_lane::wait_for_answers() {
  const std::int64_t deadline_ns = steady_ns() + last_answers_ns;
  const auto waiting = [this] {
    const delivery_board* const board = phase.board;
    return in_flight > 0 || (board != nullptr && board->delivered_count() < board->sent_count());
  };
  while (waiting() && steady_ns() < deadline_ns) loop.run_once();
  stats.unanswered += static_cast<std::uint64_t>(in_flight);
}

}  // namespace taskdriver::bench
