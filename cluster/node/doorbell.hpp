// Wakes one thread that waits for work from many places.
#pragma once

#include <atomic>
#include <cstdint>

namespace taskdriver::cluster {

/// A ring is never lost: whoever makes work visible and then rings wakes the waiter, or finds it
/// awake and about to look. A ring costs a system call only while the waiter sleeps.
/// Thread: ring() any; the others the one that waits. Owns: an eventfd.
class doorbell {
public:
  doorbell();
  ~doorbell();
  doorbell(const doorbell&) = delete;
  doorbell& operator=(const doorbell&) = delete;

  void ring();
  /// Says that the waiter will sleep unless it finds work now; then it must look once more, and
  /// call wait() or stay().
  void about_to_sleep() { asleep_ = true; }
  void stay() { asleep_ = false; }
  /// Returns at the next ring, or after `ms`.
  void wait(std::int64_t ms);

private:
  int fd_;
  std::atomic<bool> asleep_ = false;
};

}  // namespace taskdriver::cluster
