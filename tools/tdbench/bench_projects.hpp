// The projects of a run: made before the load, deleted after it.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "tools/tdbench/settings.hpp"

namespace taskdriver::bench {

/// Makes `bench.projects` projects named bench-<time>-<pid>-<n> with one type each; `made` also
/// holds them if a later one fails. Thread: any, blocks. Fails: unavailable, with the answer.
result<void> make_projects(const settings& bench, std::vector<task_home>& made);

/// Deletes what make_projects() made. Fails: unavailable, naming the projects that are left.
result<void> delete_projects(const settings& bench, const std::vector<task_home>& made);

}  // namespace taskdriver::bench
