// Reads the fields of a JSON object and gathers what is wrong with them, all at once (A5).
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/records.hpp"
#include "domain/rules.hpp"

namespace taskdriver::http {

using field_errors = std::vector<field_error>;
/// More than these of one object are not told: an answer must not grow with garbage.
inline constexpr std::size_t field_errors_max = 100;

/// A text that is bounded only in length; `what` starts the messages: "Description".
struct text_bounds {
  std::string_view what;
  std::size_t bytes_max = 0;
  bool may_be_empty = true;
};
/// Inclusive.
struct number_bounds {
  std::string_view what;
  std::int64_t min = 0;
  std::int64_t max = 0;
};

/// `value` as JSON for field_error::value_json: at most 200 bytes, long texts cut, longer objects
/// and arrays left out.
std::string shown_value(const nlohmann::json& value);
std::string shown_text(std::string_view text);
/// "a, b or c"
std::string joined_choices(std::span<const std::string_view> choices);

/// One object of a body. Every reader gives the value, or nullopt after it has added to the list
/// of errors; a field that is absent or null is nullopt without an error. Texts are moved out, so
/// each field is read once.
///
/// Thread: one at a time.
/// Owns: nothing but its path; the object and the list must live longer.
class field_reader {
public:
  using rule = domain::rules::objection (*)(std::string_view text);

  /// `path` is put before the names in errors: "config.", "tasks[3].".
  field_reader(nlohmann::json& object, field_errors& errors, std::string path = {});

  std::optional<std::string> text(std::string_view name, rule check);
  std::optional<std::string> text(std::string_view name, const text_bounds& bounds);
  /// Empty and an error if it is absent.
  std::string required_text(std::string_view name, rule check);
  std::string required_text(std::string_view name, const text_bounds& bounds);

  /// Also takes 3.0 for 3.
  std::optional<std::int64_t> whole(std::string_view name, const number_bounds& bounds);
  /// A number above 0, fractions too, up to `max`.
  std::optional<double> positive(std::string_view name, std::string_view what, std::int64_t max);
  std::optional<bool> boolean(std::string_view name);
  /// The place of the text in `choices`.
  std::optional<std::size_t> choice(std::string_view name,
                                    std::span<const std::string_view> choices);
  std::optional<object_id> id(std::string_view name, std::string_view what);
  /// Any value as compact JSON with sorted keys, so that equal values are equal texts; "" = absent.
  domain::json_text any(std::string_view name, std::string_view what);

  std::optional<field_reader> object(std::string_view name);
  /// The value itself, nullptr if it is absent or null.
  nlohmann::json* raw(std::string_view name);

  /// For updates: an error for every field that no reader has asked for, with other words for
  /// those that exist but cannot be changed.
  void refuse_others(std::initializer_list<std::string_view> read_only = {});

  void object_to(std::string_view name, std::string message, std::string value_json = {});
  field_errors& errors() { return errors_; }
  nlohmann::json& value() { return object_; }

private:
  static constexpr std::size_t fields_max = 12;

  std::optional<std::string> any_text(std::string_view name);
  nlohmann::json& object_;
  field_errors& errors_;
  std::string path_;
  std::array<std::string_view, fields_max> asked_{};
  std::size_t asked_count_ = 0;
};

}  // namespace taskdriver::http
