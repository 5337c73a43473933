// The one place that decides who may do what (A2), and which commands only read.
#pragma once

#include "base/result.hpp"
#include "domain/caller.hpp"
#include "domain/commands.hpp"

namespace taskdriver::domain {

/// True for what only looks and never changes a record.
bool is_read(const command& what);

/// May this caller carry out `what` in project `target`? The admin token may do everything. In
/// `open` mode a session may do everything in its own project and may read other projects; only a
/// login needs no session. Fails: unauthenticated, forbidden.
result<void> authorize(const caller& who, const command& what, project_number target);

/// The same for operations of the directory: a session may create and list projects.
result<void> authorize_directory(const caller& who);

}  // namespace taskdriver::domain
