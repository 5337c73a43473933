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

/// Turns puts and deletes of entries into one put or delete of their group. Reads the group first,
/// so all batches before this one must have been written.
///
/// Thread: one. Owns: the groups that it has written. `batch` must outlive it.
class group_writer {
public:
  group_writer(engine& store, rocksdb::WriteBatch& batch) : store_(store), batch_(batch) {}

  /// Adds or removes an entry that has a group. Best in the order of keys, since a group is written
  /// when the next one begins. `may_be_alone`: if the group lacks it, a record of its own goes.
  void set(std::string_view key, bool there, bool may_be_alone);
  /// Writes the group that the last entries belong to.
  void close();
  /// Deletes what the batch wrote of a project; the caller deletes what is stored. Closes first.
  void erase_project(std::string_view begin, std::string_view end);

  const rocksdb::Status& status() const { return status_; }

private:
  using groups = std::map<std::string, entry_group, std::less<>>;

  void open(std::string_view key);
  entry_group read(std::string_view group_key);
  bool is_erased(std::string_view key) const;
  void keep(const rocksdb::Status& status) {
    if (!status.ok()) status_ = status;
  }

  engine& store_;
  rocksdb::WriteBatch& batch_;
  std::string open_key_;  // empty: none is open
  entry_group found_, group_;
  std::string value_;
  groups written_;                                           // by this batch, empty ones too
  std::vector<std::pair<std::string, std::string>> erased_;  // ranges, before what is in written_
  rocksdb::Status status_;
};

}  // namespace taskdriver::storage
