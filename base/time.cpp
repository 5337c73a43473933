// Reads the machine's clocks and prints UTC times.
#include "base/time.hpp"

#include <ctime>

namespace taskdriver {
namespace {

std::int64_t read_ms(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return std::int64_t{t.tv_sec} * 1000 + t.tv_nsec / 1'000'000;
}

class machine_time final : public time_source {
public:
  instant now() const override { return {read_ms(CLOCK_BOOTTIME), read_ms(CLOCK_REALTIME)}; }
};

void put_digits(char* out, int value, int width) {
  for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

const time_source& system_time() {
  static const machine_time time;
  return time;
}

std::string iso8601(std::int64_t wall_ms) {
  // Floors, so that times before 1970 keep a positive millisecond part.
  const std::int64_t seconds = (wall_ms >= 0 ? wall_ms : wall_ms - 999) / 1000;
  const std::time_t t = seconds;
  std::tm utc{};
  gmtime_r(&t, &utc);
  std::string text = "0000-00-00T00:00:00.000Z";
  put_digits(&text[0], utc.tm_year + 1900, 4);
  put_digits(&text[5], utc.tm_mon + 1, 2);
  put_digits(&text[8], utc.tm_mday, 2);
  put_digits(&text[11], utc.tm_hour, 2);
  put_digits(&text[14], utc.tm_min, 2);
  put_digits(&text[17], utc.tm_sec, 2);
  put_digits(&text[20], static_cast<int>(wall_ms - seconds * 1000), 3);
  return text;
}

}  // namespace taskdriver
