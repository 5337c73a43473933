// An agent that waits for tasks in long-polls and completes what it gets.
#pragma once

#include <optional>
#include <string>

#include "tools/tdbench/agent.hpp"

namespace taskdriver::bench {

/// Parks a next-task request with waitSeconds again and again; reports deliveries to the board.
///
/// Thread: the lane's.
class poll_agent : public agent {
public:
  poll_agent(lane& in, agent_identity identity);

  void start() override;

private:
  void prepare(const caller& as) override;
  void on_success(measure kind, const http_answer& answer, std::int64_t latency_ns) override;
  void on_refusal(measure kind) override;
  void on_stop() override {}

  void park();
  void take_task(const http_answer& answer, std::string_view id);

  std::string poll_;
  std::optional<ending_request> complete_;
};

}  // namespace taskdriver::bench
