// Where requests enter the actors: the shortest way for each.
#pragma once

#include <caf/actor.hpp>

#include "actors/local_messages.hpp"
#include "actors/node_context.hpp"

namespace taskdriver::actors {

/// Most requests need nothing of the gateway, and a hop between threads less is some 10 us of CPU:
///
///   bring_in --its project is loaded here----> project_actor (project_doors.hpp)
///      |  \--another node serves its project-> that node; its answer goes straight to the client
///      |        \--"not here", or no answer--> gateway, as peer_returned
///      \--all others ------------------------> gateway
///
/// Others: to load a project first, large creations (creation_admission.hpp), what no node serves,
/// and a poll to another node, which is cancelled when its client hangs up (forwarding.hpp).
///
/// Thread: any. What goes to another node refers to `node` until it is answered.
void bring_in(routed_request r, const node_context& node, const caf::actor& gateway);

}  // namespace taskdriver::actors
