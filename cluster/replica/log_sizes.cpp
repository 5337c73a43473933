// Marks along the log: set as it grows, forgotten once they are too far behind its end.
#include "cluster/replica/log_sizes.hpp"

#include <algorithm>

namespace taskdriver::cluster {

log_sizes::log_sizes(std::uint64_t bytes_max, std::uint64_t first_index, std::uint64_t last_index,
                     std::uint64_t bytes)
    : bytes_max_(bytes_max), last_index_(last_index) {
  if (first_index > last_index) return;
  marks_.push_back({.first_index = first_index, .bytes_before = 0});
  bytes_ = bytes + (last_index - first_index + 1) * bytes_of_key;
}

void log_sizes::append(std::uint64_t payload_bytes) {
  ++last_index_;
  const bool far = marks_.empty() || bytes_ - marks_.back().bytes_before >= bytes_max_ / 256;
  if (far) marks_.push_back({.first_index = last_index_, .bytes_before = bytes_});
  bytes_ += payload_bytes + bytes_of_key;
  while (marks_.size() > 1 && bytes_ - marks_[1].bytes_before > bytes_max_) {
    marks_.pop_front();
    forgot_ = true;
  }
}

void log_sizes::truncate_from(std::uint64_t index) {
  for (; !marks_.empty() && marks_.back().first_index >= index; marks_.pop_back())
    bytes_ = marks_.back().bytes_before;
  last_index_ = index - 1;
}

void log_sizes::reset(std::uint64_t index) {
  *this = log_sizes(bytes_max_, index + 1, index, 0);
}

std::uint64_t log_sizes::first_within(std::uint64_t bytes) const {
  const auto fits = [&](const mark& m) { return bytes_ - m.bytes_before <= bytes; };
  const auto first = std::find_if(marks_.begin(), marks_.end(), fits);
  if (first == marks_.end()) return marks_.empty() ? 0 : last_index_ + 1;
  const bool all = first == marks_.begin() && !forgot_;
  return all ? 0 : first->first_index;
}

}  // namespace taskdriver::cluster
