// Entries of the shards' logs and who hears when they are on disk; between cluster/ and the
// log_writer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace taskdriver::storage {

/// One entry of one shard's log. Indexes are contiguous from 1; `payload` is what payload_codec
/// makes: changes of records, all within the shard.
struct log_entry {
  shard_id shard{};
  std::uint64_t epoch = 0;
  std::uint64_t index = 0;
  std::string payload;

  bool operator==(const log_entry&) const = default;
};

/// An entry as the state takes it. The payload is somebody else's.
struct entry_view {
  shard_id shard{};
  std::uint64_t index = 0;
  std::string_view payload;
};

/// What else a shard's log persists, in order with the entries. 0 = not said.
struct log_mark {
  shard_id shard{};
  /// Highest shard epoch seen; never goes down.
  std::uint64_t seen_epoch = 0;
  /// Deletes this entry and all after it; none that was applied.
  std::uint64_t truncate_from = 0;
  /// The caller's own number for this append. With one, the mark is reported back whatever else it
  /// says, and the rules for replicas hold (log_writer::append).
  std::uint64_t ticket = 0;
};

/// Entries of one epoch, up to the next run's first index.
struct epoch_run {
  std::uint64_t first_index = 0;
  std::uint64_t epoch = 0;

  bool operator==(const epoch_run&) const = default;
};

/// Where a shard stands on this node's disk.
struct shard_position {
  std::uint64_t seen_epoch = 0;
  /// The last entry that was cut away; 0 when the log is whole.
  std::uint64_t base_index = 0;
  std::uint64_t base_epoch = 0;
  /// The last entry; the base when there is none.
  std::uint64_t last_index = 0;
  std::uint64_t last_epoch = 0;
  /// The last entry that `state` contains.
  std::uint64_t applied_index = 0;
  /// Of the entries after the base.
  std::vector<epoch_run> runs = {};
  /// Of their payloads.
  std::uint64_t log_bytes = 0;

  bool operator==(const shard_position&) const = default;
};

/// Hears what became of appended entries, in the order of append().
/// Thread: called on the writer thread only; a slow observer delays every shard.
class log_observer {
public:
  virtual ~log_observer() = default;
  /// These are fsynced. The span ends with the call; what it holds may be moved away.
  virtual void durable(std::span<log_entry> entries) = 0;
  /// These marks are fsynced, and so is all that was appended with or before them; called before
  /// durable() of the same batch.
  virtual void marked(std::span<const log_mark> marks) = 0;
  /// The disk is full: these are not in the log, and neither is anything after them. Their indexes
  /// are used again once the store is writable. Code outcome_unknown: they were being written, and
  /// a crash before the store is writable again may still bring them back; unavailable: they were
  /// only waiting, and never will.
  virtual void refused(std::span<const log_entry> entries, const error_info& why) = 0;
  /// The same for marks, before refused() of the same batch. What came with a ticket in here is
  /// not on disk and must not be acknowledged.
  virtual void refused_marks(std::span<const log_mark> /*marks*/, const error_info& /*why*/) {}
};

}  // namespace taskdriver::storage
