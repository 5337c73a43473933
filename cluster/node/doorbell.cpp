// eventfd(2) behind a flag.
#include "cluster/node/doorbell.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.hpp"

namespace taskdriver::cluster {

doorbell::doorbell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  TASKDRIVER_CHECK(fd_ >= 0, "eventfd failed: the process has no file descriptors left");
}

doorbell::~doorbell() {
  ::close(fd_);
}

void doorbell::ring() {
  if (!asleep_.exchange(false)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void doorbell::wait(std::int64_t ms) {
  pollfd wanted{fd_, POLLIN, 0};
  ::poll(&wanted, 1, static_cast<int>(std::clamp<std::int64_t>(ms, 0, 60'000)));
  asleep_ = false;
  std::uint64_t rings = 0;
  [[maybe_unused]] const auto taken = ::read(fd_, &rings, sizeof rings);
}

}  // namespace taskdriver::cluster
