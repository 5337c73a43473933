// The thread that applies committed entries to the store and then tells whoever waits for that.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/ids.hpp"
#include "cluster/replica/messages.hpp"
#include "cluster/stream_table.hpp"
#include "storage/node_store.hpp"

namespace taskdriver::cluster {

/// Entries gather for a moment: most tasks of busy agents are created, claimed and completed within
/// it, and only what is left of them reaches the store. Their answers do not wait for this: the log
/// has the entries, and their owners see in memory what the store does not show yet.
///
///   apply, then --> [jobs in order] --one write batch--> store
///                         `--> settle the proposals, tell the streams, report
///
/// What streams hear of applied(), and what then() tells them or observers of leadership, comes
/// from here, in the order of the calls: a write stall of the store, or a full disk, delays neither
/// a commit nor a beacon, but what has to be bounded is, see crowded().
///
/// Thread: apply() and then() by one owner, all else any. Owns: its thread. Store and tables must
/// outlive it.
/// Fails: a store that cannot apply is at its end (store_options::on_fatal); nothing more is told.
class applier {
public:
  /// Called on the applier's thread when everything of a shard up to `index` is applied.
  using applied_hook = std::function<void(shard_id shard, std::uint64_t index)>;

  /// How long entries gather, if nobody waits and they are not many before that: 64 agents on three
  /// nodes and 2 cores take 16 ms for a cycle, and much shorter than some cycles saves little.
  static constexpr std::chrono::milliseconds gathering_time{100};

  applier(storage::node_store& store, applied_hook on_applied,
          std::chrono::milliseconds gathering = gathering_time);
  /// What was handed over before is done.
  ~applier();

  /// Committed entries that follow what was applied of the shard.
  struct committed_entries {
    shard_id shard{};
    std::vector<entry> entries;
    stream_table* streams = nullptr;  // of which the newest `own` are the oldest committed ones
    std::size_t own = 0;
  };
  /// They gather no longer if a stream starts behind them.
  void apply(committed_entries what);
  /// Calls `what` after all that was handed over before.
  void then(std::function<void()> what);
  /// Somebody waits for what was handed over: it gathers no longer. Who waits for what is committed
  /// and not handed over yet opened a stream behind it, and apply() finds that.
  void hasten();

  /// So much waits that no more should be committed. One atomic read.
  bool crowded() const;
  /// Waits until it is not crowded, or at its end.
  void wait_for_room();

private:
  struct job {
    committed_entries what;
    std::size_t bytes = 0;
    std::function<void()> call = {};
  };

  void add(job j);
  void run();
  bool work(std::vector<job>& jobs);
  bool apply_run(std::vector<job>& jobs, std::size_t begin, std::size_t end, std::size_t bytes);
  void free_room(std::size_t bytes);

  storage::node_store& store_;
  applied_hook on_applied_;
  const std::chrono::milliseconds gathering_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable room_;
  std::vector<job> waiting_;
  std::size_t waiting_entries_ = 0;
  std::atomic<std::size_t> bytes_ = 0;  // of all that is not applied; set under the lock
  bool urgent_ = false;                 // somebody waits for one of them, or they are many
  bool stop_ = false;
  bool failed_ = false;
  std::vector<storage::entry_view> batch_;  // of the thread
  std::thread thread_;
};

}  // namespace taskdriver::cluster
