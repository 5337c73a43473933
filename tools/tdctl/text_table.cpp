// Widths first, then the lines.
#include "tools/tdctl/text_table.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>

namespace taskdriver::tdctl {
namespace {

/// Code points; wide characters of East Asia count one, which shifts their line only.
std::size_t columns_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

bool is_number(const std::string& text) {
  return text == "-" ||
         (!text.empty() && text.find_first_not_of("0123456789.,%") == std::string::npos);
}

std::string aligned(const std::string& text, std::size_t width, bool to_the_right) {
  const std::string blanks(width - std::min(width, columns_of(text)), ' ');
  return to_the_right ? blanks + text : text + blanks;
}

}  // namespace

text_table::text_table(std::vector<std::string> titles) : titles_(std::move(titles)) {}

void text_table::add(std::vector<std::string> cells, ink colour) {
  cells.resize(titles_.size());
  for (auto& cell : cells) cell = printable(cell);
  rows_.push_back({std::move(cells), colour});
}

bool text_table::holds_numbers(std::size_t column) const {
  return !rows_.empty() && std::all_of(rows_.begin(), rows_.end(), [&](const row& one) {
    return is_number(one.cells[column]);
  });
}

void text_table::print(const console& to) const {
  std::vector<std::size_t> widths;
  std::vector<bool> numbers;
  for (std::size_t i = 0; i < titles_.size(); ++i) {
    auto width = columns_of(titles_[i]);
    for (const auto& one : rows_) width = std::max(width, columns_of(one.cells[i]));
    widths.push_back(width);
    numbers.push_back(holds_numbers(i));
  }
  const auto print_line = [&](const std::vector<std::string>& cells, ink colour) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i)
      line += (i == 0 ? "" : "  ") + aligned(cells[i], widths[i], numbers[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    to.out << painted(to, colour, line) << '\n';
  };
  print_line(titles_, ink::bold);
  for (const auto& one : rows_) print_line(one.cells, one.colour);
}

std::string with_commas(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string duration_text(std::uint64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " d";
}

std::string bytes_text(double bytes) {
  constexpr std::array<const char*, 5> units = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.size(); ++unit) bytes /= 1024;
  return decimal(bytes, unit == 0 || bytes >= 10 ? 0 : 1) + " " + units[unit];
}

std::string decimal(double number, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return text.data();
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

}  // namespace taskdriver::tdctl
