// Reads pages of tasks, so that a long list never delays a project's decisions.
#pragma once

#include <caf/fwd.hpp>

#include "actors/node_context.hpp"

namespace taskdriver::actors {

/// Takes list_job messages and answers their requests; what this node stopped serving meanwhile
/// goes back to the gateway. Thread: CAF's; one at a time.
caf::actor spawn_reader_actor(caf::local_actor& gateway, const node_context& node);

}  // namespace taskdriver::actors
