// Rules for query parameters.
#include "http/query_reader.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "http/cursor.hpp"

namespace taskdriver::http {

result<query_reader> query_reader::parse(std::string_view query) {
  auto parameters = parse_query(query);
  if (!parameters) return error_info{errc::bad_request, "The query has a malformed percent-escape"};
  query_reader reader;
  reader.parameters_ = std::move(*parameters);
  return reader;
}

const std::string* query_reader::find(std::string_view name) const {
  const auto found = std::find_if(parameters_.rbegin(), parameters_.rend(),
                                  [&](const auto& parameter) { return parameter.first == name; });
  return found == parameters_.rend() ? nullptr : &found->second;
}

void query_reader::object_to(std::string_view name, std::string message, const std::string& value) {
  errors_.push_back(
      {std::string(name), std::move(message), is_utf8(value) ? shown_text(value) : std::string()});
}

std::optional<std::string> query_reader::text(std::string_view name, field_reader::rule check) {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  auto objection = check(*value);
  if (!objection) return *value;
  object_to(name, std::move(*objection), *value);
  return std::nullopt;
}

std::optional<std::int64_t> query_reader::whole(std::string_view name,
                                                const number_bounds& bounds) {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || end != value->data() + value->size()) {
    object_to(name, std::string(bounds.what) + " must be a whole number", *value);
    return std::nullopt;
  }
  auto objection = domain::rules::whole_number(bounds.what, number, bounds.min, bounds.max);
  if (!objection) return number;
  object_to(name, std::move(*objection), *value);
  return std::nullopt;
}

std::optional<std::size_t> query_reader::choice(std::string_view name,
                                                std::span<const std::string_view> choices) {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  const auto found = std::ranges::find(choices, *value);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  object_to(name, "Must be " + joined_choices(choices), *value);
  return std::nullopt;
}

std::optional<object_id> query_reader::id(std::string_view name, std::string_view what) {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  const auto id = object_id::parse(*value);
  if (!id) object_to(name, std::string(what) + " is not a valid id", *value);
  return id;
}

std::optional<std::uint64_t> query_reader::cursor(std::string_view name, char kind) {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  const auto place = parse_cursor(*value, kind);
  if (!place) object_to(name, "Is not a cursor of this list", *value);
  return place;
}

}  // namespace taskdriver::http
