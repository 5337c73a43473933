// Flushes state, cuts the log below it, and brings the database back after a full disk.
#include "storage/engine.hpp"
#include "storage/log_codec.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::storage {
namespace {

/// Behind all shards.
constexpr const char* resumable_key = "\xff\xff\xff";

/// The applied index that is on disk, not the one in memory: kPersistedTier skips the memtables of
/// what is written without WAL. This is what makes a cut safe whoever triggered the flush.
rocksdb::Status flushed_applied(engine& store, shard_id shard, std::uint64_t& index) {
  rocksdb::ReadOptions options;
  options.read_tier = rocksdb::kPersistedTier;
  std::string value;
  const rocksdb::Status status = store.db().Get(options, store.state, applied_key(shard), &value);
  index = status.ok() ? decode_number(value).value_or(0) : 0;
  return status.IsNotFound() ? rocksdb::Status::OK() : status;
}

/// Adds the cut of one shard, up to and with `index`.
rocksdb::Status add_cut(engine& store, shard_id shard, std::uint64_t index,
                        rocksdb::WriteBatch& batch) {
  const std::string key = entry_key(shard, index);
  std::string value;
  rocksdb::Status status = store.db().Get({}, store.log, key, &value);
  if (!status.ok()) return status;
  const auto entry = decode_entry(key, value);
  if (!entry) return rocksdb::Status::Corruption("malformed log entry");
  const std::uint64_t first = store.progress(shard).base + 1;
  status = batch.DeleteRange(store.log, entry_key(shard, first), entry_key(shard, index + 1));
  if (status.ok()) {
    status = batch.Put(store.log, base_key(shard), encode_base({index, entry->epoch}));
  }
  return status;
}

rocksdb::Status flush(engine& store, rocksdb::ColumnFamilyHandle* family) {
  rocksdb::FlushOptions options;
  options.wait = true;
  // Waits for compactions to catch up rather than stalling the writer thread.
  options.allow_write_stall = false;
  return store.db().Flush(options, family);
}

}  // namespace

rocksdb::Status cut_log(engine& store) {
  rocksdb::WriteBatch batch;
  std::vector<std::uint64_t> bases(store.format.shard_count);
  std::vector<std::uint64_t> flushed(store.format.shard_count);
  for (std::uint16_t n = 0; n < store.format.shard_count; ++n) {
    const shard_id shard{n};
    rocksdb::Status status = flushed_applied(store, shard, flushed[n]);
    if (!status.ok()) return status;
    bases[n] = std::min(flushed[n], store.progress(shard).hold_from.load() - 1);
    if (bases[n] <= store.progress(shard).base) continue;
    status = add_cut(store, shard, bases[n], batch);
    if (!status.ok()) return status;
  }
  for (std::uint16_t n = 0; n < store.format.shard_count; ++n) store.shards[n].flushed = flushed[n];
  if (batch.Count() == 0) return rocksdb::Status::OK();
  // Synced, although losing a cut would harm nobody: wal_check relies on at most one record being
  // unsynced at any time.
  const rocksdb::Status status = write_log(store, batch);
  if (!status.ok()) return status;
  for (std::uint16_t n = 0; n < store.format.shard_count; ++n) {
    if (bases[n] > store.shards[n].base) store.shards[n].base = bases[n];
  }
  return status;
}

result<void> flush_and_cut(engine& store) {
  store.log_bytes_uncut = 0;
  rocksdb::Status status = flush(store, store.state);
  if (status.ok()) status = cut_log(store);
  // The flush drops the entries just cut, and so releases the write-ahead log that held them.
  if (status.ok()) status = flush(store, store.log);
  if (status.ok()) status = keep_resumable(store);
  if (!status.ok()) return to_error(status, "cutting the log");
  return {};
}

rocksdb::Status keep_resumable(engine& store) {
  rocksdb::WriteBatch batch;
  const rocksdb::Status status = batch.Put(store.state, resumable_key, "");
  return status.ok() ? write_state(store, batch) : status;
}

rocksdb::Status resume_database(engine& store) {
  const rocksdb::Status status = store.db().Resume();
  return status.ok() ? keep_resumable(store) : status;
}

}  // namespace taskdriver::storage
