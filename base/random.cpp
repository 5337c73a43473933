// getrandom(2) with a small buffer per thread: a system call per 4 KiB instead of one per token.
#include "base/random.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.hpp"

namespace taskdriver {
namespace {

class random_buffer {
public:
  void take(char* out, std::size_t count) {
    while (count > 0) {
      if (used_ == bytes_.size()) refill();
      const auto n = std::min(count, bytes_.size() - used_);
      std::memcpy(out, bytes_.data() + used_, n);
      // What was handed out is wiped, so that a later leak of memory shows no past token.
      explicit_bzero(bytes_.data() + used_, n);
      used_ += n;
      out += n;
      count -= n;
    }
  }

private:
  void refill() {
    std::size_t have = 0;
    while (have < bytes_.size()) {
      const auto n = getrandom(bytes_.data() + have, bytes_.size() - have, 0);
      if (n < 0 && errno == EINTR) continue;
      TASKDRIVER_CHECK(n > 0, "getrandom failed");
      have += static_cast<std::size_t>(n);
    }
    used_ = 0;
  }

  std::array<char, 4096> bytes_{};
  std::size_t used_ = bytes_.size();
};

random_buffer& buffer() {
  thread_local random_buffer b;
  return b;
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  buffer().take(bytes.data(), count);
  return bytes;
}

std::uint64_t random_u64() {
  std::uint64_t value = 0;
  buffer().take(reinterpret_cast<char*>(&value), sizeof value);
  return value;
}

}  // namespace taskdriver
