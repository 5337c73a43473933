// A log-linear histogram of durations: what percentiles in the report are computed from.
#pragma once

#include <cstdint>
#include <vector>

namespace taskdriver::bench {

/// Counts values in buckets of at most 0.8 % of their size; values below 256 have one bucket each.
///
///   value  0..255 step 1 | 256..511 step 2 | 512..1023 step 4 | ... up to 2^41 (36 minutes of ns)
///
/// Thread: one owner; merge() joins those of several threads. Memory: 36 KB, fixed.
class histogram {
public:
  histogram();

  /// Adds one value; negative ones count as 0, those beyond the range as its end.
  void add(std::int64_t value);
  void merge(const histogram& other);

  std::uint64_t count() const { return count_; }
  std::int64_t max() const { return max_; }
  /// Exact mean of what was added; 0 when empty.
  double mean() const;
  /// The smallest bucket end that at least `fraction` (0..1) of the values do not exceed; 0 when
  /// empty, never above max().
  std::int64_t percentile(double fraction) const;

private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace taskdriver::bench
