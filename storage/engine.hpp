// The open database and what its users share; internal to storage/, the only place with RocksDB
// handles.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/format_file.hpp"
#include "storage/log_entry.hpp"
#include "storage/store_health.hpp"
#include "storage/store_options.hpp"

namespace taskdriver::storage {

/// What one shard's log and state have reached; each field has one writer.
struct shard_progress {
  // All also by shard_install, while none of the others is at work for the shard.
  std::atomic<std::uint64_t> last = 0;     // durable in the log; by the log_writer
  std::atomic<std::uint64_t> applied = 0;  // by whoever calls apply() for the shard
  std::atomic<std::uint64_t> base = 0;     // by the keeper
  std::atomic<std::uint64_t> flushed = 0;  // applied index on disk, as of the last cut; by the same
  std::atomic<std::uint64_t> hold_from = ~std::uint64_t{0};  // by hold_log()
};

/// Keys of `state` with at least so many bytes (shard u16, project u32, kind u8) get insert hints.
inline constexpr std::size_t hint_prefix_bytes = 7;

/// One RocksDB with its two column families. Made by store_opening.cpp, in the order of the
/// members. Thread: what RocksDB and the atomics allow; nothing here is changed after opening but
/// atomics. Owns: the lock of the data directory, the database, the handles.
struct engine {
  explicit engine(store_options opts);
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  rocksdb::DB& db() const { return *database; }
  shard_progress& progress(shard_id shard) { return shards[raw(shard)]; }
  /// Takes what was opened with column_families().
  void own(rocksdb::DB* opened, const std::vector<rocksdb::ColumnFamilyHandle*>& families);
  bool knows(shard_id shard) const { return raw(shard) < format.shard_count; }

  store_options options;
  rocksdb::Env& env;
  const std::unique_ptr<rocksdb::Env> database_env;  // of what is in db/
  store_health health;
  store_format format;
  rocksdb::FileLock* lock = nullptr;
  std::unique_ptr<rocksdb::DB> database;
  rocksdb::ColumnFamilyHandle* unused_default = nullptr;
  rocksdb::ColumnFamilyHandle* log = nullptr;
  rocksdb::ColumnFamilyHandle* state = nullptr;
  std::vector<shard_progress> shards;
  /// Bytes of entries since the last cut; the keeper is woken when it passes log_cut_bytes.
  std::atomic<std::uint64_t> log_bytes_uncut = 0;
  /// Set by the keeper for as long as it lives.
  std::function<void()> wake_keeper;
};

/// Writes to `log`, fsynced before it returns.
rocksdb::Status write_log(engine& store, rocksdb::WriteBatch& batch);
/// Writes to `state`, without WAL: the entries of `log` are its WAL.
rocksdb::Status write_state(engine& store, rocksdb::WriteBatch& batch);

/// Database options for `store`, and those of the two column families (rocksdb_setup.cpp).
rocksdb::DBOptions database_options(engine& store);
std::vector<rocksdb::ColumnFamilyDescriptor> column_families(const store_limits& limits);

/// Opens the data directory of `store.options`. Fails: as node_store::open().
result<void> open_database(engine& store);

/// Before anything is written that only this version can read, and after the directory was found to
/// be whole. Fails: as write_format().
result<void> raise_format(engine& store);

/// Reads where every shard stands and checks that it can be so. Fails: internal (damaged).
result<std::vector<shard_position>> read_positions(engine& store);
/// The same for one shard, at any time.
result<shard_position> read_position(engine& store, shard_id shard);

/// Deletes from the log what the state on disk has; flushes nothing.
rocksdb::Status cut_log(engine& store);

/// Flushes state, cuts the log, and flushes that.
/// Thread: one at a time (the keeper). Fails: unavailable (disk full), internal (disk).
result<void> flush_and_cut(engine& store);

/// Puts something into the memtable of `state`. RocksDB leaves a write-ahead log that ends in half
/// a record only when it flushes a memtable; with all of them empty it could not be resumed.
rocksdb::Status keep_resumable(engine& store);

/// Looks at the free space and tells store.health whether the reserve is used up. Thread: any.
void watch_space(engine& store);

/// After ENOSPC: makes RocksDB take writes again, in a new write-ahead log.
rocksdb::Status resume_database(engine& store);

}  // namespace taskdriver::storage
