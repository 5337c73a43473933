// Cursors of lists: opaque texts that say after which record the next page starts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskdriver::http {

inline constexpr char task_cursor = 't';     // a task's sequence
inline constexpr char project_cursor = 'p';  // a project's number

/// base64url of a version byte (1), the kind of list, and the place as 8 bytes, big-endian.
std::string make_cursor(char kind, std::uint64_t place);
/// nullopt for what make_cursor() has not made for this kind of list.
std::optional<std::uint64_t> parse_cursor(std::string_view text, char kind);

}  // namespace taskdriver::http
