// Header fields of requests and answers, and the reason phrases of RFC 9110.
#include "http/server/message.hpp"

#include <strings.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace taskdriver::http {
namespace {

struct phrase {
  int status;
  std::string_view text;
};

constexpr std::array phrases{
    phrase{100, "Continue"},
    phrase{200, "OK"},
    phrase{201, "Created"},
    phrase{202, "Accepted"},
    phrase{204, "No Content"},
    phrase{206, "Partial Content"},
    phrase{301, "Moved Permanently"},
    phrase{302, "Found"},
    phrase{303, "See Other"},
    phrase{304, "Not Modified"},
    phrase{307, "Temporary Redirect"},
    phrase{308, "Permanent Redirect"},
    phrase{400, "Bad Request"},
    phrase{401, "Unauthorized"},
    phrase{403, "Forbidden"},
    phrase{404, "Not Found"},
    phrase{405, "Method Not Allowed"},
    phrase{406, "Not Acceptable"},
    phrase{408, "Request Timeout"},
    phrase{409, "Conflict"},
    phrase{410, "Gone"},
    phrase{411, "Length Required"},
    phrase{412, "Precondition Failed"},
    phrase{413, "Content Too Large"},
    phrase{414, "URI Too Long"},
    phrase{415, "Unsupported Media Type"},
    phrase{417, "Expectation Failed"},
    phrase{421, "Misdirected Request"},
    phrase{422, "Unprocessable Content"},
    phrase{429, "Too Many Requests"},
    phrase{431, "Request Header Fields Too Large"},
    phrase{500, "Internal Server Error"},
    phrase{501, "Not Implemented"},
    phrase{502, "Bad Gateway"},
    phrase{503, "Service Unavailable"},
    phrase{504, "Gateway Timeout"},
    phrase{505, "HTTP Version Not Supported"},
    phrase{507, "Insufficient Storage"},
};

bool is_unclean(char c) {
  return c == '\r' || c == '\n' || c == '\0';
}

void append_clean(std::string& out, std::string_view text) {
  bool clean = true;  // nearly always; this loop takes many bytes at a time
  for (const char c : text) clean &= static_cast<unsigned char>(c) > '\r';
  const std::size_t at = out.size();
  out.append(text);
  if (!clean)
    std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(at), out.end(), is_unclean, ' ');
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

header_view header_list::at(std::size_t index) const {
  TASKDRIVER_CHECK(index < places_.size(), "no such header field");
  const place& p = places_[index];
  const std::string_view text(text_);
  return {text.substr(p.name_at, p.name_size), text.substr(p.value_at, p.value_size)};
}

std::optional<std::string_view> header_list::find(std::string_view name) const {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const header_view field = at(i);
    if (same_name(field.name, name)) return field.value;
  }
  return std::nullopt;
}

void header_list::add(std::string_view name, std::string_view value) {
  const std::size_t name_at = text_.size();
  text_.append(name);
  const std::size_t value_at = text_.size();
  text_.append(value);
  add_place(name_at, name.size(), value_at, value.size());
}

void header_list::add_place(std::size_t name_at, std::size_t name_size, std::size_t value_at,
                            std::size_t value_size) {
  places_.push_back({static_cast<std::uint32_t>(name_at), static_cast<std::uint32_t>(name_size),
                     static_cast<std::uint32_t>(value_at), static_cast<std::uint32_t>(value_size)});
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  append_clean(out, name);
  out.append(": ");
  append_clean(out, value);
  out.append("\r\n");
}

answer_fields::answer_fields(std::initializer_list<header_view> fields) {
  for (const auto& field : fields) add(field.name, field.value);
}

std::vector<std::string_view> answer_fields::find(std::string_view name) const {
  std::vector<std::string_view> values;
  std::string_view rest = lines_;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    const auto line = rest.substr(0, end);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(": "))
      values.push_back(line.substr(name.size() + 2));
    rest.remove_prefix(end + 2);
  }
  return values;
}

std::string_view reason_phrase(int status) {
  for (const phrase& p : phrases) {
    if (p.status == status) return p.text;
  }
  return "Unknown";
}

}  // namespace taskdriver::http
