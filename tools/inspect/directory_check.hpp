// tdctl verify for one data directory: every shard's log and state, recounted.
#pragma once

#include <functional>
#include <optional>

#include "tools/inspect/data_directory.hpp"

namespace taskdriver::inspect {

struct shard_report {
  shard_id shard{};
  storage::shard_position at;
  std::uint64_t checked_index = 0;  // the state after this entry was looked at
  std::uint64_t projects = 0;
  std::uint64_t tasks = 0;
  std::uint64_t records = 0;
  std::optional<std::uint64_t> checksum;
};

struct directory_report {
  std::string path;
  storage::store_format format;
  bool in_use = false;
  bool directory_checked = false;
  std::vector<shard_report> shards;  // those that could be read
  std::vector<finding> found;
  std::vector<std::string> notes;
};

struct check_options {
  /// Holds the directory against all shards although the node is, or may be, one of a cluster.
  bool single = false;
  /// Adds checksums of the shards' states, for a comparison.
  bool checksums = false;
  /// By shard: look at the state after this entry. Absent: after the last one.
  std::vector<std::optional<std::uint64_t>> up_to = {};
  /// Told now and then where it is: shard, and records read of it.
  std::function<void(shard_id, std::uint64_t)> on_progress = {};
};

/// Damage is in the report; nothing is changed. Memory is bounded however many tasks there are, but
/// for a shard's log (32 MiB, normally), project names, and agents that hold a task.
directory_report check_directory(data_directory& directory, const check_options& options);

}  // namespace taskdriver::inspect
