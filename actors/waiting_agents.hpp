// The agents of one project that wait for a task: their actors, and who is woken next.
#pragma once

#include <caf/actor.hpp>
#include <caf/fwd.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "actors/local_messages.hpp"
#include "actors/node_context.hpp"
#include "actors/poll_line.hpp"

namespace taskdriver::actors {

/// Parks polls with the actors of their agents and wakes them in order of arrival.
/// Thread: the project's. Owns: the agents' actors, which are linked to the project's.
class waiting_agents {
public:
  /// Both must outlive it.
  waiting_agents(caf::event_based_actor& project, const node_context& node)
      : project_(project), node_(node) {}

  std::uint64_t next_arrival() { return line_.next_arrival(); }
  void park(std::uint64_t arrival, const std::string& agent, routed_request poll);
  /// Wakes as many as there are tasks for, those counted that were woken before.
  void wake(std::uint64_t tasks);
  /// Woken agents come back on threads of their own: each waits here for those that were woken
  /// before it, so that the first in line gets the first task.
  void came_back(poll_ready p) { came_back_.emplace(p.arrival, std::move(p)); }
  std::optional<poll_ready> next_to_try();
  /// A poll tries again, or is gone.
  void leave(std::uint64_t arrival) { line_.settle(arrival); }
  std::size_t size() const { return line_.size(); }

  /// The poll of the session's own agent ends at once; one parked under another name, when woken.
  void end_session(const domain::session& ended);
  /// Answers all polls; nothing may be parked after that.
  void release(bool project_deleted);
  bool released() const { return released_; }
  /// All polls go to the gateway, to be parked where the project is served: they leave one by one,
  /// those that were woken as poll_ready.
  void give_back(const caf::actor& gateway);
  /// Agents that wait for nothing leave memory. park() does that, too, when they are many.
  void end_idle();
  /// Lets go of the actors without a word, as the project ends.
  void clear() { agents_.clear(), came_back_.clear(); }

private:
  caf::event_based_actor& project_;
  const node_context& node_;
  std::unordered_map<std::string, caf::actor> agents_;
  poll_line line_;
  std::map<std::uint64_t, poll_ready> came_back_;  // by arrival
  std::size_t end_idle_at_ = 0;                    // agents
  bool released_ = false;
};

}  // namespace taskdriver::actors
