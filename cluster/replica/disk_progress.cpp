// Writes under way and what their fsync means.
#include "cluster/replica/disk_progress.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace taskdriver::cluster {

std::optional<std::int64_t> disk_progress::waiting_since_ms() const {
  if (under_way_.empty()) return std::nullopt;
  return under_way_.front().begun_ms;
}

std::uint64_t disk_progress::begin(std::int64_t now_ms, std::uint64_t last_index,
                                   std::uint64_t seen_epoch) {
  under_way_.push_back({++last_id_, now_ms, last_index, seen_epoch});
  return last_id_;
}

void disk_progress::truncate_from(std::uint64_t index) {
  durable_index_ = std::min(durable_index_, index - 1);
  for (auto& w : under_way_) w.last_index = std::min(w.last_index, index - 1);
}

void disk_progress::written(std::uint64_t id) {
  TASKDRIVER_CHECK(id <= last_id_, "only what was asked for is written");
  for (; !under_way_.empty() && under_way_.front().id <= id; under_way_.pop_front()) {
    durable_index_ = std::max(durable_index_, under_way_.front().last_index);
    seen_epoch_ = std::max(seen_epoch_, under_way_.front().seen_epoch);
  }
}

void disk_progress::installed(std::uint64_t index, bool keep_suffix) {
  if (!keep_suffix) {
    for (auto& w : under_way_) w.last_index = 0;
    durable_index_ = index;
  }
  durable_index_ = std::max(durable_index_, index);
}

}  // namespace taskdriver::cluster
