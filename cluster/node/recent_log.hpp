// The newest entries of a shard's log in memory, in front of those in the store: what is sent to
// peers and applied is read from here.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/ids.hpp"
#include "cluster/replica/replica.hpp"
#include "storage/node_store.hpp"

namespace taskdriver::cluster {

/// Everything that is not in the store's log or not applied yet, and as much of the past as fits.
///
/// Thread: one owner (the replica loop). Owns: entries in memory.
/// Fails: a log that cannot be read ends the process (store_options::on_fatal).
class recent_log final : public log_source {
public:
  /// `last_index`: of the store's log. The store must outlive it.
  recent_log(const storage::node_store& store, shard_id shard, std::uint64_t last_index);

  void append(const std::vector<entry>& entries);
  /// Forgets `index` and all after it.
  void truncate_from(std::uint64_t index);
  /// Entries up to here need not be kept, being in the store and applied.
  void settled(std::uint64_t index);
  /// Everything is in the store, and something else than before: a checkpoint was installed.
  void forget(std::uint64_t last_index);

  /// Empty if the store has just cut `first` away.
  std::vector<entry> read(std::uint64_t first, std::uint64_t last,
                          std::uint64_t bytes_max) const override;

  std::uint64_t last_index() const { return first_ + entries_.size() - 1; }
  std::size_t bytes() const { return bytes_; }

private:
  void drop_front();
  void trim();

  const storage::node_store& store_;
  shard_id shard_;
  std::uint64_t first_;  // of entries_; last_index() + 1 when there are none
  std::deque<entry> entries_;
  std::size_t bytes_ = 0;
  std::uint64_t settled_ = 0;
};

}  // namespace taskdriver::cluster
