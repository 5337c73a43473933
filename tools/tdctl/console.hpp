// What a command of tdctl talks to: the terminal, a pipe, or strings in a test.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace taskdriver::tdctl {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;  // also: looked, and found something that is broken
inline constexpr int exit_bad_usage = 2;

struct console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool asks = false;     // a person can answer questions on `in`
  bool colours = false;  // `out` is a terminal that shows them
};

enum class ink { plain, bold, red, yellow, green, grey };

/// The text between the codes of its ink; as it is where there are no colours.
std::string painted(const console& to, ink colour, std::string_view text);

/// Text of others on a terminal: control characters become '?', and what is longer than
/// `columns_max` code points (0: any) ends in "...".
std::string printable(std::string_view text, std::size_t columns_max = 0);

/// Writes "tdctl: <text>" with the wrong fields, if any; the exit code.
int failed(const console& to, const error_info& why);

}  // namespace taskdriver::tdctl
