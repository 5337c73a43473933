// A request's body as a JSON object, parsed under limits that keep hostile input harmless.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/result.hpp"

namespace taskdriver::http {

/// How deep objects and arrays may be nested. nlohmann/json's parser does not recurse but its
/// dump() does, so depth is checked before anything is parsed.
inline constexpr int json_depth_max = 64;

/// True if the brackets of `text` outside of strings open at most `depth_max` levels.
bool nesting_is_bounded(std::string_view text, int depth_max);

/// Owns: the parsed document. Of equal keys in one object the last one counts.
/// Thread: one at a time.
class json_body {
public:
  /// Fails: bad_request, when `text` is not UTF-8 JSON, no object, or nested too deep.
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
