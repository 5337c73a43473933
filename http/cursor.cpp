// The codec of cursors.
#include "http/cursor.hpp"

#include "base/text.hpp"

namespace taskdriver::http {
namespace {

constexpr char version = 1;
constexpr std::size_t length = 10;

}  // namespace

std::string make_cursor(char kind, std::uint64_t place) {
  std::string bytes{version, kind};
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(place >> shift & 0xff);
  return to_base64url(bytes);
}

std::optional<std::uint64_t> parse_cursor(std::string_view text, char kind) {
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != length) return std::nullopt;
  if ((*bytes)[0] != version || (*bytes)[1] != kind) return std::nullopt;
  std::uint64_t place = 0;
  for (std::size_t i = 2; i < length; ++i)
    place = place << 8 | static_cast<std::uint8_t>((*bytes)[i]);
  return place;
}

}  // namespace taskdriver::http
