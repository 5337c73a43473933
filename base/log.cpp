// Renders an event as key=value or JSON and hands it to stderr.
#include "base/log.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/check.hpp"
#include "base/line_writer.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace taskdriver {
namespace {

struct log_state {
  log_options options;
  std::unique_ptr<line_writer> writer;  // from start_log() on; before, each writes for itself
};

/// Never destroyed: threads may log until the process ends.
log_state& state() {
  static auto& s = *new log_state;
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

std::string line_of(log_level level, std::string_view event,
                    std::initializer_list<log_field> fields) {
  return state().options.format == log_format::json ? json_line(level, event, fields)
                                                    : text_line(level, event, fields);
}

}  // namespace

std::string log_field::number(double v) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, v).ptr;
  return {text, end};
}

void start_log(const log_options& options) {
  state().options = options;
  state().writer = std::make_unique<line_writer>(STDERR_FILENO, [](std::uint64_t lost) {
    return line_of(log_level::warn, "log lines lost: stderr is not read fast enough",
                   {{"lines", lost}});
  });
}

void flush_log() {
  if (state().writer)
    state().writer->flush();
  else
    std::fflush(stderr);
}

bool log_enabled(log_level level) {
  return level >= state().options.level;
}

void log_event(log_level level, std::string_view event, std::initializer_list<log_field> fields) {
  if (!log_enabled(level)) return;
  auto line = line_of(level, event, fields);
  if (state().writer) return state().writer->add(line, level >= log_level::warn);
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void check_failed(std::string_view why, const char* file, int line) noexcept {
  flush_log();
  std::fprintf(stderr, "check failed: %.*s (%s:%d)\n", static_cast<int>(why.size()), why.data(),
               file, line);
  std::abort();
}

}  // namespace taskdriver
