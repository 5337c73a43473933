// Bucket arithmetic of the log-linear histogram.
#include "tools/tdbench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace taskdriver::bench {
namespace {

constexpr unsigned linear_bits = 8;  // values below 2^8 are exact, above it 7 bits are kept
constexpr unsigned value_bits = 41;
constexpr std::uint64_t value_max = (std::uint64_t{1} << value_bits) - 1;
constexpr std::uint64_t half = std::uint64_t{1} << (linear_bits - 1);

std::size_t bucket_of(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  const unsigned shift = width > linear_bits ? width - linear_bits : 0;
  return shift * half + (value >> shift);
}

/// The largest value that falls into bucket `index`.
std::uint64_t bucket_end(std::size_t index) {
  if (index < 2 * half) return index;
  const auto shift = static_cast<unsigned>(index / half - 1);
  const std::uint64_t kept = index - shift * half;
  return ((kept + 1) << shift) - 1;
}

}  // namespace

histogram::histogram() : buckets_(bucket_of(value_max) + 1) {}

void histogram::add(std::int64_t value) {
  const auto positive = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
  const std::uint64_t counted = std::min(positive, value_max);
  ++buckets_[bucket_of(counted)];
  ++count_;
  sum_ += static_cast<double>(counted);
  max_ = std::max(max_, static_cast<std::int64_t>(counted));
}

void histogram::merge(const histogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

double histogram::mean() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::int64_t histogram::percentile(double fraction) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= wanted) {
      return std::min(static_cast<std::int64_t>(bucket_end(i)), max_);
    }
  }
  return max_;
}

}  // namespace taskdriver::bench
