// One message to an agent's actor for each thing that happens to its poll.
#include "actors/waiting_agents.hpp"

#include <caf/event_based_actor.hpp>

#include "actors/agent_actor.hpp"

namespace taskdriver::actors {
namespace {

/// So many agents that wait for nothing may stay until the next sweep, or as many as wait.
constexpr std::size_t idle_min = 64;

}  // namespace

void waiting_agents::park(std::uint64_t arrival, const std::string& agent, routed_request poll) {
  if (agents_.size() >= end_idle_at_) end_idle();
  auto& actor = agents_[agent];
  if (!actor) actor = spawn_agent_actor(project_, node_, agent);
  line_.add(arrival, agent);
  project_.send(actor, park_poll{std::move(poll), arrival});
}

void waiting_agents::wake(std::uint64_t tasks) {
  while (auto next = line_.wake_next(tasks))
    project_.send(agents_.at(next->second), wake_poll{next->first});
}

std::optional<poll_ready> waiting_agents::next_to_try() {
  if (came_back_.empty() || !line_.may_try(came_back_.begin()->first)) return std::nullopt;
  return std::move(came_back_.extract(came_back_.begin()).mapped());
}

void waiting_agents::end_session(const domain::session& ended) {
  const auto found = agents_.find(ended.agent);
  if (found != agents_.end()) project_.send(found->second, session_ended{ended.token});
}

void waiting_agents::release(bool project_deleted) {
  released_ = true;
  for (const auto& [_, actor] : agents_) project_.send(actor, release_polls{project_deleted});
}

void waiting_agents::give_back(const caf::actor& gateway) {
  released_ = true;
  for (const auto& [_, actor] : agents_) project_.send(actor, return_poll{gateway});
}

void waiting_agents::end_idle() {
  const auto waiting = line_.agents();
  std::erase_if(agents_, [&](const auto& entry) {
    if (waiting.contains(entry.first)) return false;
    project_.unlink_from(entry.second);
    project_.send_exit(entry.second, caf::exit_reason::user_shutdown);
    return true;
  });
  end_idle_at_ = 2 * agents_.size() + idle_min;
}

}  // namespace taskdriver::actors
