// SIGTERM and SIGINT as something the main thread waits for.
#pragma once

namespace taskdriver::server {

/// Makes SIGTERM and SIGINT wait until main asks for them, and SIGPIPE harmless.
///
///   constructed: both blocked --wait()--> first one returned --another--> process exits 1 at once
///
/// Thread: made in main before any other thread (they inherit the blocked signals); wait() there
/// too. Owns: the process's handling of these three signals, for the rest of its life.
class stop_signal {
public:
  stop_signal();
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;

  /// Blocks until SIGTERM or SIGINT and returns its number. From then on another one ends the
  /// process with exit code 1, for people whose orderly stop takes too long.
  int wait();
};

}  // namespace taskdriver::server
