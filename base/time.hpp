// The two clocks of a server, as values: steady for durations (leases), wall for what people read.
#pragma once

#include <cstdint>
#include <string>

namespace taskdriver {

/// One reading of both clocks, taken together and passed down: nothing below reads a clock.
struct instant {
  /// Milliseconds of CLOCK_BOOTTIME: never jumps, runs on during suspend, means nothing after a
  /// reboot.
  std::int64_t steady_ms = 0;
  /// Milliseconds since 1970 UTC: may jump; only for timestamps and for the ends of sessions.
  std::int64_t wall_ms = 0;
};

/// From readings in nanoseconds, that of the wall clock taken first. `wall_ms` is what the wall
/// clock showed when the steady one came to `steady_ms`: unless somebody sets it, it has reached
/// wall_ms + d whenever the other has reached steady_ms + d, so that no lease ends before the time
/// that was told of it (P6). Rounded down each by itself, they would differ by up to one.
instant instant_of(std::int64_t steady_ns, std::int64_t wall_ns);

/// Where `instant`s come from; tests give their own. Thread: any.
class time_source {
public:
  virtual ~time_source() = default;
  virtual instant now() const = 0;
};

/// The clocks of this machine. Lives as long as the process.
const time_source& system_time();

/// "2024-01-01T10:00:00.000Z". `wall_ms` between years 0 and 9999.
std::string iso8601(std::int64_t wall_ms);
void append_iso8601(std::string& out, std::int64_t wall_ms);

}  // namespace taskdriver
