// Translates RocksDB's Status to the project's errors; nothing of RocksDB leaves the folder.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.hpp"

namespace rocksdb {
class Status;
}

namespace taskdriver::storage {

/// What a failed call means for the node.
enum class disk_trouble {
  none,
  full,   // ENOSPC, now or before: writes stop until there is room
  fatal,  // anything else: what is on disk is not known any more
};
disk_trouble trouble_of(const rocksdb::Status& status);

/// unavailable for a full disk, else internal. `doing` completes "while ...".
error_info to_error(const rocksdb::Status& status, std::string_view doing);

/// What to do when an opening failed for want of descriptors; nullopt when it failed otherwise.
std::optional<error_info> too_many_open_files(const rocksdb::Status& status);

}  // namespace taskdriver::storage
