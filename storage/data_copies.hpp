// Backups of data directories that no server has open, and data directories made from backups.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace rocksdb {
class Env;
}

namespace taskdriver::storage {

struct copied_directory {
  std::uint64_t store_id = 0;  // of the copy
  std::uint16_t shard_count = 0;
  bool from_cluster = false;  // the original was a node of a cluster; the copy belongs to none
};

/// Makes `to`, which must not exist, a backup of the data directory `from`: log and state of all
/// shards, with a store id of its own. Shares files by hard links if it can. `env` null is the
/// machine's file system, as below.
/// Fails: as node_store::open(), above all in_use (a server runs on `from`); name_taken (`to`).
result<copied_directory> backup_directory(const std::string& from, const std::string& to,
                                          rocksdb::Env* env = nullptr);

/// Makes `to`, which must be absent or empty, a data directory with all that `backup` has and a new
/// store id: to a cluster it is a new disk (R1). The backup stays as it is and shares no file with
/// the copy. After a crash or failure in between no server opens `to`, and it has to be removed.
/// Fails: name_taken (`to` is a data directory already), validation (`to` is not empty, or `backup`
/// is no data directory), in_use (a server runs on `backup`), internal (`backup` is damaged),
/// unavailable (disk full), forbidden.
result<copied_directory> restore_directory(const std::string& backup, const std::string& to,
                                           rocksdb::Env* env = nullptr);

}  // namespace taskdriver::storage
