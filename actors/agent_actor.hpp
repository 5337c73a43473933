// One actor per agent name that waits for a task: its parked long-poll and how it reconnects.
#pragma once

#include <caf/fwd.hpp>
#include <string>

#include "actors/node_context.hpp"

namespace taskdriver::actors {

/// Keeps at most one parked poll of one agent, and gives it back to the project when a task may be
/// there. What must survive a crash (sessions, incarnation, the current lease) is decided and kept
/// with the queue, in project_state; here is only what a lost connection makes void.
///
///            park_poll                     wake_poll, client still there
///    idle ---------------> parked(poll) ---------------------------------> idle (poll_ready)
///     ^                      |  |  |
///     |<-- time is up -------+  |  +-- park_poll: a reconnect; the older poll is answered
///     |    (success:false)      |      "no task", the newer one takes its place
///     +<-- wake_poll, client ---+
///          hung up (poll_absent)      session_ended: the poll is answered 401
///
/// The agent finds its task again by next-task, whoever was parked: nothing is lost with a poll.
///
/// Thread: CAF's. Owns: its parked request. Spawned and linked by a project_actor.
caf::actor spawn_agent_actor(caf::local_actor& project, const node_context& node,
                             std::string agent);

}  // namespace taskdriver::actors
