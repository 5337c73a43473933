// Counters of the io threads, readable from any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace taskdriver::http {

/// What a server has done since its start, summed over its io threads.
struct server_statistics {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  // beyond connections_max
  std::uint64_t requests = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
};

/// A number that one thread changes and all may read: no locked instruction on the request path.
class thread_counter {
public:
  void add(std::uint64_t n) { set(value() + n); }
  void subtract(std::uint64_t n) { set(value() - n); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::atomic<std::uint64_t> value_{0};
};

/// One io thread's share, on cache lines of its own. Thread: one writer, any readers.
struct alignas(64) io_counters {
  thread_counter open, accepted, refused, requests, received, sent;
  thread_counter arriving;  // bytes of bodies that are not complete

  void add_to(server_statistics& sum) const {
    sum.connections_open += open.value();
    sum.connections_accepted += accepted.value();
    sum.connections_refused += refused.value();
    sum.requests += requests.value();
    sum.bytes_received += received.value();
    sum.bytes_sent += sent.value();
  }
};

}  // namespace taskdriver::http
