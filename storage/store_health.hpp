// Whether the store may write: healthy, short of space, or failed for good; asked by every append.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "base/result.hpp"

namespace taskdriver::storage {

///   healthy <--space--> low (refused by the reserve)
///      |  ^
///   ENOSPC \resumed                 any state --disk error--> failed (the process ends)
///      v    \                       any state --close-------> closing
///     full (RocksDB refused)
///
/// Thread: any.
/// Owns: the one call of on_fatal.
class store_health {
public:
  explicit store_health(std::function<void(const error_info&)> on_fatal)
      : on_fatal_(std::move(on_fatal)) {}

  /// The disk failed or lied. The first call logs and calls on_fatal; later ones do nothing.
  void fail(const error_info& why);
  /// RocksDB met ENOSPC and takes no writes until it is resumed.
  void set_full(const std::string& why);
  void clear_full();
  /// The reserve is used up (empty `why`: it is there again).
  void set_low(const std::string& why);
  /// No more waiting: the store is being closed.
  void close();

  /// Fails: unavailable (full, low or closing), internal (failed).
  result<void> check_writable() const;
  bool writable() const { return writable_.load(std::memory_order_acquire); }
  bool full() const;
  bool low() const;
  bool failed() const;
  /// Waits while full. False when the store failed or closes instead, or waiting is not allowed.
  bool wait_until_resumed();
  /// Off while the writer thread ends: a shutdown must not wait for an operator to make room.
  void allow_waiting(bool allowed);

private:
  void update();

  std::function<void(const error_info&)> on_fatal_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> writable_ = true;
  std::string full_why_;
  std::string low_why_;
  std::string failed_why_;
  bool closing_ = false;
  bool waiting_allowed_ = true;
};

}  // namespace taskdriver::storage
