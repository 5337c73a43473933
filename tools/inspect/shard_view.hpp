// One shard's state as it is after a chosen entry: what is on disk, under what its log adds.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "storage/engine.hpp"
#include "storage/entry_iterator.hpp"

namespace taskdriver::inspect {

/// What entries do to keys, in memory. Its size is that of the entries: the log is cut at some
/// 32 MiB.
///
/// Thread: one. Owns: keys and values.
class log_overlay {
public:
  /// nullopt: the key was deleted.
  using contents = std::map<std::string, std::optional<std::string>, std::less<>>;

  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  void erase_range(std::string_view begin, std::string_view end);

  const contents& keys() const { return keys_; }
  /// The end of the deleted range that hides `key` as the disk has it; null if none does.
  const std::string* hidden_until(std::string_view key) const;

private:
  contents keys_;
  std::map<std::string, std::string, std::less<>> hidden_;  // begin to end, apart from each other
};

/// A shard's records after one entry of its log. Does not write anything.
///
///   state on disk (applied index A) + entries A+1..N of the log, in memory = state after entry N
///
/// Thread: one. Owns: what the log adds. `store` must outlive it.
class shard_view {
public:
  shard_view(storage::engine& store, shard_id shard) : store_(store), shard_(shard) {}

  /// Reads the shard's log and adds what the state does not have up to entry `up_to`. Every entry
  /// is checked, also those that the state has. Fails: internal (malformed, a key outside the
  /// shard, or a bad checksum).
  result<void> add_log(const storage::shard_position& at, std::uint64_t up_to);

  /// A record or an index entry. Fails: internal (bad checksum).
  result<std::optional<std::string>> get(std::string_view key) const;

  storage::engine& store() const { return store_; }
  shard_id shard() const { return shard_; }
  const log_overlay& overlay() const { return overlay_; }

  /// Called now and then with the number of records read so far.
  std::function<void(std::uint64_t)> on_read = {};
  std::uint64_t records_read() const { return read_; }
  void count_read();

private:
  result<std::optional<std::string>> stored(std::string_view key) const;

  storage::engine& store_;
  const shard_id shard_;
  log_overlay overlay_;
  std::uint64_t read_ = 0;
};

/// Walks ranges of a shard_view in order of keys, without the shard's applied index.
/// Thread: one. Owns: its iterator, which it keeps from range to range.
class view_scan {
public:
  explicit view_scan(shard_view& view);

  void seek(std::string_view begin, std::string_view end);
  bool valid() const { return from_ != source::none; }
  /// Both end with the next call of next() or seek().
  std::string_view key() const;
  std::string_view value() const;
  void next();
  /// The disk has this index entry twice: as a member of a group and as a record of its own.
  bool doubled() const { return from_ == source::disk && disk_.doubled(); }
  /// Not ok: the range ended because of it.
  rocksdb::Status status() const { return disk_.status(); }

private:
  enum class source { none, disk, log };

  bool disk_valid() const;
  bool log_valid() const;
  std::string_view disk_key() const { return disk_.key(); }
  void skip_hidden();
  void settle();

  shard_view& view_;
  const std::string applied_;
  storage::entry_iterator disk_;
  log_overlay::contents::const_iterator log_;
  std::string end_;
  source from_ = source::none;
};

}  // namespace taskdriver::inspect
