// Colours, and texts that must not change the terminal.
#include "tools/tdctl/console.hpp"

#include <ostream>

namespace taskdriver::tdctl {
namespace {

std::string_view code_of(ink colour) {
  switch (colour) {
    case ink::plain:
      return "";
    case ink::bold:
      return "\x1b[1m";
    case ink::red:
      return "\x1b[1;31m";
    case ink::yellow:
      return "\x1b[33m";
    case ink::green:
      return "\x1b[32m";
    case ink::grey:
      return "\x1b[2m";
  }
  return "";
}

bool continues_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

}  // namespace

std::string painted(const console& to, ink colour, std::string_view text) {
  if (!to.colours || colour == ink::plain) return std::string(text);
  return std::string(code_of(colour)) + std::string(text) + "\x1b[0m";
}

std::string printable(std::string_view text, std::size_t columns_max) {
  constexpr std::string_view dots = "...";
  std::string out;
  std::size_t columns = 0, cut_at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (!continues_code_point(text[i])) {
      if (columns_max != 0 && columns + dots.size() <= columns_max) cut_at = out.size();
      if (columns_max != 0 && columns == columns_max) return out.substr(0, cut_at).append(dots);
      ++columns;
    }
    // U+0080 to U+009F are control characters too; in UTF-8 they begin with this byte.
    const bool c1 =
        byte == 0xc2U && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0U;
    if (c1) ++i;
    out += byte < 0x20U || byte == 0x7fU || c1 ? '?' : text[i];
  }
  return out;
}

int failed(const console& to, const error_info& why) {
  to.err << "tdctl: " << printable(why.text) << '\n';
  for (const auto& field : why.fields)
    to.err << "  " << printable(field.field) << ": " << printable(field.message) << '\n';
  return exit_failed;
}

}  // namespace taskdriver::tdctl
