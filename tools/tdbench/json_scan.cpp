// A walk over JSON text that only knows strings, brackets and the current depth.
#include "tools/tdbench/json_scan.hpp"

#include <charconv>
#include <cstring>

namespace taskdriver::bench {
namespace {

/// Position behind the string that starts (with its quote) at `start`; the text's end if it is
/// open.
std::size_t string_end(std::string_view json, std::size_t start) {
  std::size_t at = start + 1;
  while (at < json.size()) {
    const void* quote = std::memchr(json.data() + at, '"', json.size() - at);
    if (quote == nullptr) return json.size();
    const auto found = static_cast<std::size_t>(static_cast<const char*>(quote) - json.data());
    std::size_t backslashes = 0;
    while (found - backslashes > at && json[found - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return found + 1;
    at = found + 1;
  }
  return json.size();
}

std::size_t skip_blanks(std::string_view json, std::size_t at) {
  while (at < json.size() &&
         (json[at] == ' ' || json[at] == '\n' || json[at] == '\t' || json[at] == '\r')) {
    ++at;
  }
  return at;
}

std::string_view value_at(std::string_view json, std::size_t at) {
  if (at >= json.size()) return {};
  if (json[at] == '"') return json.substr(at, string_end(json, at) - at);
  if (json[at] == '{' || json[at] == '[') return json.substr(at, 1);
  const std::size_t end = json.find_first_of(",}] \r\n\t", at);
  return json.substr(at, end == std::string_view::npos ? json.size() - at : end - at);
}

}  // namespace

std::optional<std::string_view> find_raw_field(std::string_view json, int depth,
                                               std::string_view key) {
  int level = 0;
  std::size_t at = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '{' || c == '[') ++level;
    if (c == '}' || c == ']') --level;
    if (c != '"') {
      ++at;
      continue;
    }
    const std::size_t end = string_end(json, at);
    if (level == depth && json.substr(at + 1, end - at - 2) == key) {
      const std::size_t colon = skip_blanks(json, end);
      if (colon < json.size() && json[colon] == ':') {
        return value_at(json, skip_blanks(json, colon + 1));
      }
    }
    at = end;
  }
  return std::nullopt;
}

std::optional<std::string_view> find_string_field(std::string_view json, int depth,
                                                  std::string_view key) {
  const auto raw = find_raw_field(json, depth, key);
  if (!raw || raw->size() < 2 || raw->front() != '"' || raw->back() != '"') return std::nullopt;
  return raw->substr(1, raw->size() - 2);
}

std::optional<std::uint64_t> find_number_field(std::string_view json, int depth,
                                               std::string_view key) {
  const auto raw = find_raw_field(json, depth, key);
  if (!raw) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(raw->data(), raw->data() + raw->size(), number);
  if (failure != std::errc{} || end != raw->data() + raw->size()) return std::nullopt;
  return number;
}

bool says_success(std::string_view json) {
  return find_raw_field(json, 1, "success") == "true";
}

}  // namespace taskdriver::bench
