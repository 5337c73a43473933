// Which epoch wrote each entry of a shard's log, and about how large its end is: all that a replica
// has to remember of it.
#pragma once

#include <cstdint>
#include <vector>

#include "cluster/replica/log_sizes.hpp"
#include "cluster/replica/replica.hpp"

namespace taskdriver::cluster {

/// The log as runs of entries of one epoch. Epochs never go back along the log.
///
///   cut away | base | run: epoch 3 | run: epoch 5 | last
///
/// Thread: one owner. Fails: never; an index outside [base, last] aborts.
class log_index {
public:
  log_index(const recovered_replica& at, std::uint64_t sized_bytes_max);

  std::uint64_t base_index() const { return base_index_; }
  std::uint64_t last_index() const { return last_index_; }
  std::uint64_t last_epoch() const { return runs_.empty() ? base_epoch_ : runs_.back().epoch; }
  /// Of an index from the base to the last one.
  std::uint64_t epoch_of(std::uint64_t index) const;
  bool has(std::uint64_t index, std::uint64_t epoch) const;
  /// The first index of the run that holds `index`, which is above the base.
  std::uint64_t run_begin(std::uint64_t index) const;
  /// As log_sizes::first_within; up to sized_bytes_max.
  std::uint64_t first_within(std::uint64_t bytes) const { return sizes_.first_within(bytes); }

  /// The next entry, of `bytes`; `epoch` is not below the last one.
  void append(std::uint64_t epoch, std::uint64_t bytes);
  /// `index` and all after it are gone; above the base.
  void truncate_from(std::uint64_t index);
  /// Forgets what is up to `index`, at most the last one.
  void cut(std::uint64_t index);
  /// Only a checkpoint is left.
  void reset(std::uint64_t index, std::uint64_t epoch);

private:
  std::vector<epoch_run>::const_iterator run_of(std::uint64_t index) const;

  std::uint64_t base_index_;
  std::uint64_t base_epoch_;
  std::uint64_t last_index_;
  std::vector<epoch_run> runs_;  // of what is above the base
  log_sizes sizes_;
};

}  // namespace taskdriver::cluster
