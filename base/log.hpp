// The server's log: one line per event to stderr, key=value or JSON; never a secret in it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace taskdriver {

enum class log_level { debug, info, warn, error };
enum class log_format { text, json };

struct log_options {
  log_format format = log_format::text;
  log_level level = log_level::info;
};

/// One key and its value; numbers and booleans keep their JSON type.
struct log_field {
  log_field(std::string_view k, std::string_view v) : key(k), value(v) {}
  log_field(std::string_view k, const char* v) : key(k), value(v) {}
  log_field(std::string_view k, const std::string& v) : key(k), value(v) {}
  log_field(std::string_view k, bool v) : key(k), value(v ? "true" : "false"), bare(true) {}
  log_field(std::string_view k, double v) : key(k), value(number(v)), bare(true) {}
  template <class Integer>
  requires std::is_integral_v<Integer> log_field(std::string_view k, Integer v)
      : key(k), value(std::to_string(v)), bare(true) {}

  static std::string number(double v);
  std::string_view key;
  std::string value;
  bool bare = false;
};

/// Sets format and level, and has lines written by a thread from now on (line_writer). Call once,
/// before threads start; without it: text, info, each line at once by who logs it.
void start_log(const log_options& options);
/// Writes what is still buffered; waits a second at most. Thread: any.
void flush_log();

bool log_enabled(log_level level);

/// Writes one line: time, level, event, fields. CR, LF and quotes in values are escaped.
/// `event` is a few fixed words ("listening", "task lease expired"). Thread: any.
void log_event(log_level level, std::string_view event,
               std::initializer_list<log_field> fields = {});

}  // namespace taskdriver
