// What tdctl does to data directories without changing them; called by the command verify.
#pragma once

#include <string>
#include <vector>

#include "tools/tdctl/console.hpp"

namespace taskdriver::tdctl {

/// Recounts each directory, compares the copies of shards in several, and prints the report. The
/// exit code: exit_failed when anything is wrong or cannot be read.
int verify_directories(const std::vector<std::string>& paths, bool single, bool as_json,
                       const console& to);

}  // namespace taskdriver::tdctl
