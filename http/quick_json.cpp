// simdjson parses, and its document is copied: what reads bodies knows nlohmann/json only.
#include "http/quick_json.hpp"

#include <simdjson.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace taskdriver::http {
namespace {

/// The parser needs up to 14 bytes for each byte of text, and each thread keeps one.
constexpr std::size_t text_bytes_max = std::size_t{512} << 10;

nlohmann::json copy_of(simdjson::dom::element from);

/// Of equal keys the last one counts, as with nlohmann::json::parse().
nlohmann::json copy_of_object(simdjson::dom::object from) {
  nlohmann::json::object_t to;
  for (const auto [key, value] : from) to.insert_or_assign(std::string(key), copy_of(value));
  return to;
}

nlohmann::json copy_of_array(simdjson::dom::array from) {
  nlohmann::json::array_t to;
  to.reserve(from.size());
  for (const auto value : from) to.push_back(copy_of(value));
  return to;
}

/// Whole numbers from 0 on are unsigned there, whatever would hold them.
nlohmann::json copy_of_whole(std::int64_t number) {
  if (number < 0) return number;
  return static_cast<std::uint64_t>(number);
}

nlohmann::json copy_of(simdjson::dom::element from) {
  using simdjson::dom::element_type;
  switch (from.type()) {
    case element_type::OBJECT:
      return copy_of_object(from.get_object().value_unsafe());
    case element_type::ARRAY:
      return copy_of_array(from.get_array().value_unsafe());
    case element_type::STRING:
      return std::string(from.get_string().value_unsafe());
    case element_type::INT64:
      return copy_of_whole(from.get_int64().value_unsafe());
    case element_type::UINT64:
      return from.get_uint64().value_unsafe();
    case element_type::DOUBLE:
      return from.get_double().value_unsafe();
    case element_type::BOOL:
      return from.get_bool().value_unsafe();
    case element_type::NULL_VALUE:
      break;
  }
  return nullptr;
}

/// simdjson 3.0 takes half of a surrogate pair for a character.
bool has_numbered_escape(std::string_view text) {
  return text.find("\\u") != std::string_view::npos;
}

}  // namespace

std::optional<nlohmann::json> parse_quickly(std::string_view text) {
  if (text.size() > text_bytes_max || has_numbered_escape(text)) return std::nullopt;
  thread_local simdjson::dom::parser parser(text_bytes_max);
  simdjson::dom::element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  return copy_of(root);
}

}  // namespace taskdriver::http
