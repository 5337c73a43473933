// tdctl dump: what a data directory has on disk, key by key, one line each.
#pragma once

#include <iosfwd>
#include <limits>
#include <optional>

#include "tools/inspect/data_directory.hpp"

namespace taskdriver::inspect {

struct dump_options {
  std::optional<shard_id> shard = {};
  /// Only what is about it; 0 is the directory. Log entries: those that change it.
  std::optional<project_number> project = {};
  bool log = true;
  bool state = true;
  /// Log entries and state keys together.
  std::uint64_t lines_max = std::numeric_limits<std::uint64_t>::max();
  /// One JSON object a line; an entry has its operations in it.
  bool json = false;
};

/// State as it is on disk, without what only the log has; both in order of keys, shard by shard.
/// What cannot be read is printed as hex under the word "malformed". Stops when `out` fails.
/// Fails: validation (no such shard), internal (bad checksum; what comes before was printed).
result<void> dump_directory(data_directory& directory, const dump_options& options,
                            std::ostream& out);

}  // namespace taskdriver::inspect
