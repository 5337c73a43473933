// What a project finished in the last hour, in 60 one-minute buckets (A20): O(1) to keep and to
// read.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "domain/records.hpp"

namespace taskdriver::domain {

/// Thread: one owner.
class activity_table {
public:
  static constexpr std::uint64_t minutes = 60;

  struct summary {
    std::uint64_t completed = 0;
    std::uint64_t failed = 0;
    std::uint64_t duration_ms = 0;
  };

  /// The bucket of `wall_ms` with one more finished task in it; nothing is changed yet.
  activity_bucket with_completed(std::int64_t wall_ms, std::int64_t duration_ms) const;
  activity_bucket with_failed(std::int64_t wall_ms) const;

  void put(const activity_bucket& bucket) { buckets_[bucket.minute % minutes] = bucket; }
  /// Sums the 60 minutes that end with the minute of `wall_ms`.
  summary last_hour(std::int64_t wall_ms) const;

private:
  activity_bucket bucket_at(std::int64_t wall_ms) const;
  std::array<activity_bucket, minutes> buckets_{};
};

}  // namespace taskdriver::domain
