// Writes JSON text straight into a string: answers need no document in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace taskdriver::http {

/// Sets the commas itself. Whoever uses it closes what it opens; nothing is checked.
///
/// Thread: one at a time.
/// Owns: nothing; the string must live longer.
class json_writer {
public:
  explicit json_writer(std::string& out) : out_(out) {}

  void open_object() { open('{'); }
  void open_object(std::string_view name) { key(name), out_ += '{'; }
  void close_object() { out_ += '}'; }
  void open_array() { open('['); }
  void open_array(std::string_view name) { key(name), out_ += '['; }
  void close_array() { out_ += ']'; }

  /// `name` is one of ours and needs no escapes.
  void key(std::string_view name);
  /// A name that came from a client.
  void escaped_key(std::string_view name);

  void text(std::string_view name, std::string_view value);
  void id(std::string_view name, const object_id& value);
  void number(std::string_view name, std::uint64_t value);
  /// What JSON cannot hold (infinite, not a number) becomes 0.
  void real(std::string_view name, double value);
  void boolean(std::string_view name, bool value);
  void time(std::string_view name, std::int64_t wall_ms);
  /// `json` is JSON text already.
  void raw(std::string_view name, std::string_view json);

  void text_if(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  void time_if(std::string_view name, std::int64_t wall_ms) {
    if (wall_ms != 0) time(name, wall_ms);
  }
  void raw_if(std::string_view name, std::string_view json) {
    if (!json.empty()) raw(name, json);
  }

  /// Values behind a key of their own, and texts in arrays.
  void text_value(std::string_view text);
  void raw_value(std::string_view json) { comma(), out_ += json; }

private:
  void open(char bracket) { comma(), out_ += bracket; }
  /// A comma unless something was just opened or named: no value ends in one of these.
  void comma() {
    if (out_.empty()) return;
    const char last = out_.back();
    if (last != '{' && last != '[' && last != ':') out_ += ',';
  }

  std::string& out_;
};

}  // namespace taskdriver::http
