// Finds where a request's head ends, and refuses line discipline that invites smuggling.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/server/options.hpp"

namespace taskdriver::http {

/// Looks for the blank line while the head is still arriving. Every verdict depends only on the
/// bytes, never on how they were split, so that the parser behind it sees whole heads only.
/// Refused: a LF without CR, a folded line, a line or head beyond its limit (RFC 9112, 2.2
/// and 5.2). Thread: one owner.
class head_scanner {
public:
  enum class verdict { need_more, complete, bare_lf, folded, line_too_long, head_too_long };

  explicit head_scanner(const server_limits& limits) : limits_(limits) {}

  /// `head`: all bytes since the head's first one; those already seen are not read again.
  verdict scan(std::string_view head);
  /// Bytes up to and with the blank line, once complete.
  std::size_t length() const { return line_at_; }
  void reset() { seen_ = line_at_ = 0; }

private:
  verdict judge_line(std::string_view head, std::size_t lf) const;

  const server_limits& limits_;
  std::size_t seen_ = 0;
  std::size_t line_at_ = 0;
};

}  // namespace taskdriver::http
