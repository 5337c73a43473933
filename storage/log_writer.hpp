// The one thread that writes the logs of all shards: takes what waits, fsyncs once, tells the
// observer.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "storage/log_entry.hpp"

namespace rocksdb {
class WriteBatch;
}

namespace taskdriver::storage {

class node_store;
struct engine;

/// Told of every fsync, on the writer thread: seconds it took, entries and payload bytes it made
/// durable. For the latency histogram.
using fsync_hook = std::function<void(double seconds, std::size_t entries, std::size_t bytes)>;

struct log_writer_stats {
  std::uint64_t fsyncs = 0;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t queued_bytes = 0;
};

/// Group commit over all shards: while one fsync runs, the next batch gathers.
///
///   append (any thread) --> queue --> writer thread: one WriteBatch, sync --> observer.durable
///                             `------ disk full: observer.refused, indexes go back
///
/// What one call of append() brings is durable together or not at all.
/// Thread: append() any; calls for one shard in the order of its indexes.
/// Owns: its thread. The store and the observer must outlive it.
/// Fails: refuses while the store is not writable, and for ever once the disk failed.
class log_writer {
public:
  log_writer(node_store& store, log_observer& observer, fsync_hook on_fsync = {});
  /// Writes what is queued, then stops; on a full disk without waiting for room.
  ~log_writer();

  /// Queues one entry; never blocks on the disk. Fails: unavailable (queue full, disk full, or the
  /// index does not follow, because those before it were refused), internal (the disk failed).
  result<void> append(log_entry entry);
  /// The same for a mark and the entries after it. A mark that truncates makes
  /// `truncate_from` the shard's next index.
  ///
  /// A mark with a ticket is a write of a replica, which has promised what it holds to others:
  /// * It is refused only for the disk's sake; how much may wait is bounded by the windows of the
  ///   replicas, not here.
  /// * After one was refused, here or through the observer, every later one of that shard is
  ///   refused too, so that nothing is reported durable that builds on what is missing. The way
  ///   on is a new replica from node_store::position() and rejoin(), once the store is writable.
  result<void> append(const log_mark& mark, std::vector<log_entry> entries);
  /// Takes writes of the shard again, from behind its last durable entry. For a replica that was
  /// made anew from the disk, after a refusal or shard_install. Nothing of it may be under way.
  void rejoin(shard_id shard);

  log_writer_stats stats() const;
  /// True when half of what may wait for the disk does: the time to refuse new work, before
  /// append() has to, counted in crowding_bytes. Thread: any; two atomic reads.
  bool crowded() const;

private:
  bool holds_more_than(std::size_t crowding) const;

  struct queued_mark {
    std::size_t before_entry;
    log_mark mark;
  };
  struct queue {
    std::vector<log_entry> entries;
    std::vector<queued_mark> marks;
    std::size_t bytes = 0;
    std::size_t crowding_bytes = 0;
    bool empty() const { return entries.empty() && marks.empty(); }
    void clear();
  };
  enum class fate { durable, refused, stopped };

  result<void> check_room(const log_mark& mark, std::span<const log_entry> entries) const;
  result<void> check_order(const log_mark& mark, std::span<const log_entry> entries) const;
  void enqueue(const log_mark& mark, std::span<log_entry> entries);
  void run();
  bool take();
  fate write_taken();
  void look_at_space();
  void fill(rocksdb::WriteBatch& batch);
  void count_uncut(std::uint64_t bytes);
  void settle_durable();
  void refuse_all(const error_info& why);

  engine& store_;
  log_observer& observer_;
  fsync_hook on_fsync_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  queue waiting_;
  std::vector<std::uint64_t> next_index_;  // per shard, of append()
  std::vector<bool> broken_;               // per shard: takes no tickets until rejoin()
  // Waiting and being written; set under the lock.
  std::atomic<std::size_t> queued_bytes_ = 0;
  std::atomic<std::size_t> crowding_bytes_ = 0;
  bool stop_ = false;

  // Of the writer thread alone.
  queue taken_;
  std::vector<log_mark> taken_marks_;
  bool clear_tails_ = false;      // something refused may still be behind the last durable entries
  std::size_t unseen_bytes_ = 0;  // to be written since the last look at the free space
  std::chrono::steady_clock::time_point space_seen_;

  std::atomic<std::uint64_t> fsyncs_ = 0;
  std::atomic<std::uint64_t> entries_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::thread thread_;
};

}  // namespace taskdriver::storage
