// What becomes of an answer of a project once all that it tells of is committed.
#pragma once

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include "actors/answer_queue.hpp"

namespace taskdriver::actors {

struct delivery_route {
  const caf::actor& gateway;  // the way to the directory
  const caf::actor& reader;
  project_number project{};
};

/// Gives the answer to who asked: at once, after a page was read, or, of a changed status, when the
/// directory has recorded it too. Thread: the project's.
void deliver(caf::event_based_actor& project, const delivery_route& route, waiting_answer a);

// Instead of it, where a project lets go of what waits.
error_info being_reloaded();    // nothing was done: unavailable
error_info served_elsewhere();  // the stream may be about to hear of commits: outcome_unknown

}  // namespace taskdriver::actors
