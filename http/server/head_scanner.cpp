// Goes through a head line by line.
#include "http/server/head_scanner.hpp"

namespace taskdriver::http {

head_scanner::verdict head_scanner::scan(std::string_view head) {
  for (;;) {
    const std::size_t lf = head.find('\n', seen_);
    if (lf == std::string_view::npos) break;
    const verdict v = judge_line(head, lf);
    if (v != verdict::need_more && v != verdict::complete) return v;
    seen_ = line_at_ = lf + 1;
    if (v == verdict::complete) return v;
  }
  seen_ = head.size();
  // A line still open may yet end in CR LF, which its limit does not count.
  if (line_at_ == 0 && head.size() > limits_.request_line_bytes + 1) return verdict::line_too_long;
  return head.size() > limits_.head_bytes ? verdict::head_too_long : verdict::need_more;
}

head_scanner::verdict head_scanner::judge_line(std::string_view head, std::size_t lf) const {
  const std::size_t line_size = lf - line_at_;  // with the CR
  if (line_at_ == 0 && line_size > limits_.request_line_bytes + 1) return verdict::line_too_long;
  if (lf >= limits_.head_bytes) return verdict::head_too_long;
  if (line_size == 0 || head[lf - 1] != '\r') return verdict::bare_lf;
  if (line_size == 1) return verdict::complete;
  const char first = head[line_at_];
  return first == ' ' || first == '\t' ? verdict::folded : verdict::need_more;
}

}  // namespace taskdriver::http
