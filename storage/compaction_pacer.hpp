// How much of a core compaction may take: little while it has time, all of one when it falls
// behind.
#pragma once

#include <rocksdb/rate_limiter.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

namespace taskdriver::storage {

/// Files of level 0, which flushes add and compaction takes away: where it is high time, where
/// there is no time left, and where RocksDB slows writes down.
inline constexpr int files_many = 24;
inline constexpr int files_too_many = 40;
inline constexpr int files_slow = 64;

/// What compaction may take of a core, 0.15 to 1, with so many files of level 0.
///
///   1    |               ,--------
///   0.15 |----------'
///        0          24   40     64   files
double compaction_share(int files);

/// How long a thread that used `cpu` rests, so that it takes `share` of a core; bounded, so that a
/// store that closes does not wait.
std::chrono::nanoseconds rest_after(std::chrono::nanoseconds cpu, double share);

/// RocksDB asks it before each write of a flush or a compaction. It counts the thread's CPU instead
/// of bytes, because that is what requests lack: merging takes up to a microsecond a record,
/// however few bytes compression leaves of it. A compaction that mostly drops records writes little
/// and so rests less. Flushes are never held up: they free memory.
///
/// Thread: any. The share is changed by the keeper.
class compaction_pacer final : public rocksdb::RateLimiter {
public:
  using sleeper = std::function<void(std::chrono::nanoseconds)>;
  explicit compaction_pacer(sleeper sleep);
  compaction_pacer();

  void allow(double share) { share_.store(share, std::memory_order_relaxed); }
  double share() const { return share_.load(std::memory_order_relaxed); }

  void Request(std::int64_t bytes, rocksdb::Env::IOPriority priority,
               rocksdb::Statistics* statistics) override;
  /// Larger writes come in pieces of this size.
  std::int64_t GetSingleBurstBytes() const override { return std::int64_t{1} << 20; }

  // Bytes have no rate, and nobody asks for their sums.
  void SetBytesPerSecond(std::int64_t) override {}
  std::int64_t GetBytesPerSecond() const override { return 0; }
  std::int64_t GetTotalBytesThrough(rocksdb::Env::IOPriority) const override { return 0; }
  std::int64_t GetTotalRequests(rocksdb::Env::IOPriority) const override { return 0; }

private:
  sleeper sleep_;
  std::atomic<double> share_ = 1;
};

}  // namespace taskdriver::storage
