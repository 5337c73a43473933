// Takes in the questions of other nodes: reads them off the network's threads.
#pragma once

#include <caf/actor.hpp>
#include <caf/fwd.hpp>
#include <memory>

#include "actors/api.hpp"
#include "actors/node_context.hpp"

namespace taskdriver::actors {

/// Turns peer_question_arrived messages into what the gateway routes, marked as visiting: what is
/// not served here goes back at once, so that only the node that has the client waits and retries.
///
/// Thread: CAF's, or a lent one (lent_threads.hpp). Several may share the work; questions are
/// independent of each other.
caf::actor spawn_visitors_actor(caf::actor_system& system, const node_context& node,
                                caf::actor gateway, std::shared_ptr<const request_reader> reader);

}  // namespace taskdriver::actors
