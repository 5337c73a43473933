// The reconnection state machine of agent_actor.hpp.
#include "actors/agent_actor.hpp"

#include <algorithm>
#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "actors/local_messages.hpp"
#include "actors/timers.hpp"

namespace taskdriver::actors {
namespace {

class agent_actor final : public caf::event_based_actor {
public:
  agent_actor(caf::actor_config& cfg, caf::actor project, const node_context& node,
              std::string agent)
      : event_based_actor(cfg),
        project_(std::move(project)),
        node_(node),
        agent_(std::move(agent)) {}

  caf::behavior make_behavior() override {
    return {
        [this](park_poll& p) { park(std::move(p)); },
        [this](const wake_poll& w) { wake(w.arrival); },
        [this](const session_ended& s) { end_session(s.token); },
        [this](const release_polls& r) { release(r.project_deleted); },
        [this](const return_poll& r) { give_back(r.gateway); },
    };
  }

  void on_exit() override { parked_.reset(); }

private:
  struct parked_poll {
    routed_request poll;
    std::uint64_t arrival = 0;
  };

  void park(park_poll p) {
    // An older poll that found nothing comes back, but its agent has reconnected meanwhile.
    if (parked_ && parked_->arrival > p.arrival) return refuse(std::move(p));
    if (parked_) answer_no_task();
    parked_ = parked_poll{std::move(p.poll), p.arrival};
    arm_timer();
  }

  void refuse(park_poll p) {
    p.poll.request->respond(domain::reply{domain::no_task{agent_}});
    tell_absent(p.arrival);
  }

  void wake(std::uint64_t arrival) {
    if (!parked_ || parked_->arrival != arrival) return tell_absent(arrival);
    if (parked_->poll.request->gone()) {
      parked_.reset();
      return tell_absent(arrival);
    }
    send(project_, poll_ready{std::move(parked_->poll), arrival});
    parked_.reset();
  }

  /// A poll that was woken for nothing comes back with the same deadline, which may be often.
  void arm_timer() {
    const auto deadline = parked_->poll.deadline_ms;
    if (timer_at_ms_ && *timer_at_ms_ <= deadline) return;
    timer_at_ms_ = deadline;
    const auto left = std::max<std::int64_t>(0, deadline - node_.now().steady_ms);
    after_time(*this, std::chrono::milliseconds(left), [this] { look_at_time(); });
  }

  void look_at_time() {
    timer_at_ms_.reset();
    if (!parked_) return;
    if (parked_->poll.deadline_ms <= node_.now().steady_ms) return answer_no_task();
    arm_timer();
  }

  void end_session(const domain::token_hash& token) {
    if (!parked_ || !parked_->poll.who.with || parked_->poll.who.with->token != token) return;
    answer_with(error_info{.code = errc::unauthenticated, .text = "The session has ended"});
  }

  /// Nothing will be parked after this, so the actor ends.
  void release(bool project_deleted) {
    if (parked_ && project_deleted)
      answer_with(error_info{.code = errc::not_found, .text = "Project not found"});
    else if (parked_)
      answer_no_task();
    quit();
  }

  void give_back(const caf::actor& gateway) {
    if (!parked_) return;
    send(gateway, unserved{std::move(parked_->poll)});
    tell_absent(parked_->arrival);
    parked_.reset();
  }

  void answer_no_task() { answer_with(domain::reply{domain::no_task{agent_}}); }

  void answer_with(answer a) {
    parked_->poll.request->respond(std::move(a));
    tell_absent(parked_->arrival);
    parked_.reset();
  }

  void tell_absent(std::uint64_t arrival) { send(project_, poll_absent{agent_, arrival}); }

  caf::actor project_;
  const node_context& node_;
  std::string agent_;
  std::optional<parked_poll> parked_;
  std::optional<std::int64_t> timer_at_ms_;
};

}  // namespace

caf::actor spawn_agent_actor(caf::local_actor& project, const node_context& node,
                             std::string agent) {
  return project.spawn<agent_actor, caf::linked>(caf::actor_cast<caf::actor>(&project), node,
                                                 std::move(agent));
}

}  // namespace taskdriver::actors
