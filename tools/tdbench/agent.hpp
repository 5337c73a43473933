// An agent of the load: logs in over its own connection, then asks one request after the other.
#pragma once

#include <string>
#include <string_view>

#include "tools/tdbench/http_connection.hpp"
#include "tools/tdbench/lane.hpp"

namespace taskdriver::bench {

struct agent_identity {
  std::string name;
  const endpoint& server;
  const task_home& home;
};

/// What all agents have in common. A request that was refused for now (429, 503) or whose
/// connection broke is repeated after a while, and its latency counts from its first attempt.
///
/// Thread: the lane's. Owns: its connection.
/// Fails: a refused login ends the phase.
class agent : private answer_listener, private timer_listener {
public:
  agent(lane& in, agent_identity identity);
  ~agent() override = default;

  void log_in();
  /// Called once after every agent has logged in and this one's time has come.
  virtual void start() = 0;

protected:
  /// Sends a request that stays as it is until answered. `from_ns` is where its latency begins.
  void ask(measure kind, std::string_view request, std::int64_t from_ns);

  /// Logged in: `as` is how to call from now on.
  virtual void prepare(const caller& as) = 0;
  /// An answer 2xx, `latency_ns` after its `from_ns`.
  virtual void on_success(measure kind, const http_answer& answer, std::int64_t latency_ns) = 0;
  /// Any other answer that a repetition would not change; it has been counted.
  virtual void on_refusal(measure kind) = 0;
  /// The phase ends while a request was to be repeated.
  virtual void on_stop() = 0;

  /// True if a claim's answer names another agent than this one: it has gone astray.
  bool meant_for_another(const http_answer& answer) const;

  lane& lane_;
  const agent_identity identity_;

private:
  void on_answer(const http_answer& answer) final;
  void on_broken(std::string_view why) final;
  void on_stray() final;
  void on_timer() final;
  void take_login(const http_answer& answer);
  void repeat_in(std::int64_t delay_ns);

  http_connection connection_;
  std::string login_request_;
  measure kind_ = measure::login;
  std::string_view request_;
  std::int64_t from_ns_ = 0;
};

}  // namespace taskdriver::bench
