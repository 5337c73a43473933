// epoll and timers of one client thread.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <vector>

namespace taskdriver::bench {

/// Nanoseconds of CLOCK_MONOTONIC.
std::int64_t steady_ns();

/// Told of readiness of a descriptor it watches.
class io_listener {
public:
  virtual ~io_listener() = default;
  /// `events` as epoll_wait(2) reports them.
  virtual void on_io(std::uint32_t events) = 0;
};

/// Told when a time has come.
class timer_listener {
public:
  virtual ~timer_listener() = default;
  virtual void on_timer() = 0;
};

/// Waits for descriptors (edge-triggered) and timers and tells their listeners, which must outlive
/// the loop's last run_once().
///
/// Thread: one owner; wake() may be called by any.
/// Owns: the epoll descriptor, a timerfd (epoll's own timeout is too coarse for open loops).
class event_loop : private io_listener {
public:
  event_loop();
  ~event_loop() override;
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;

  /// Reports every change of readiness to `listener` until `fd` is closed.
  void watch(int fd, io_listener& listener);
  /// Calls `listener` once, at `due_ns` or as soon after it as can be. Cannot be taken back.
  void call_at(std::int64_t due_ns, timer_listener& listener);
  /// Waits for the next event or timer, at most 100 ms, and serves what is there.
  void run_once();
  /// Ends a wait that is under way.
  void wake();

  /// A buffer for received bytes, free for use between two events.
  std::vector<char>& scratch() { return scratch_; }

private:
  struct timer {
    std::int64_t due_ns;
    timer_listener* listener;
  };

  void on_io(std::uint32_t events) override;
  void arm_timer();
  void serve_timers();

  int epoll_fd_;
  int timer_fd_;
  int wake_fd_;
  std::vector<timer> timers_;  // a heap, the earliest in front
  std::vector<char> scratch_;
};

}  // namespace taskdriver::bench
