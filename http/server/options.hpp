// What a server is started with: address, limits, and the two functions that the API gives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "http/server/message.hpp"
#include "http/server/responder.hpp"

namespace taskdriver::http {

/// How much of anything a client may use. All times in milliseconds.
struct server_limits {
  std::size_t request_line_bytes = 8 * 1024;  // beyond: 414
  std::size_t head_bytes = 16 * 1024;         // request line and all fields; beyond: 431
  std::size_t header_count = 100;             // beyond: 431
  std::size_t body_bytes_max = 16 << 20;      // beyond: 413, before it is read
  /// Of all bodies that are still arriving, so that many large ones at once cannot take the memory;
  /// split evenly among the io threads. Beyond: 503 for the one that asks for more.
  std::size_t arriving_bytes_max = 256 << 20;
  int header_ms = 10'000;  // first byte of a head to its end; beyond: 408
  int body_ms = 30'000;    // end of the head to the end of the body; beyond: 408
  int idle_ms = 60'000;    // without a request; beyond: closed silently
  int write_ms = 30'000;   // without progress of an answer; beyond: dropped
  int linger_ms = 2'000;   // between our FIN and the client's
  /// How often the times above are looked at, so by how much they may be late.
  int sweep_ms = 500;
  /// Over all io threads; one more gets 503 and is closed.
  std::size_t connections_max = 20'000;
};

/// Called on an io thread for every request: must not block. The responder may go to any thread.
using request_handler = std::function<void(request&&, responder)>;

/// Somebody else's work on an io thread: called there after each round of events, and soon after
/// `wake` was called, on whichever thread; that may be called even when the io thread has ended.
/// Destroyed after that end.
using side_work = std::function<void()>;
/// Called on each io thread before its first round.
using side_work_maker = std::function<side_work(std::function<void()> wake)>;

/// Makes the body of an answer that the server gives by itself (400, 408, 413, 414, 417, 431, 501,
/// 503, 505), so that these look like the API's own. Called on io threads, also at the same time.
using error_response_hook = std::function<response(int status, std::string_view text)>;

/// Plain text; what a server uses that was given no hook.
response plain_error_response(int status, std::string_view text);

struct server_options {
  std::string host = "127.0.0.1";
  /// 0 = any free one; server::port() tells which.
  std::uint16_t port = 3000;
  unsigned io_threads = 1;
  int backlog = 4096;
  server_limits limits = {};
  error_response_hook error_response = plain_error_response;
  side_work_maker make_side_work = {};  // empty: none
};

}  // namespace taskdriver::http
