// Writes status lines and header fields; nothing in a header can end its line.
#include "http/server/response_encoder.hpp"

#include <charconv>
#include <string_view>

namespace taskdriver::http {
namespace {

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace

bool is_bodiless(int status) {
  return status == 204 || status == 304 || status < 200;
}

void response_encoder::append_head(std::string& out, const response& r, const answer_shape& shape) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(r.status));
  out.push_back(' ');
  out.append(reason_phrase(r.status));
  out.append("\r\n");
  out.append(date_line());
  if (!is_bodiless(r.status)) {
    if (!r.content_type.empty()) append_field(out, "Content-Type", r.content_type);
    out.append("Content-Length: ");
    append_number(out, r.body.size());
    out.append("\r\n");
  }
  out.append(r.headers.lines());
  if (!shape.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (shape.http10) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

const std::string& response_encoder::date_line() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[48];
    const std::size_t size =
        std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    date_line_.assign(text, size);
    date_second_ = now;
  }
  return date_line_;
}

}  // namespace taskdriver::http
