// Write-ahead logs whose space is written with zeros before it is needed, so that an fsync stores
// bytes alone.
#pragma once

#include <memory>

namespace rocksdb {
class Env;
}

namespace taskdriver::storage {

/// `env` with one difference: a *.log file is filled with zeros some way ahead of its end.
///
///   | records, fsynced | the record being written | zeros ... |        while it is open
///   | records |                                                        once it is closed
///
/// An fsync after an append must store the file's new size as well, through the journal of the file
/// system. Writing over zeros that are on disk already takes half of the time and of the CPU
/// (docs/decisions/0013-zeros-ahead-in-the-write-ahead-log.md). The price: after a crash the last
/// file ends in zeros, and a power cut may leave holes in the record that was being written; both
/// are what wal_check expects.
///
/// RocksDB sees the sizes that it would see without. Large appends are not filled for: they pay for
/// their size once, and twice the bytes would cost more.
/// Thread: as `env`, which must outlive it.
std::unique_ptr<rocksdb::Env> with_filled_wal(rocksdb::Env& env);

}  // namespace taskdriver::storage
