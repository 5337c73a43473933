// Walks a shard's range of `state` without disturbing anybody; internal to storage/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/engine.hpp"
#include "storage/entry_iterator.hpp"

namespace taskdriver::storage {

/// The records of a range in order, every index entry as one of them, but no shard's applied index.
/// Uses the cache of nobody, and begins a new iterator now and then: an iterator keeps all
/// memtables and tables of its start.
///
/// Thread: one. Owns: its iterator. `snapshot` (null: the state of each new iterator) must outlive
/// it.
class state_scan {
public:
  state_scan(const engine& store, const rocksdb::Snapshot* snapshot, std::string begin,
             std::string end);
  /// All of one shard.
  state_scan(const engine& store, const rocksdb::Snapshot* snapshot, shard_id shard);
  state_scan(const state_scan&) = delete;
  state_scan& operator=(const state_scan&) = delete;

  bool valid() const { return it_->valid() && malformed_.ok(); }
  std::string_view key() const { return it_->key(); }
  std::string_view value() const { return it_->value(); }
  void next();
  /// To the first record ≥ `key`.
  void seek(std::string_view key);
  /// Not ok: it became invalid because of that, which may be a malformed group.
  rocksdb::Status status() const { return malformed_.ok() ? it_->status() : malformed_; }

private:
  void begin_at(std::string_view key);
  void settle();

  const engine& store_;
  std::string end_;
  rocksdb::Slice upper_;
  rocksdb::ReadOptions options_;
  std::optional<entry_iterator> it_;
  std::size_t bytes_ = 0;  // of this iterator
  rocksdb::Status malformed_;
};

}  // namespace taskdriver::storage
