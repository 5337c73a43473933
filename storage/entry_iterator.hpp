// An iterator over `state` that shows the entries of groups one by one; internal to storage/.
#pragma once

#include <rocksdb/iterator.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/entry_group.hpp"

namespace taskdriver::storage {

/// Shows what is stored as if every entry of an index were a record of its own (entry_group.hpp).
/// A group that is malformed is shown as it is, also by a seek to one of its entries. An entry that
/// is a member and a record of its own, which is damage, is shown once.
///
/// Thread: one. Owns: the iterator below it, whose upper bound must not cut a group.
class entry_iterator {
public:
  explicit entry_iterator(std::unique_ptr<rocksdb::Iterator> stored) : stored_(std::move(stored)) {}

  /// To the first record or entry ≥ `key`, which must not be one that key() returned.
  void seek(std::string_view key);
  bool valid() const { return from_group_ || stored_->Valid(); }
  /// Both end with the next call of next() or seek().
  std::string_view key() const { return from_group_ ? key_ : stored_->key().ToStringView(); }
  std::string_view value() const;
  void next();
  /// What is shown is there twice.
  bool doubled() const { return doubled_; }
  /// Not ok: it became invalid because of that.
  rocksdb::Status status() const { return stored_->status(); }

private:
  void settle();
  bool open_group();

  std::unique_ptr<rocksdb::Iterator> stored_;  // behind the group, if one is open
  entry_group group_;
  std::optional<std::uint8_t> member_;  // the next one of an open group
  std::string key_;                     // its entry's
  bool from_group_ = false;             // what is shown
  bool doubled_ = false;
};

}  // namespace taskdriver::storage
