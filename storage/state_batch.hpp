// The operations of durable entries on their way into one write batch of `state`.
#pragma once

#include <rocksdb/write_batch.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/engine.hpp"
#include "storage/group_writer.hpp"
#include "storage/payload_codec.hpp"

namespace taskdriver::storage {

/// Gathers operations, and writes only the last one of each key, in the order of the keys: entries
/// of one project all put the same counters, and a memtable takes neighbours cheaply. (Measured:
/// half of what a task's life costs in `state` was written only to be overwritten in the same
/// batch.) What was not in the state before needs no tombstone when it is deleted again: anything
/// of a task that is created in the batch, lease and agent of one that waits in the queue before
/// it. Nor does the progress of a task that is created in it and stays so need a record
/// (created_progress.hpp), and most index entries become members of a group (entry_group.hpp).
/// Refuses keys outside the entry's shard, keys of groups, and ranges that begin or end in one.
///
/// Small ranges become single deletes: RocksDB sorts all range tombstones of a memtable again for
/// the first read after each, so thousands of them would make every read slow.
///
/// Thread: one. Owns: the write batch. What was visited must stay until finish().
class state_batch final : public payload_visitor {
public:
  state_batch(engine& store, std::size_t bytes_expected)
      : store_(store), batch_(bytes_expected), groups_(store, batch_) {}

  /// The operations that follow are of an entry of `shard`.
  void enter(shard_id shard);
  void put(std::string_view key, std::string_view value) override;
  void erase(std::string_view key) override;
  void erase_range(std::string_view begin, std::string_view end) override;

  /// An operation was outside its entry's shard, or on the applied index.
  bool stray() const { return stray_; }
  const rocksdb::Status& status() const { return status_.ok() ? groups_.status() : status_; }
  /// All that was gathered. Check status() afterwards.
  rocksdb::WriteBatch& finish();

private:
  struct operation {
    std::uint64_t first = 0;   // bytes 0–7 of the key, big-endian, zeros where it is shorter
    std::uint64_t second = 0;  // bytes 8–15
    std::string_view key;
    std::string_view value;
    bool is_put = false;
    bool was_there = false;  // the first one of the key is a deletion; set by drop_overwritten()
    std::uint32_t position = 0;
  };
  static bool before(const operation& a, const operation& b);

  using task_key = std::pair<project_number, sequence>;

  void gather(std::string_view key, std::string_view value, bool is_put);
  void note_created();
  void note_queued();
  bool is_in(const std::vector<task_key>& tasks, std::string_view key) const;
  bool absent_before(std::string_view key) const;
  bool goes_without_record(const operation& one) const;
  bool within(std::string_view key);
  void write_gathered();
  void drop_overwritten();
  void write(const operation& one);
  std::span<const operation> of_one_group(std::span<const operation> all) const;
  void write_entries(std::span<const operation> neighbours);
  bool erase_keys(std::string_view begin, std::string_view end);
  void keep(const rocksdb::Status& status) {
    if (!status.ok()) status_ = status;
  }

  engine& store_;
  rocksdb::WriteBatch batch_;
  group_writer groups_;
  std::string prefix_;
  std::string end_;
  std::vector<operation> gathered_;
  std::vector<task_key> created_;               // tasks that what was gathered creates, ascending
  std::vector<task_key> queued_;                // tasks that are queued before it, and then granted
  std::vector<std::string_view> written_puts_;  // before the last range, which may cover them
  bool stray_ = false;
  rocksdb::Status status_;
};

}  // namespace taskdriver::storage
