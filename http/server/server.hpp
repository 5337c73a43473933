// The HTTP/1.1 server: listens, parses, limits; hands requests up and takes answers from any
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/result.hpp"
#include "http/server/options.hpp"
#include "http/server/statistics.hpp"

namespace taskdriver::http {

/// Serves from `start` to `drain` or its destruction.
///
///   server s(options, [](request&& r, responder answer) { answer.send({.body = "{}"}); });
///   if (auto started = s.start(); !started.ok()) ...
///
/// Requests of one connection are handed up one at a time, the next after the answer to the last.
/// Thread: any, one at a time; statistics() at any time. Owns: its io threads.
class server {
public:
  server(server_options options, request_handler handler);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Binds and listens, so that port() is known; start() does it if nobody did. Who connects before
  /// start() waits. Fails (unavailable): the address is taken, also by another server like this
  /// one.
  result<void> open();

  /// Opens and starts the io threads. Every connection is an open file of the process: its limit is
  /// the caller's to raise (base/open_files.hpp). Fails: as open().
  result<void> start();

  /// The bound port, also when 0 was asked for; 0 before `open`.
  std::uint16_t port() const;

  /// Closes the listening sockets; connections go on.
  void stop_accepting();

  /// Stops accepting, closes idle connections, answers what is under way with "Connection: close",
  /// and ends the threads when all is answered, or when `patience` is over, which closes the rest.
  /// True if nothing had to be cut off. Responders that are still around become harmless.
  bool drain(std::chrono::milliseconds patience);

  server_statistics statistics() const;

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace taskdriver::http
