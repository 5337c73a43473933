// From what a decision changes to the payload of a log entry; on the path of every write.
#pragma once

#include <string>

#include "domain/changes.hpp"

namespace taskdriver::storage {

/// The payload that does `changes` to `project` (0: the directory) when it is applied. One
/// allocation. Thread: any.
std::string encode_changes(const domain::changes& changes, project_number project,
                           std::uint16_t shard_count);

}  // namespace taskdriver::storage
