// Queue, flag and eventfd of an io thread's mailbox.
#include "http/server/mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "base/check.hpp"

namespace taskdriver::http {

mailbox::mailbox() : wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  TASKDRIVER_CHECK(wake_fd_ >= 0, "no descriptor left for an io thread's eventfd");
}

mailbox::~mailbox() {
  ::close(wake_fd_);
}

void mailbox::deliver(answer a) {
  if (is_owner()) {
    if (inline_id_ == a.to)
      inline_answer_ = std::move(a);
    else
      own_.push_back(std::move(a));
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    queue_.push_back(std::move(a));
    if (std::exchange(waking_, true)) return;
  }
  wake();
}

void mailbox::give(order o) {
  {
    const std::lock_guard lock(mutex_);
    orders_ |= static_cast<unsigned>(o);
    if (std::exchange(waking_, true)) return;
  }
  wake();
}

void mailbox::wake_owner() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(waking_, true)) return;
  }
  wake();
}

void mailbox::close() {
  owner_.store({}, std::memory_order_release);  // another thread may get its id
  std::vector<answer> dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(queue_);
}

std::optional<answer> mailbox::take_inline() {
  inline_id_ = {};
  return std::exchange(inline_answer_, std::nullopt);
}

void mailbox::collect(mail& into) {
  eventfd_t count = 0;
  ::eventfd_read(wake_fd_, &count);
  into.answers.clear();
  const std::lock_guard lock(mutex_);
  waking_ = false;
  into.answers.swap(queue_);
  into.stop_accepting = (orders_ & static_cast<unsigned>(order::stop_accepting)) != 0;
  into.drain = (orders_ & static_cast<unsigned>(order::drain)) != 0;
}

void mailbox::collect_own(mail& into) {
  into.answers.clear();
  into.answers.swap(own_);
}

bool mailbox::is_owner() const {
  return std::this_thread::get_id() == owner_.load(std::memory_order_acquire);
}

void mailbox::wake() {
  ::eventfd_write(wake_fd_, 1);
}

}  // namespace taskdriver::http
