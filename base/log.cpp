// The one place that knows spdlog: renders an event as key=value or JSON and hands it to stderr.
#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/check.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace taskdriver {
namespace {

struct log_state {
  log_options options;
  std::shared_ptr<spdlog::logger> sink;
};

log_state& state() {
  static log_state s = [] {
    auto sink = std::make_shared<spdlog::logger>("taskdriver",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    sink->set_pattern("%v");
    sink->set_level(spdlog::level::trace);
    return log_state{{}, std::move(sink)};
  }();
  return s;
}

std::string_view name_of(log_level level) {
  switch (level) {
    case log_level::debug:
      return "debug";
    case log_level::info:
      return "info";
    case log_level::warn:
      return "warn";
    case log_level::error:
      return "error";
  }
  return "error";
}

bool needs_quotes(std::string_view value) {
  if (value.empty()) return true;
  for (unsigned char c : value)
    if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7f) return true;
  return false;
}

void append_text_value(std::string& line, const log_field& field) {
  if (!field.bare && needs_quotes(field.value))
    append_json_string(line, field.value);
  else
    line += field.value;
}

std::string text_line(log_level level, std::string_view event,
                      std::initializer_list<log_field> fields) {
  std::string line = iso8601(system_time().now().wall_ms);
  line.append(" level=").append(name_of(level)).append(" event=");
  append_text_value(line, {"event", event});
  for (const auto& field : fields) {
    line.append(" ").append(field.key).append("=");
    append_text_value(line, field);
  }
  return line;
}

std::string json_line(log_level level, std::string_view event,
                      std::initializer_list<log_field> fields) {
  std::string line = R"({"time":")" + iso8601(system_time().now().wall_ms) + R"(","level":")";
  line.append(name_of(level)).append(R"(","event":)");
  append_json_string(line, event);
  for (const auto& field : fields) {
    line += ',';
    append_json_string(line, field.key);
    line += ':';
    if (field.bare)
      line += field.value;
    else
      append_json_string(line, field.value);
  }
  return line += '}';
}

}  // namespace

std::string log_field::number(double v) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, v).ptr;
  return {text, end};
}

void start_log(const log_options& options) {
  state().options = options;
}

void flush_log() {
  state().sink->flush();
}

bool log_enabled(log_level level) {
  return level >= state().options.level;
}

void log_event(log_level level, std::string_view event, std::initializer_list<log_field> fields) {
  if (!log_enabled(level)) return;
  const auto line = state().options.format == log_format::json ? json_line(level, event, fields)
                                                               : text_line(level, event, fields);
  state().sink->log(spdlog::level::info, spdlog::string_view_t(line));
}

void check_failed(std::string_view why, const char* file, int line) noexcept {
  std::fprintf(stderr, "check failed: %.*s (%s:%d)\n", static_cast<int>(why.size()), why.data(),
               file, line);
  std::abort();
}

}  // namespace taskdriver
