// What all connections of one io thread share: the buffers, the clock's reading, the way up.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/server/mailbox.hpp"
#include "http/server/options.hpp"
#include "http/server/response_encoder.hpp"
#include "http/server/statistics.hpp"

namespace taskdriver::http {

/// One read buffer and one write buffer for thousands of connections: an idle one owns neither.
/// Thread: its io thread; counters any.
struct io_services {
  io_services(const server_options& o, request_handler h, io_counters& c)
      : options(o), handler(std::move(h)), counters(c) {}

  const server_options& options;
  const request_handler handler;
  io_counters& counters;
  const std::shared_ptr<mailbox> mail = std::make_shared<mailbox>();
  std::vector<char> read_buffer = std::vector<char>(64 * 1024);
  std::string write_buffer = {};
  response_encoder encoder = {};
  /// The steady clock, read once per round of events.
  std::int64_t now_ns = 0;

  std::int64_t now_ms() const { return now_ns / 1'000'000; }
};

}  // namespace taskdriver::http
