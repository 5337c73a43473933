// Knows which of this node's projects has an actor, starts them, and finds other nodes' projects.
#pragma once

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include "actors/node_context.hpp"

namespace taskdriver::actors {

/// Sends each request to where its caller can be checked first: a session's project, or, with the
/// admin token and for logins, straight to the target. Most requests need nothing of it and pass it
/// by (entrance.hpp).
///
///   request --> gateway --> project_actor (the session's home) --> answer
///                 |   ^             | for another project, or the directory
///                 |   +-------------+
///                 +--> directory_actor (names, lists, creation, deletion)
///                 +--> forwarding: what another node serves, and what no node serves now
///
/// A request that came from another node and is not served here goes back there: only the node
/// that has the client forwards, waits and tries again, until the request's time is over.
///
/// Starts a project's actor with its first request, and when its shard begins to be served here and
/// it has running leases (P6); forgets it when it says it is idle or dies. A dead actor's requests
/// are answered 503 as they are destroyed; the next one starts it anew, or
/// actor_settings::retry_ms does, since its leases need their timers. While too many are loaded, it
/// asks those that were used least recently to leave (loaded_projects.hpp).
///
/// Thread: CAF's. Owns: the handles of projects and of the directory, what is under way to others.
caf::actor spawn_gateway_actor(caf::actor_system& system, const node_context& node);

}  // namespace taskdriver::actors
