// The client thread's loop over epoll_wait(2).
#include "tools/tdbench/event_loop.hpp"

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "base/check.hpp"

namespace taskdriver::bench {
namespace {

constexpr std::size_t scratch_bytes = 256 * 1024;
constexpr int wait_ms_max = 100;
constexpr std::int64_t second_ns = 1'000'000'000;

}  // namespace

std::int64_t steady_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * second_ns + now.tv_nsec;
}

event_loop::event_loop()
    : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)),
      timer_fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      scratch_(scratch_bytes) {
  TASKDRIVER_CHECK(epoll_fd_ >= 0 && timer_fd_ >= 0 && wake_fd_ >= 0, "no descriptors left");
  watch(timer_fd_, *this);
  watch(wake_fd_, *this);
}

event_loop::~event_loop() {
  close(wake_fd_);
  close(timer_fd_);
  close(epoll_fd_);
}

void event_loop::watch(int fd, io_listener& listener) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &listener;
  TASKDRIVER_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl failed");
}

void event_loop::call_at(std::int64_t due_ns, timer_listener& listener) {
  const auto later = [](const timer& a, const timer& b) { return a.due_ns > b.due_ns; };
  timers_.push_back({due_ns, &listener});
  std::push_heap(timers_.begin(), timers_.end(), later);
  if (timers_.front().due_ns == due_ns) arm_timer();
}

void event_loop::arm_timer() {
  // A time of 0 would disarm; one in the past fires at once, which is what is wanted.
  const std::int64_t due_ns = std::max<std::int64_t>(timers_.front().due_ns, 1);
  itimerspec setting{};
  setting.it_value.tv_sec = due_ns / second_ns;
  setting.it_value.tv_nsec = due_ns % second_ns;
  timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &setting, nullptr);
}

void event_loop::serve_timers() {
  const auto later = [](const timer& a, const timer& b) { return a.due_ns > b.due_ns; };
  const std::int64_t now = steady_ns();
  while (!timers_.empty() && timers_.front().due_ns <= now) {
    timer_listener* const listener = timers_.front().listener;
    std::pop_heap(timers_.begin(), timers_.end(), later);
    timers_.pop_back();
    listener->on_timer();
  }
  if (!timers_.empty()) arm_timer();
}

void event_loop::run_once() {
  std::array<epoll_event, 256> events;
  const int limit = static_cast<int>(events.size());
  const int count = epoll_wait(epoll_fd_, events.data(), limit, wait_ms_max);
  for (int i = 0; i < count; ++i) {
    static_cast<io_listener*>(events[i].data.ptr)->on_io(events[i].events);
  }
}

void event_loop::on_io(std::uint32_t) {
  std::uint64_t ignored = 0;
  (void)!read(wake_fd_, &ignored, sizeof ignored);
  if (read(timer_fd_, &ignored, sizeof ignored) > 0) serve_timers();
}

void event_loop::wake() {
  const std::uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof one);
}

}  // namespace taskdriver::bench
