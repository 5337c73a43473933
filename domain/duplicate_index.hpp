// Which tasks the index of duplicates has, and how it catches up once a type asks for them.
#pragma once

#include "base/result.hpp"
#include "domain/transaction.hpp"

namespace taskdriver::domain {

/// A type that allows duplicates never looks for them, so the index leaves its new tasks out: of
/// what is stored of a queued task an entry would be one record in five, and the only one whose
/// keys come in no order. Told to ignore or refuse duplicates, it catches up step by step:
///
///   complete --------- allow: a task is created --------> leaves out tasks from `end` on
///      ^                                                     |                  ^
///      |                                  ignore or fail     |                  |
///      |                                  (update_type)      v                  | allow
///      +--- no task of the type from `end` on --- catches up: `end` moves on ---+
///
/// While it catches up nobody can tell whether a new task would be a duplicate, and none is
/// created. The end is stored (stored_type::duplicates_end): any node goes on where another one
/// stopped.

/// Enters a task in the index, or takes it out, unless the index leaves it out.
void index_duplicate_of(transaction& tx, const task_spec& spec, bool add);

/// To be called before a task is created.
void leave_out_if_allowed(transaction& tx, const task_spec& spec);

/// Enters the next tasks of a type that catches up, as many as state_bounds allow.
void catch_up(transaction& tx, sequence type);

/// For creations: unavailable while the type catches up.
result<void> can_tell_duplicates(const stored_type& type);

}  // namespace taskdriver::domain
