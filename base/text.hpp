// Small text codecs that several folders need: hex, base64url, UTF-8 checks, JSON string escapes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace taskdriver {

std::string to_hex(std::string_view bytes);

/// RFC 4648 section 5, without padding.
std::string to_base64url(std::string_view bytes);
/// nullopt for a character outside the alphabet, an impossible length, or bits left over.
std::optional<std::string> from_base64url(std::string_view text);

/// True for well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view text);

/// How many bytes at the start of `text` stand in a JSON string as they are: none is a control
/// character, a quote or a backslash.
std::size_t plain_json_length(std::string_view text);

/// Appends `text` (UTF-8) as a JSON string with its quotes; control characters are escaped.
void append_json_string(std::string& out, std::string_view text);

/// The first `bytes_max` bytes of `text`, cut back to a whole UTF-8 character.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max);

}  // namespace taskdriver
