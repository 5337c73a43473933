// Type checks and rules for the fields of a JSON object.
#include "http/field_reader.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/text.hpp"

namespace taskdriver::http {
namespace {

constexpr std::size_t shown_bytes_max = 200;

std::optional<std::int64_t> as_whole(const nlohmann::json& value) {
  if (value.is_number_unsigned()) {
    // What is beyond the range of int64 is beyond every bound too.
    return static_cast<std::int64_t>(
        std::min<std::uint64_t>(value.get<std::uint64_t>(), INT64_MAX));
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  const auto number = value.get<double>();
  if (std::trunc(number) != number || std::abs(number) > 1e15) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace

std::string joined_choices(std::span<const std::string_view> choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) text += i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

std::string shown_text(std::string_view text) {
  std::string shown;
  append_json_string(shown, utf8_prefix(text, shown_bytes_max - 2));
  // Escapes may make it up to six times as long.
  if (shown.size() > shown_bytes_max) {
    shown.clear();
    append_json_string(shown, utf8_prefix(text, (shown_bytes_max - 2) / 6));
  }
  return shown;
}

std::string shown_value(const nlohmann::json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return is_utf8(text) ? shown_text(text) : std::string();
  }
  auto shown = value.dump();
  return shown.size() <= shown_bytes_max ? shown : std::string();
}

field_reader::field_reader(nlohmann::json& object, field_errors& errors, std::string path)
    : object_(object), errors_(errors), path_(std::move(path)) {}

void field_reader::object_to(std::string_view name, std::string message, std::string value_json) {
  if (errors_.size() >= field_errors_max) return;
  errors_.push_back({path_ + std::string(name), std::move(message), std::move(value_json)});
}

nlohmann::json* field_reader::raw(std::string_view name) {
  TASKDRIVER_CHECK(asked_count_ < asked_.size(), "an object has more fields than foreseen");
  asked_[asked_count_++] = name;
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> field_reader::any_text(std::string_view name) {
  auto* value = raw(name);
  if (!value) return std::nullopt;
  if (!value->is_string()) {
    object_to(name, "Must be a string", shown_value(*value));
    return std::nullopt;
  }
  return std::move(value->get_ref<std::string&>());
}

std::optional<std::string> field_reader::text(std::string_view name, rule check) {
  auto text = any_text(name);
  if (!text) return std::nullopt;
  if (auto objection = check(*text)) {
    object_to(name, std::move(*objection), shown_text(*text));
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> field_reader::text(std::string_view name, const text_bounds& bounds) {
  auto text = any_text(name);
  if (!text) return std::nullopt;
  const auto check = bounds.may_be_empty ? domain::rules::text : domain::rules::non_empty_text;
  if (auto objection = check(bounds.what, *text, bounds.bytes_max)) {
    object_to(name, std::move(*objection), shown_text(*text));
    return std::nullopt;
  }
  return text;
}

std::string field_reader::required_text(std::string_view name, rule check) {
  const auto errors_before = errors_.size();
  auto found = text(name, check);
  if (found) return std::move(*found);
  // The rule's objection to an empty text says what is missing: "Project name is required".
  if (errors_.size() == errors_before)
    object_to(name, check("").value_or(std::string(name) + " is required"));
  return {};
}

std::string field_reader::required_text(std::string_view name, const text_bounds& bounds) {
  const auto errors_before = errors_.size();
  auto found = text(name, bounds);
  if (found) return std::move(*found);
  if (errors_.size() == errors_before) object_to(name, std::string(bounds.what) + " is required");
  return {};
}

std::optional<std::int64_t> field_reader::whole(std::string_view name,
                                                const number_bounds& bounds) {
  const auto* value = raw(name);
  if (!value) return std::nullopt;
  const auto number = as_whole(*value);
  if (!number) {
    object_to(name, std::string(bounds.what) + " must be a whole number", shown_value(*value));
    return std::nullopt;
  }
  auto objection = domain::rules::whole_number(bounds.what, *number, bounds.min, bounds.max);
  if (!objection) return number;
  object_to(name, std::move(*objection), shown_value(*value));
  return std::nullopt;
}

std::optional<double> field_reader::positive(std::string_view name, std::string_view what,
                                             std::int64_t max) {
  const auto* value = raw(name);
  if (!value) return std::nullopt;
  if (value->is_number()) {
    const auto number = value->get<double>();
    if (number > 0 && number <= static_cast<double>(max)) return number;
  }
  object_to(name,
            std::string(what) + " must be a number above 0 and at most " + std::to_string(max),
            shown_value(*value));
  return std::nullopt;
}

std::optional<bool> field_reader::boolean(std::string_view name) {
  const auto* value = raw(name);
  if (!value) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  object_to(name, "Must be true or false", shown_value(*value));
  return std::nullopt;
}

std::optional<std::size_t> field_reader::choice(std::string_view name,
                                                std::span<const std::string_view> choices) {
  const auto text = any_text(name);
  if (!text) return std::nullopt;
  const auto found = std::ranges::find(choices, *text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  object_to(name, "Must be " + joined_choices(choices), shown_text(*text));
  return std::nullopt;
}

std::optional<object_id> field_reader::id(std::string_view name, std::string_view what) {
  const auto text = any_text(name);
  if (!text) return std::nullopt;
  const auto id = object_id::parse(*text);
  if (!id) object_to(name, std::string(what) + " is not a valid id", shown_text(*text));
  return id;
}

domain::json_text field_reader::any(std::string_view name, std::string_view what) {
  const auto* value = raw(name);
  if (!value) return {};
  domain::json_text text;
  // The usual result is one long text, which is written several times faster than by dump().
  if (value->is_string())
    append_json_string(text, value->get_ref<const std::string&>());
  else
    text = value->dump();
  if (text.size() <= domain::limits::json_bytes_max) return text;
  object_to(name, std::string(what) + " must be at most " +
                      std::to_string(domain::limits::json_bytes_max) + " bytes of JSON");
  return {};
}

std::optional<field_reader> field_reader::object(std::string_view name) {
  auto* value = raw(name);
  if (!value) return std::nullopt;
  if (value->is_object()) return field_reader(*value, errors_, path_ + std::string(name) + ".");
  object_to(name, "Must be an object", shown_value(*value));
  return std::nullopt;
}

void field_reader::refuse_others(std::initializer_list<std::string_view> read_only) {
  const auto asked_end = asked_.begin() + static_cast<std::ptrdiff_t>(asked_count_);
  for (const auto& [name, value] : object_.items()) {
    if (errors_.size() >= field_errors_max) return;
    if (std::find(asked_.begin(), asked_end, name) != asked_end) continue;
    const bool known = std::ranges::find(read_only, name) != read_only.end();
    object_to(utf8_prefix(name, shown_bytes_max), known ? "Cannot be changed" : "Unknown field",
              shown_value(value));
  }
}

}  // namespace taskdriver::http
