// Checks the depth, then lets simdjson parse, or nlohmann/json where that is in doubt.
#include "http/json_body.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "http/quick_json.hpp"

namespace taskdriver::http {
namespace {

nlohmann::json parse_thoroughly(std::string_view text) {
  return nlohmann::json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
}

}  // namespace

json_shape shape_of(std::string_view text) {
  json_shape shape;
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string) i += plain_json_length(text.substr(i));
    if (i >= text.size()) break;
    const char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      shape.depth = std::max(shape.depth, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == ',' || c == ':') {
      ++shape.separators;
    }
  }
  return shape;
}

json_body::json_body(std::unique_ptr<nlohmann::json> root) : root_(std::move(root)) {}
json_body::json_body(json_body&&) noexcept = default;
json_body& json_body::operator=(json_body&&) noexcept = default;
json_body::~json_body() = default;

result<json_body> json_body::parse(std::string_view text) {
  const auto shape = shape_of(text);
  if (shape.depth > json_depth_max)
    return error_info{errc::bad_request, "The request body is nested deeper than " +
                                             std::to_string(json_depth_max) + " levels"};
  if (shape.separators > json_separators_max)
    return error_info{errc::bad_request, "The request body has too many values"};
  auto quick = parse_quickly(text);
  auto root = std::make_unique<nlohmann::json>(quick ? std::move(*quick) : parse_thoroughly(text));
  if (root->is_discarded())
    return error_info{errc::bad_request, "The request body is not valid JSON"};
  if (!root->is_object())
    return error_info{errc::bad_request, "The request body must be a JSON object"};
  return json_body(std::move(root));
}

result<json_body> json_body::parse_optional(std::string_view text) {
  return parse(text.empty() ? std::string_view("{}") : text);
}

}  // namespace taskdriver::http
