// Gives the room back that a dropped shard took; without it that happens when RocksDB comes to it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/ids.hpp"

namespace taskdriver::storage {

class node_store;

/// Shards that have nothing and take room all the same: dropped, and then the process ended.
std::vector<shard_id> dropped_with_room(node_store& store);

/// Compacts the range of a dropped shard. Thread: any; blocks for as long as the disk takes, or
/// until `give_up` is set.
void free_room(node_store& store, shard_id shard, std::atomic<bool>& give_up);

/// Does that beside all else, one shard at a time, beginning with what was left of an earlier life.
/// Thread: any. Owns: its thread. The store must outlive it.
/// Fails: what could not be freed stays until the next start; a log line says so.
class dropped_room {
public:
  explicit dropped_room(node_store& store);
  ~dropped_room();

  void free(shard_id shard);
  /// Does no more; what is under way ends in the middle, and the destructor waits for that.
  void stop();

private:
  void run();

  node_store& store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<shard_id> waiting_;
  std::atomic<bool> stop_ = false;  // set under the lock
  std::thread thread_;
};

}  // namespace taskdriver::storage
