// The socket as a connection sees it; tests and the fuzzer have a scripted one.
#pragma once

#include <cstddef>
#include <string_view>

namespace taskdriver::http {

struct io_result {
  enum class kind { done, would_block, end, failed };
  kind what = kind::done;
  std::size_t bytes = 0;  // with `done` only
};

/// Non-blocking bytes both ways, and what to be woken for. Thread: one io thread.
class byte_channel {
public:
  /// What the connection is to be called back for, as long as it holds.
  enum class interest {
    nothing,  // a reset is told nevertheless
    readable,
    hang_up,  // the client's end of sending, but not its bytes
    writable,
  };
  enum class peer_state { quiet, has_bytes, half_closed, dead };

  virtual ~byte_channel() = default;
  /// At most `size` bytes. `end`: the client has finished sending.
  virtual io_result read(char* into, std::size_t size) = 0;
  /// One system call for both pieces; `bytes` counts over both and may stop anywhere.
  virtual io_result write(std::string_view first, std::string_view second) = 0;
  /// What a read would find, without reading.
  virtual peer_state look() = 0;
  /// Sends FIN; reading goes on.
  virtual void finish_writing() = 0;
  virtual void wait_for(interest what) = 0;
};

}  // namespace taskdriver::http
