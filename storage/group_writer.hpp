// What a write batch of `state` does to groups of index entries; internal to storage/.
#pragma once

#include <rocksdb/write_batch.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/engine.hpp"
#include "storage/entry_group.hpp"

namespace taskdriver::storage {

/// Turns what happens to entries into one put or delete of each group. Reads a group before the
/// first change to it, so all earlier batches must have been written.
///
/// Thread: one. Owns: the groups that the batch changes. `batch` must outlive it.
class group_writer {
public:
  group_writer(engine& store, rocksdb::WriteBatch& batch) : store_(store), batch_(batch) {}

  /// Whether the batch changes this group already.
  bool has(std::string_view group_key) const { return groups_.contains(group_key); }
  /// Makes `key`, of an entry that has a group, a member of it, or none. `may_be_alone`: if it was
  /// no member, a record of its own is deleted.
  void set(std::string_view key, bool member, bool may_be_alone);
  /// All keys of a project go: the batch forgets its groups, the caller deletes what is stored.
  void erase_project(std::string_view begin, std::string_view end);
  /// Writes what has changed since the last call.
  void finish();

  const rocksdb::Status& status() const { return status_; }

private:
  struct changed_group {
    entry_group written, now;
  };
  changed_group& open(std::string_view key);
  entry_group read(std::string_view key);
  bool is_erased(std::string_view key) const;
  void keep(const rocksdb::Status& status) {
    if (!status.ok()) status_ = status;
  }

  engine& store_;
  rocksdb::WriteBatch& batch_;
  std::map<std::string, changed_group, std::less<>> groups_;
  std::vector<std::pair<std::string, std::string>> erased_;  // of which nothing stored counts
  rocksdb::Status status_;
};

}  // namespace taskdriver::storage
