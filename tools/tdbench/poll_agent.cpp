// Parking, delivery and completion of a waiting agent.
#include "tools/tdbench/poll_agent.hpp"

#include "tools/tdbench/json_scan.hpp"

namespace taskdriver::bench {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

}  // namespace

poll_agent::poll_agent(lane& in, agent_identity identity) : agent(in, std::move(identity)) {}

void poll_agent::prepare(const caller& as) {
  poll_ =
      render_claim(as, identity_.name, identity_.home.project_id, lane_.phase.plan.wait_seconds);
  complete_ = ending_request::complete(as, identity_.name, lane_.phase.bench.shape);
}

void poll_agent::start() {
  park();
}

void poll_agent::park() {
  // At the end nobody parks again; the connections of parked polls are closed with the lane.
  if (!lane_.phase.stopping()) ask(measure::poll, poll_, steady_ns());
}

void poll_agent::on_success(measure kind, const http_answer& answer, std::int64_t latency_ns) {
  if (kind == measure::poll) {
    if (meant_for_another(answer)) {
      lane_.stats.record_error(kind, answer.status, answer.body);
      return park();
    }
    const auto id = find_string_field(answer.body, 2, "id");
    if (id && says_success(answer.body)) return take_task(answer, *id);
    // Timers of two processes may differ a little, hence the second of tolerance.
    const std::int64_t wait_ns = lane_.phase.plan.wait_seconds * second_ns;
    if (latency_ns < wait_ns - second_ns) lane_.phase.board->answered_early();
  } else {
    lane_.stats.record(kind, latency_ns);
  }
  park();
}

void poll_agent::take_task(const http_answer& answer, std::string_view id) {
  std::uint64_t number = 0;
  const auto instructions = find_string_field(answer.body, 3, "instructions");
  if (instructions && parse_task_number(*instructions, number)) {
    const auto latency_ns = lane_.phase.board->delivered(number, steady_ns());
    if (latency_ns) lane_.stats.record(measure::delivery, *latency_ns);
  }
  ask(measure::complete, complete_->for_task(id), steady_ns());
}

void poll_agent::on_refusal(measure) {
  park();
}

}  // namespace taskdriver::bench
