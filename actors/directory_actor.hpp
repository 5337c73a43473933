// The owner of the directory (shard 0): names, lists of projects, their creation and deletion.
#pragma once

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include "actors/node_context.hpp"

namespace taskdriver::actors {

/// A creation or deletion takes three commits, each before the next step:
///
///   create: reserve the name here --> create_project there --> activate here --> answer
///   delete: mark as deleting here --> remove_project there --> forget here   --> answer
///
/// What a crash or an error leaves in between is taken up again, at the start and every
/// actor_settings::retry_ms, until it is done or undone: a project that exists there is activated,
/// one that does not is forgotten.
///
/// It lives only where shard 0 is served. Projects may be on other nodes: their orders go through
/// the gateway, and an order whose answer was lost may still be carried out for a while, so that a
/// creation is undone only after that.
///
/// Thread: CAF's. Owns: the directory, requests under way.
caf::actor spawn_directory_actor(caf::local_actor& gateway, const node_context& node);

}  // namespace taskdriver::actors
