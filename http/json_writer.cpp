// Appends names and values.
#include "http/json_writer.hpp"

#include <charconv>
#include <cmath>

#include "base/text.hpp"
#include "base/time.hpp"

namespace taskdriver::http {

void json_writer::key(std::string_view name) {
  comma();
  out_ += '"';
  out_.append(name).append("\":");
}

void json_writer::escaped_key(std::string_view name) {
  comma();
  append_json_string(out_, name);
  out_ += ':';
}

void json_writer::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(out_, value);
}

void json_writer::id(std::string_view name, const object_id& value) {
  key(name);
  out_ += '"';
  value.append_text(out_);
  out_ += '"';
}

void json_writer::number(std::string_view name, std::uint64_t value) {
  key(name);
  char digits[20];
  out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void json_writer::real(std::string_view name, double value) {
  key(name);
  char digits[32];
  if (!std::isfinite(value)) value = 0;
  out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void json_writer::boolean(std::string_view name, bool value) {
  key(name);
  out_ += value ? "true" : "false";
}

void json_writer::time(std::string_view name, std::int64_t wall_ms) {
  key(name);
  out_ += '"';
  append_iso8601(out_, wall_ms);
  out_ += '"';
}

void json_writer::raw(std::string_view name, std::string_view json) {
  key(name);
  out_ += json;
}

void json_writer::text_value(std::string_view text) {
  comma();
  append_json_string(out_, text);
}

}  // namespace taskdriver::http
