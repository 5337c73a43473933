// An agent that runs through a list of requests, in a closed loop or when told to begin.
#pragma once

#include <optional>
#include <string>

#include "tools/tdbench/agent.hpp"

namespace taskdriver::bench {

class script_agent;

/// Told by agents of an open loop that they are free.
class agent_pool {
public:
  virtual ~agent_pool() = default;
  virtual void idle(script_agent& agent) = 0;
};

/// Does the plan's script, e.g. create, claim, complete.
///
///   begin --> step 1 --> … --> last step --> begin (closed loop) or idle (open loop)
///               \ refused, or nothing to claim: the rest of the script is left out
///
/// Thread: the lane's.
class script_agent : public agent {
public:
  /// `pool` is null in a closed loop.
  script_agent(lane& in, agent_identity identity, agent_pool* pool);

  void start() override;
  /// Starts the script that should have begun at `scheduled_ns`.
  void begin(std::int64_t scheduled_ns);

private:
  void prepare(const caller& as) override;
  /// Renders the requests for this project.
  void work_in(const task_home& home);
  void on_success(measure kind, const http_answer& answer, std::int64_t latency_ns) override;
  void on_refusal(measure kind) override;
  void on_stop() override;

  void next_step(std::int64_t from_ns);
  /// The request of a step that creates nothing.
  std::string_view request_of(measure kind);
  void send_create(measure kind, create_request& request, std::uint64_t count,
                   std::int64_t from_ns);
  void remember_cursor(const http_answer& answer);
  /// False when there was nothing to claim.
  bool take_claim(const http_answer& answer);
  /// False for a 2xx whose body does not fit the request, such as another agent's answer.
  bool as_expected(measure kind, const http_answer& answer) const;
  void end_script(bool done);
  void finish();

  agent_pool* pool_;
  caller as_;
  std::optional<create_request> create_;
  std::optional<create_request> bulk_;
  std::optional<ending_request> complete_;
  std::optional<ending_request> fail_;
  std::string claim_;
  std::string page_;
  std::string peek_;
  std::string stats_;
  std::string list_target_;
  std::string first_page_;
  std::string next_page_;
  std::string cursor_;  // of the last page; empty: the list starts again
  std::string task_id_;
  std::size_t step_ = 0;
  std::int64_t scheduled_ns_ = 0;
  std::uint64_t created_ = 0;  // tasks of this run through the script
  bool found_nothing_ = false;
  bool finished_ = false;
};

}  // namespace taskdriver::bench
