// The owner of one project on this node: decides its commands and answers once they are committed.
#pragma once

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include "actors/node_context.hpp"

namespace taskdriver::actors {

/// The other actors a project talks to; the directory is reached through the gateway.
struct project_peers {
  caf::actor gateway;
  caf::actor reader;
};

/// Owns queue, leases, sessions and counters of one project (domain/project_state.hpp).
///
///   spawn --> loading --changes_applied{0}----> serving --project_may_end--> ending --> gone
///             (requests wait)                    |    ^                  (in flight is awaited;
///                                                |    |                   requests go back to the
///                       decide, propose, answer -+----+                   gateway)
///                       after the commit
///
/// project_may_end comes when it said that it is idle: unused for long, or asked to leave because
/// too many are loaded. While a lease runs, a poll waits or something is under way it stays.
///
/// A proposal that is refused or lost makes its memory worthless: it ends, and the next request
/// loads the project anew, on whichever node serves it then. What waits for a commit is answered
/// 503 unless asking again is harmless; that, the parked polls and what was not decided yet go back
/// to the gateway, which finds the node.
///
/// Thread: CAF's, or a lent one (lent_threads.hpp). Owns: the state, the agents' actors, requests
/// that wait for a commit.
caf::actor spawn_project_actor(caf::local_actor& gateway, const node_context& node,
                               project_number number, project_peers peers);

}  // namespace taskdriver::actors
