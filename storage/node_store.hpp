// One node's storage: a data directory with the logs and states of all its shards in one RocksDB.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/log_entry.hpp"
#include "storage/store_options.hpp"

namespace taskdriver::storage {

struct engine;
class store_keeper;

/// What a restart would find of a shard at least, as of the last flush and cut.
struct flushed_position {
  std::uint64_t applied_index = 0;  // of the state on disk
  std::uint64_t base_index = 0;     // entries up to here are cut away

  bool operator==(const flushed_position&) const = default;
};

/// What opening found, for the start's log line.
struct recovery_report {
  std::vector<shard_position> shards;  // after replay
  std::uint64_t replayed_entries = 0;
  std::uint64_t replayed_bytes = 0;
};

/// Approximate sizes for metrics; cheap enough for every scrape.
struct store_sizes {
  std::uint64_t log_bytes_uncut = 0;
  std::uint64_t memtable_bytes = 0;
  std::uint64_t cache_bytes = 0;
  std::uint64_t state_bytes = 0;
  std::uint64_t log_bytes = 0;
  std::uint64_t unmerged_files = 0;  // flushed, and not compacted yet
};

/// A node's data directory, from opening to closing.
///
///   log_writer.append --fsync--> durable --apply--> state (memory) --flush--> state (disk)
///        column family `log`                 column family `state`, no WAL        |
///        ^------------------------- cut up to the flushed applied index ----------+
///
/// After a crash the state is at an earlier applied index, and the log has every entry above it.
///
/// Thread: any, but calls of apply() for one shard must not overlap.
/// Owns: the directory (locked), the database, the keeper's thread.
/// Fails: a disk error other than a full disk ends it for good through store_options::on_fatal.
class node_store {
public:
  /// Opens `options.data_dir`, or makes it when it is empty or absent. Changes nothing in a
  /// directory that it refuses. Fails:
  ///   in_use       another process has it
  ///   wrong_state  written by a newer version
  ///   validation   not empty, and not a TaskDriver data directory
  ///   forbidden    not writable
  ///   internal     damaged (the text says what)
  ///   unavailable  disk full
  static result<std::unique_ptr<node_store>> open(store_options options);
  /// Flushes, so that the next start replays nothing, and closes. log_writers must be gone.
  ~node_store();

  std::uint64_t store_id() const;
  std::uint16_t shard_count() const;
  const recovery_report& recovered() const { return recovered_; }

  /// Does the changes of durable entries to the state, together with the shards' applied indexes,
  /// in one atomic step. Entries of a shard continue where it is. On a full disk it waits for room,
  /// since durable entries cannot be refused any more. Fails: internal (failed, or a malformed
  /// entry, which is fatal), unavailable (closing).
  result<void> apply(std::span<const entry_view> entries);
  result<void> apply(std::span<const log_entry> entries);
  std::uint64_t applied(shard_id shard) const;
  /// For replicas, which tell others from where they can go on: two atomic reads, to be polled.
  flushed_position flushed(shard_id shard) const;
  /// Where the shard stands now, read from the database like at the start. Nothing of the shard may
  /// be under way in a log_writer. What was refused as outcome_unknown is not in it, although a
  /// crash before the store is writable may bring it back: never acknowledged, so harmless.
  /// Fails: internal (damaged, or disk; fatal).
  result<shard_position> position(shard_id shard) const;

  /// Entries from `first` on, up to `bytes_max` of payload but at least one if there is one; for
  /// replicas that are behind. Fails: not_found when `first` was cut away, internal (disk).
  result<std::vector<log_entry>> read_log(shard_id shard, std::uint64_t first,
                                          std::size_t bytes_max) const;
  /// Keeps entries from `index` on although they are flushed, until told otherwise: a bound of the
  /// next cuts, which brings nothing back.
  void hold_log(shard_id shard, std::uint64_t index);

  /// Whether it takes writes: not while full, short of space, or failed; /health answers 503 then.
  bool writable() const;
  /// True once the disk failed; the process is about to end.
  bool failed() const;
  /// The reason why it does not; empty when it does.
  std::string trouble() const;

  /// Makes `dir` (which must not exist) a data directory of its own, with a new store id and all
  /// that was fsynced before the call. Shares files with this one by hard links if it can.
  result<void> checkpoint(const std::string& dir);

  /// One round of what the keeper does each second: free space, resuming, and the cut when it is
  /// due, or now if `cut`.
  void maintain(bool cut);

  store_sizes sizes() const;

  /// For log_writer, record_reader and shard_install, which live in this folder.
  engine& internals() { return *engine_; }
  std::unique_lock<std::mutex> pause_keeper();

private:
  node_store();
  result<void> recover();
  result<void> replay(shard_position& shard);

  std::unique_ptr<engine> engine_;
  std::unique_ptr<store_keeper> keeper_;
  recovery_report recovered_;
};

}  // namespace taskdriver::storage
