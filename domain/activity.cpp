// A ring of minutes: a bucket that holds another minute than the one asked for counts as empty.
#include "domain/activity.hpp"

namespace taskdriver::domain {
namespace {

std::uint64_t minute_of(std::int64_t wall_ms) {
  return wall_ms < 0 ? 0 : static_cast<std::uint64_t>(wall_ms) / 60'000;
}

}  // namespace

activity_bucket activity_table::bucket_at(std::int64_t wall_ms) const {
  const auto minute = minute_of(wall_ms);
  const auto& bucket = buckets_[minute % minutes];
  if (bucket.minute == minute) return bucket;
  return {.minute = minute};
}

activity_bucket activity_table::with_completed(std::int64_t wall_ms,
                                               std::int64_t duration_ms) const {
  auto bucket = bucket_at(wall_ms);
  ++bucket.completed;
  // A wall clock that was set back must not make a duration negative.
  if (duration_ms > 0) bucket.duration_ms += static_cast<std::uint64_t>(duration_ms);
  return bucket;
}

activity_bucket activity_table::with_failed(std::int64_t wall_ms) const {
  auto bucket = bucket_at(wall_ms);
  ++bucket.failed;
  return bucket;
}

activity_table::summary activity_table::last_hour(std::int64_t wall_ms) const {
  const auto newest = minute_of(wall_ms);
  summary sum;
  for (const auto& bucket : buckets_) {
    if (bucket.minute > newest || bucket.minute + minutes <= newest) continue;
    sum.completed += bucket.completed;
    sum.failed += bucket.failed;
    sum.duration_ms += bucket.duration_ms;
  }
  return sum;
}

}  // namespace taskdriver::domain
