// Opens a data directory to be looked at, changing nothing in it; for the tools that inspect one.
#pragma once

#include <memory>
#include <string>

#include "storage/engine.hpp"

namespace taskdriver::storage {

/// The database of `data_dir` as it is on disk now: no LOCK is taken, no file is made, changed or
/// removed, and nothing is replayed into `state`. What a server writes later is not seen. On a
/// directory that a server has open it may fail because files vanish meanwhile: try again then.
/// Nothing that writes may be called on the engine. `env` null is the machine's file system.
/// Fails: validation (no data directory), wrong_state (of a newer version), internal (damaged, or
/// not readable).
result<std::unique_ptr<engine>> open_read_only(const std::string& data_dir,
                                               rocksdb::Env* env = nullptr);

/// Whether another process holds the directory's LOCK. Asks without touching the lock.
bool in_use_elsewhere(const std::string& data_dir);

}  // namespace taskdriver::storage
