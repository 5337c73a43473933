// Reads the machine's clocks and prints UTC times.
#include "base/time.hpp"

#include <ctime>

namespace taskdriver {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

std::int64_t read_ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return std::int64_t{t.tv_sec} * 1000 * ns_per_ms + t.tv_nsec;
}

class machine_time final : public time_source {
public:
  instant now() const override {
    const auto wall_ns = read_ns(CLOCK_REALTIME);
    return instant_of(read_ns(CLOCK_BOOTTIME), wall_ns);
  }
};

struct civil_date {
  int year = 0;
  int month = 0;  // 1–12
  int day = 0;    // 1–31
};

/// The proleptic Gregorian date of a day counted from 1970-01-01. Years are taken from March on, so
/// that the leap day is the last of its year; 146,097 days are 400 years. gmtime_r would take a
/// lock of the C library each time.
civil_date civil_date_of(std::int64_t days) {
  days += 719'468;  // from 0000-03-01
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = static_cast<int>(days - era * 146'097);
  const int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int march_month = (5 * day_of_year + 2) / 153;
  const int month = march_month < 10 ? march_month + 3 : march_month - 9;
  const auto year = static_cast<int>(year_of_era + era * 400) + (month <= 2 ? 1 : 0);
  return {year, month, day_of_year - (153 * march_month + 2) / 5 + 1};
}

void put_digits(char* out, int value, int width) {
  for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

instant instant_of(std::int64_t steady_ns, std::int64_t wall_ns) {
  return {steady_ns / ns_per_ms, (wall_ns - steady_ns % ns_per_ms) / ns_per_ms};
}

const time_source& system_time() {
  static const machine_time time;
  return time;
}

void append_iso8601(std::string& out, std::int64_t wall_ms) {
  // Floors, so that times before 1970 keep a positive part of the day.
  constexpr std::int64_t day_ms = 86'400'000;
  std::int64_t days = wall_ms / day_ms;
  std::int64_t ms = wall_ms % day_ms;
  if (ms < 0) ms += day_ms, --days;
  const civil_date date = civil_date_of(days);
  char text[] = "0000-00-00T00:00:00.000Z";
  put_digits(&text[0], date.year, 4);
  put_digits(&text[5], date.month, 2);
  put_digits(&text[8], date.day, 2);
  put_digits(&text[11], static_cast<int>(ms / 3'600'000), 2);
  put_digits(&text[14], static_cast<int>(ms / 60'000 % 60), 2);
  put_digits(&text[17], static_cast<int>(ms / 1000 % 60), 2);
  put_digits(&text[20], static_cast<int>(ms % 1000), 3);
  out.append(text, sizeof text - 1);
}

std::string iso8601(std::int64_t wall_ms) {
  std::string text;
  append_iso8601(text, wall_ms);
  return text;
}

}  // namespace taskdriver
