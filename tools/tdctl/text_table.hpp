// Tables for people: columns aligned, numbers to the right.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "tools/tdctl/console.hpp"

namespace taskdriver::tdctl {

/// A column whose cells are all numbers (or "-") is aligned to the right. Cells are made printable.
class text_table {
public:
  explicit text_table(std::vector<std::string> titles);

  void add(std::vector<std::string> cells, ink colour = ink::plain);
  bool empty() const { return rows_.empty(); }
  void print(const console& to) const;

private:
  struct row {
    std::vector<std::string> cells;
    ink colour;
  };
  bool holds_numbers(std::size_t column) const;

  std::vector<std::string> titles_;
  std::vector<row> rows_;
};

/// "1,234,567"
std::string with_commas(std::uint64_t number);
/// "12 s", "5 min", "3 h", "2 d"
std::string duration_text(std::uint64_t seconds);
/// "512 B", "1.5 KiB", "20 MiB"
std::string bytes_text(double bytes);
/// With that many digits after the point.
std::string decimal(double number, int digits);
std::string joined(const std::vector<std::string>& words, const char* between = ",");

}  // namespace taskdriver::tdctl
