// The thread that applies committed entries to the store and then tells whoever waits for them.
#pragma once

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

/// Everything that observers of streams and of leadership hear comes from here, in the order of the
/// calls: a write stall of the store, or a full disk, delays answers but never a beacon.
///
///   replica loop --apply, then--> [jobs in order] --one write batch--> store
///                                       `--> settle the proposals, tell the streams, report
///
/// What nobody waits for, as on a backup, gathers for a moment.
///
/// Thread: apply() and then() by one owner. Owns: its thread. Store and tables must outlive it.
/// Fails: a store that cannot apply is at its end (store_options::on_fatal); nothing more is told.
class applier {
public:
  /// Called on the applier's thread when everything of a shard up to `index` is applied.
  using applied_hook = std::function<void(shard_id shard, std::uint64_t index)>;

  applier(storage::node_store& store, applied_hook on_applied);
  /// What was handed over before is done.
  ~applier();

  /// Applies `entries`, which are committed and follow what was applied of the shard; then settles
  /// as many proposals of `streams` as `own` says.
  void apply(shard_id shard, std::vector<entry> entries, stream_table& streams, std::size_t own);
  /// Calls `what` after all that was handed over before.
  void then(std::function<void()> what);

private:
  struct job {
    shard_id shard{};
    std::vector<entry> entries = {};
    stream_table* streams = nullptr;
    std::size_t own = 0;
    std::function<void()> call = {};
  };

  void add(job j);
  void run();
  bool work(std::vector<job>& jobs);
  bool apply_run(std::vector<job>& jobs, std::size_t begin, std::size_t end);

  storage::node_store& store_;
  applied_hook on_applied_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<job> waiting_;
  std::size_t waiting_entries_ = 0;
  bool urgent_ = false;  // somebody waits for one of them, or they are many
  bool stop_ = false;
  std::vector<storage::log_entry> batch_;  // of the thread
  std::thread thread_;
};

}  // namespace taskdriver::cluster
