// Applies durable entries to the state: blindly, atomically, once.
#include <rocksdb/write_batch.h>

#include "storage/engine.hpp"
#include "storage/log_codec.hpp"
#include "storage/node_store.hpp"
#include "storage/payload_codec.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::storage {
namespace {

/// Ranges with at most so many keys are deleted key by key.
constexpr std::size_t range_keys_max = 256;
/// RocksDB 7.8 keeps the memtable's insert hints of puts and of range tombstones in one map, and a
/// hint of the one kind breaks the other's list. So a range that begins inside a kind, as only that
/// of a task's attempts does, never becomes a tombstone; that of a whole project is too short for a
/// hint.
std::size_t keys_max_of(std::string_view begin) {
  return begin.size() < hint_prefix_bytes ? range_keys_max : ~std::size_t{0};
}

/// Copies the operations of entries into a write batch; refuses keys outside the entry's shard.
///
/// Small ranges become single deletes: RocksDB sorts all range tombstones of a memtable again for
/// the first read after each, so thousands of them would make every read slow.
class batch_filler final : public payload_visitor {
public:
  batch_filler(rocksdb::WriteBatch& batch, engine& store) : batch_(batch), store_(store) {}

  void enter(shard_id shard) {
    prefix_.clear();
    byte_writer(prefix_).u16(raw(shard));
    end_.clear();
    byte_writer(end_).u16(static_cast<std::uint16_t>(raw(shard) + 1));
  }
  void put(std::string_view key, std::string_view value) override {
    if (!within(key)) return;
    puts_.push_back(key);
    keep(batch_.Put(store_.state, key, value));
  }
  void erase(std::string_view key) override {
    if (within(key)) keep(batch_.Delete(store_.state, key));
  }
  void erase_range(std::string_view begin, std::string_view end) override {
    const bool end_within = end.starts_with(prefix_) || end == end_;
    if (!end_within) stray_ = true;
    if (!within(begin) || !end_within || begin >= end) return;
    if (!erase_keys(begin, end)) keep(batch_.DeleteRange(store_.state, begin, end));
  }
  bool stray() const { return stray_; }
  const rocksdb::Status& status() const { return status_; }

private:
  bool within(std::string_view key) {
    // Project 0, kind 0 is the applied index, which only this file writes.
    const bool applied = key.substr(2) == std::string_view("\0\0\0\0\0", 5);
    const bool fine = key.starts_with(prefix_) && !applied;
    if (!fine) stray_ = true;
    return fine;
  }

  /// Deletes the keys of a range one by one; false, with nothing done, when there are many.
  bool erase_keys(std::string_view begin, std::string_view end) {
    const rocksdb::Slice upper = end;
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> it(store_.db().NewIterator(options, store_.state));
    std::vector<std::string> keys;
    const std::size_t keys_max = keys_max_of(begin);
    for (it->Seek(begin); it->Valid() && keys.size() <= keys_max; it->Next()) {
      keys.push_back(it->key().ToString());
    }
    keep(it->status());
    if (keys.size() > keys_max) return false;
    for (const std::string& key : keys) keep(batch_.Delete(store_.state, key));
    // What this very batch puts is not in the database yet.
    for (std::string_view key : puts_) {
      if (begin <= key && key < end) keep(batch_.Delete(store_.state, key));
    }
    return true;
  }
  void keep(const rocksdb::Status& status) {
    if (!status.ok()) status_ = status;
  }

  rocksdb::WriteBatch& batch_;
  engine& store_;
  std::string prefix_;
  std::string end_;
  std::vector<std::string_view> puts_;  // of the whole batch; they point into its payloads
  bool stray_ = false;
  rocksdb::Status status_;
};

result<void> fill(batch_filler& filler, const log_entry& entry) {
  filler.enter(entry.shard);
  if (auto visited = visit_payload(entry.payload, filler); !visited) return visited;
  if (filler.stray()) return error_info{errc::internal, "log entry: key outside its shard"};
  if (!filler.status().ok()) return to_error(filler.status(), "applying an entry");
  return {};
}

/// Fills `batch` from all entries and notes the newest index of each shard in `reached`.
result<void> fill_all(engine& store, std::span<const log_entry> entries, rocksdb::WriteBatch& batch,
                      std::vector<std::uint64_t>& reached) {
  batch_filler filler(batch, store);
  for (const log_entry& entry : entries) {
    TASKDRIVER_CHECK(store.knows(entry.shard), "an entry's shard must exist");
    std::uint64_t& index = reached[raw(entry.shard)];
    if (index == 0) index = store.progress(entry.shard).applied;
    TASKDRIVER_CHECK(entry.index == index + 1, "entries must be applied in order");
    index = entry.index;
    if (auto filled = fill(filler, entry); !filled) return filled;
  }
  for (std::uint16_t n = 0; n < reached.size(); ++n) {
    if (reached[n] == 0) continue;
    const auto status = batch.Put(store.state, applied_key(shard_id{n}), encode_number(reached[n]));
    if (!status.ok()) return to_error(status, "applying entries");
  }
  return {};
}

/// Durable entries must reach the state: on a full disk this waits until there is room.
result<void> write_patiently(engine& store, rocksdb::WriteBatch& batch) {
  for (;;) {
    const rocksdb::Status status = write_state(store, batch);
    const error_info why = status.ok() ? error_info{} : to_error(status, "applying entries");
    switch (trouble_of(status)) {
      case disk_trouble::none:
        return {};
      case disk_trouble::fatal:
        store.health.fail(why);
        return why;
      case disk_trouble::full:
        break;
    }
    store.health.set_full(why.text);
    if (!store.health.wait_until_resumed()) return why;
  }
}

}  // namespace

result<void> node_store::apply(std::span<const log_entry> entries) {
  if (entries.empty()) return {};
  rocksdb::WriteBatch batch;
  std::vector<std::uint64_t> reached(engine_->format.shard_count);
  if (auto filled = fill_all(*engine_, entries, batch, reached); !filled) {
    engine_->health.fail(filled.error());
    return filled;
  }
  if (auto written = write_patiently(*engine_, batch); !written) return written;
  for (std::uint16_t n = 0; n < reached.size(); ++n) {
    if (reached[n] != 0) engine_->shards[n].applied = reached[n];
  }
  return {};
}

}  // namespace taskdriver::storage
