// How many bytes the end of a shard's log has, to say from where on it is worth keeping.
#pragma once

#include <cstdint>
#include <deque>

namespace taskdriver::cluster {

/// The bytes of the log's end, summed up between marks:
///
///   forgotten | found by a restart, as a whole | mark | mark | mark ... last entry
///
/// Thread: one owner. Fails: never.
class log_sizes {
public:
  static constexpr std::uint64_t bytes_of_key = 64;  // with every payload, about

  /// Of a log with the entries first..last, of `bytes` together. Can answer for up to `bytes_max`,
  /// to within a 256th of that or one entry.
  log_sizes(std::uint64_t bytes_max, std::uint64_t first_index, std::uint64_t last_index,
            std::uint64_t bytes);

  /// The next entry.
  void append(std::uint64_t payload_bytes);
  /// `index` and all after it are gone. Up to a mark too much may go on being counted.
  void truncate_from(std::uint64_t index);
  /// The log is empty, and ends at `index`.
  void reset(std::uint64_t index);

  /// From this index on the log has at most `bytes` (≤ bytes_max) bytes; 0 if all of it has.
  std::uint64_t first_within(std::uint64_t bytes) const;

private:
  struct mark {
    std::uint64_t first_index;
    std::uint64_t bytes_before;  // of all that was ever counted
  };

  std::uint64_t bytes_max_;
  std::uint64_t last_index_;
  std::uint64_t bytes_ = 0;  // ever counted
  std::deque<mark> marks_;
  bool forgot_ = false;  // entries before the first mark
};

}  // namespace taskdriver::cluster
