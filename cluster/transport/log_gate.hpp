// Keeps what strangers cause from filling the log.
#pragma once

#include <cstdint>

namespace taskdriver::cluster {

/// At most ten lines in ten seconds. Thread: one owner.
class log_gate {
public:
  bool open(std::int64_t now_ms) {
    if (now_ms - began_ms_ >= 10'000) {
      began_ms_ = now_ms;
      lines_ = 0;
    }
    return lines_++ < 10;
  }

private:
  std::int64_t began_ms_ = 0;
  int lines_ = 0;
};

}  // namespace taskdriver::cluster
