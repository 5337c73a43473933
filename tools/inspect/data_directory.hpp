// A data directory opened to be looked at: its database, and where each shard stands.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/read_only.hpp"
#include "tools/inspect/findings.hpp"

namespace taskdriver::inspect {

/// Owns: the open database. Nothing on disk is ever changed. Thread: one.
struct data_directory {
  /// `path` may be in use by a server, whose files come and go: it is tried some times then, for a
  /// few seconds at most. Fails: as storage::open_read_only().
  static result<data_directory> open(const std::string& path, rocksdb::Env* env = nullptr);

  std::string path;
  bool in_use = false;          // a server had it open
  bool cluster_member = false;  // or a copy of one: not all shards are of one moment
  std::unique_ptr<storage::engine> store;
  /// By shard; nullopt where log and state do not fit, which is in `found`.
  std::vector<std::optional<storage::shard_position>> positions;
  std::vector<finding> found;
};

/// The epoch of entry `index`; nullopt when the log does not tell any more.
std::optional<std::uint64_t> epoch_of(const storage::shard_position& at, std::uint64_t index);

}  // namespace taskdriver::inspect
