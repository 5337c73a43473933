// Lists tasks from the store alone, so that a long list never holds up a project's decisions.
#pragma once

#include "domain/commands.hpp"
#include "domain/replies.hpp"

namespace taskdriver::domain {

/// A page of tasks in creation order, with a total where the project's counters give one. Sees what
/// was applied: the caller waits for that first.
///
/// Walks the narrowest index the filters name and checks the others on each record; after
/// `examined_max` records it ends the page early, with has_more and a cursor to go on from.
/// Thread: any.
task_page list_page(const record_source& source, const project_view& project,
                    const list_tasks& what);

inline constexpr std::size_t examined_max = 200'000;

}  // namespace taskdriver::domain
