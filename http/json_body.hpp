// A request's body as a JSON object, parsed under limits that keep hostile input harmless.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/result.hpp"

namespace taskdriver::http {

/// How deep objects and arrays may be nested. nlohmann/json's parser does not recurse but its
/// dump() does, so depth is checked before anything is parsed.
inline constexpr int json_depth_max = 64;
/// How many "," and ":" a body may have. Parsed, a value takes up to 100 bytes where its text takes
/// two; this bounds that at some 60 MB, and still lets a result and outputs of 1 MiB each be all
/// single digits.
inline constexpr std::size_t json_separators_max = 1'200'000;

/// What the characters outside of strings tell before anything is parsed.
struct json_shape {
  int depth = 0;  // of open brackets, at most
  std::size_t separators = 0;
};
json_shape shape_of(std::string_view text);

/// Owns: the parsed document. Of equal keys in one object the last one counts.
/// Thread: one at a time.
class json_body {
public:
  /// Fails: bad_request, when `text` is not UTF-8 JSON, no object, or beyond the limits above.
  static result<json_body> parse(std::string_view text);
  /// For operations that may be called without a body: nothing at all counts as "{}".
  static result<json_body> parse_optional(std::string_view text);

  json_body(json_body&&) noexcept;
  json_body& operator=(json_body&&) noexcept;
  ~json_body();

  nlohmann::json& root() { return *root_; }

private:
  explicit json_body(std::unique_ptr<nlohmann::json> root);
  std::unique_ptr<nlohmann::json> root_;
};

}  // namespace taskdriver::http
