// One message to an agent's actor for each thing that happens to its poll.
#include "actors/waiting_agents.hpp"

#include <caf/event_based_actor.hpp>

#include "actors/agent_actor.hpp"

namespace taskdriver::actors {

void waiting_agents::park(std::uint64_t arrival, const std::string& agent, routed_request poll) {
  auto& actor = agents_[agent];
  if (!actor) actor = spawn_agent_actor(project_, node_, agent);
  line_.add(arrival, agent);
  project_.send(actor, park_poll{std::move(poll), arrival});
}

void waiting_agents::wake(std::uint64_t tasks) {
  while (auto next = line_.wake_next(tasks))
    project_.send(agents_.at(next->second), wake_poll{next->first});
}

void waiting_agents::end_session(const domain::session& ended) {
  const auto found = agents_.find(ended.agent);
  if (found != agents_.end()) project_.send(found->second, session_ended{ended.token});
}

void waiting_agents::release(bool project_deleted) {
  released_ = true;
  for (const auto& [_, actor] : agents_) project_.send(actor, release_polls{project_deleted});
}

void waiting_agents::end_idle() {
  if (line_.size() > 0) return;
  for (auto& [_, actor] : agents_) {
    project_.unlink_from(actor);
    project_.send_exit(actor, caf::exit_reason::user_shutdown);
  }
  agents_.clear();
}

}  // namespace taskdriver::actors
