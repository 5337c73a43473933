// Reads requests with large bodies on a thread of its own, so that no other client waits for that.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>

#include "http/server/options.hpp"

namespace taskdriver::http {

/// To read the JSON of 16 MiB takes some 0.1 s, in which an io thread would do nothing else:
///
///   io thread --small, or too much waits--> next(request), at once
///        `------large--> queue --> this thread --> next(request)
///
/// What waits is bounded: beyond it io threads read for themselves, and clients are slowed down.
/// Thread: take() any. Owns: its thread. Requests that wait at its end are dropped, which answers
/// them 503.
class large_requests {
public:
  /// A body of so many bytes is large.
  static constexpr std::size_t large_bytes = 64 * 1024;
  /// Bytes of bodies that may wait.
  static constexpr std::size_t waiting_bytes_max = std::size_t{32} << 20;

  /// `next` is called from any thread that calls take(), and from this one.
  explicit large_requests(request_handler next);
  ~large_requests();
  large_requests(const large_requests&) = delete;
  large_requests& operator=(const large_requests&) = delete;

  void take(request&& what, responder out);

private:
  struct waiting {
    request what;
    responder out;
  };

  bool keep(request& what, responder& out);
  void run();

  const request_handler next_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<waiting> queue_;
  std::size_t waiting_bytes_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace taskdriver::http
