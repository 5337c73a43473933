// Whether a request that reached a project is for it, and who asks: the door of project_actor.
#pragma once

#include <cstdint>

#include "actors/local_messages.hpp"
#include "domain/project_state.hpp"

namespace taskdriver::actors {

/// Checks the caller's session, which is kept by this project, and notes its use at `wall_ms`.
/// False: there is none, and the request was answered 401. Thread: the project's.
bool verify_session(routed_request& r, domain::project_state& state, std::int64_t wall_ms);

/// True for what another project or the directory has to do.
bool is_for_another(const routed_request& r, project_number here);

/// Whether the (verified) caller may ask the project that the request goes on to. What is for the
/// directory passes: it checks for itself. Fails: as domain::authorize.
result<void> authorize_passing(const routed_request& r);

/// False if the project is gone, or another one has the number of the one that is meant.
bool names_project(const destination& to, const domain::project_state& state);

}  // namespace taskdriver::actors
