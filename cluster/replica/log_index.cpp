// Runs of epochs: looking up, appending, truncating at the end, cutting at the beginning.
#include "cluster/replica/log_index.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace taskdriver::cluster {

log_index::log_index(const recovered_replica& at, std::uint64_t sized_bytes_max)
    : base_index_(at.base_index),
      base_epoch_(at.base_epoch),
      last_index_(at.last_index),
      runs_(at.runs),
      sizes_(sized_bytes_max, base_index_ + 1, last_index_, at.log_bytes) {
  TASKDRIVER_CHECK(base_index_ <= last_index_, "a log does not end before its base");
  TASKDRIVER_CHECK(runs_.empty() == (base_index_ == last_index_),
                   "runs cover exactly the entries above the base");
  TASKDRIVER_CHECK(runs_.empty() || runs_.front().first_index == base_index_ + 1,
                   "the first run begins above the base");
  for (std::size_t i = 1; i < runs_.size(); ++i)
    TASKDRIVER_CHECK(
        runs_[i - 1].first_index < runs_[i].first_index && runs_[i - 1].epoch < runs_[i].epoch,
        "epochs grow along the log");
}

std::vector<epoch_run>::const_iterator log_index::run_of(std::uint64_t index) const {
  TASKDRIVER_CHECK(index > base_index_ && index <= last_index_, "the entry must be in the log");
  const auto after = std::upper_bound(
      runs_.begin(), runs_.end(), index,
      [](std::uint64_t wanted, const epoch_run& run) { return wanted < run.first_index; });
  return std::prev(after);
}

std::uint64_t log_index::epoch_of(std::uint64_t index) const {
  return index == base_index_ ? base_epoch_ : run_of(index)->epoch;
}

bool log_index::has(std::uint64_t index, std::uint64_t epoch) const {
  return index >= base_index_ && index <= last_index_ && epoch_of(index) == epoch;
}

std::uint64_t log_index::run_begin(std::uint64_t index) const {
  return run_of(index)->first_index;
}

void log_index::append(std::uint64_t epoch, std::uint64_t bytes) {
  TASKDRIVER_CHECK(epoch >= last_epoch(), "epochs never go back along the log");
  ++last_index_;
  sizes_.append(bytes);
  if (runs_.empty() || runs_.back().epoch != epoch)
    runs_.push_back({.first_index = last_index_, .epoch = epoch});
}

void log_index::truncate_from(std::uint64_t index) {
  TASKDRIVER_CHECK(index > base_index_ && index <= last_index_, "only entries can be truncated");
  last_index_ = index - 1;
  sizes_.truncate_from(index);
  while (!runs_.empty() && runs_.back().first_index >= index) runs_.pop_back();
}

void log_index::cut(std::uint64_t index) {
  if (index <= base_index_) return;
  base_epoch_ = epoch_of(index);
  base_index_ = index;
  const auto first_kept = std::find_if(runs_.rbegin(), runs_.rend(), [&](const epoch_run& run) {
                            return run.first_index <= index + 1;
                          }).base();
  if (first_kept != runs_.begin()) runs_.erase(runs_.begin(), std::prev(first_kept));
  if (index == last_index_)
    runs_.clear();
  else
    runs_.front().first_index = index + 1;
}

void log_index::reset(std::uint64_t index, std::uint64_t epoch) {
  base_index_ = last_index_ = index;
  base_epoch_ = epoch;
  runs_.clear();
  sizes_.reset(index);
}

}  // namespace taskdriver::cluster
