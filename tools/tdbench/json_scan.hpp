// Picks single fields out of a JSON answer without building a tree: the client's hot path.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace taskdriver::bench {

/// The raw text of the first value whose key is `key` at nesting `depth` (1 = members of the
/// outermost object, 2 = members of `data`, …). A string comes with its quotes, an object or array
/// only as its opening bracket. nullopt if there is none; the text is assumed to be valid JSON.
std::optional<std::string_view> find_raw_field(std::string_view json, int depth,
                                               std::string_view key);

/// The same for a string value, without its quotes and with its escapes left as they are.
std::optional<std::string_view> find_string_field(std::string_view json, int depth,
                                                  std::string_view key);

/// The same for a whole number ≥ 0.
std::optional<std::uint64_t> find_number_field(std::string_view json, int depth,
                                               std::string_view key);

/// True if the answer says `"success": true`.
bool says_success(std::string_view json);

}  // namespace taskdriver::bench
