// What of a replica's writes is on its disk: writes under way, in order, and what they will make
// true.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace taskdriver::cluster {

/// Numbers the writes and knows which index and which epoch are durable. What was overwritten after
/// it was written does not count, although its fsync may be reported later (R18).
/// Thread: one owner.
class disk_progress {
public:
  disk_progress(std::uint64_t durable_index, std::uint64_t seen_epoch)
      : durable_index_(durable_index), seen_epoch_(seen_epoch) {}

  /// All entries up to here are on disk as they stand in the log now.
  std::uint64_t durable_index() const { return durable_index_; }
  std::uint64_t seen_epoch() const { return seen_epoch_; }
  /// When the oldest write under way was asked for; nothing if there is none.
  std::optional<std::int64_t> waiting_since_ms() const;

  /// A write that brings the log up to `last_index` (0: no entries) and the epoch to `seen_epoch`
  /// (0: not said). Returns its id.
  std::uint64_t begin(std::int64_t now_ms, std::uint64_t last_index, std::uint64_t seen_epoch);
  /// `index` and all after it will be overwritten by the next write.
  void truncate_from(std::uint64_t index);
  /// The write `id` and all before it are fsynced.
  void written(std::uint64_t id);
  /// A checkpoint at `index` was installed. With `keep_suffix` the entries above it stay.
  void installed(std::uint64_t index, bool keep_suffix);

private:
  struct write {
    std::uint64_t id;
    std::int64_t begun_ms;
    std::uint64_t last_index;
    std::uint64_t seen_epoch;
  };

  std::uint64_t durable_index_;
  std::uint64_t seen_epoch_;
  std::uint64_t last_id_ = 0;
  std::deque<write> under_way_;
};

}  // namespace taskdriver::cluster
