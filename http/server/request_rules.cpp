// The rules for Content-Length, Transfer-Encoding, Host, Expect and the request target.
#include "http/server/request_rules.hpp"

#include <strings.h>

#include <algorithm>

namespace taskdriver::http {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

parse_failure refuse(int status, std::string text) {
  return {status, std::move(text)};
}

}  // namespace

std::optional<parse_failure> head_rules::field(std::string_view name, std::string_view value) {
  if (++fields_ > header_count_max_) return refuse(431, "too many header fields");
  switch (name.size()) {  // most fields have none of these lengths
    case 4:
      return same_word(name, "host") ? host(value) : std::nullopt;
    case 6:
      return same_word(name, "expect") ? expect(value) : std::nullopt;
    case 14:
      return same_word(name, "content-length") ? content_length(value) : std::nullopt;
    case 17:
      return same_word(name, "transfer-encoding") ? transfer_encoding(value) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<parse_failure> head_rules::finish() const {
  if (!has_host_ && !http10_) return refuse(400, "the Host header is missing");
  return std::nullopt;
}

std::optional<parse_failure> head_rules::content_length(std::string_view value) {
  if (has_length_) return refuse(400, "more than one Content-Length header");
  if (has_coding_) return refuse(400, "Content-Length beside Transfer-Encoding");
  if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit)) {
    return refuse(400, "Content-Length is not a number");
  }
  has_length_ = true;
  return std::nullopt;
}

std::optional<parse_failure> head_rules::transfer_encoding(std::string_view value) {
  if (has_coding_) return refuse(400, "more than one Transfer-Encoding header");
  if (has_length_) return refuse(400, "Transfer-Encoding beside Content-Length");
  if (http10_) return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
  if (!same_word(value, "chunked")) return refuse(501, "the only transfer coding is chunked");
  has_coding_ = true;
  return std::nullopt;
}

std::optional<parse_failure> head_rules::host(std::string_view value) {
  if (has_host_) return refuse(400, "more than one Host header");
  if (value.find_first_of(" \t,/?#@\\") != std::string_view::npos) {
    return refuse(400, "the Host header is malformed");
  }
  has_host_ = true;
  return std::nullopt;
}

std::optional<parse_failure> head_rules::expect(std::string_view value) {
  if (http10_) return std::nullopt;  // RFC 9110 10.1.1: to be ignored
  if (!same_word(value, "100-continue")) return refuse(417, "the only expectation is 100-continue");
  continue_expected_ = true;
  return std::nullopt;
}

std::optional<std::string> origin_form(std::string_view method, std::string_view target) {
  if (target.starts_with('/')) return std::string(target);
  if (target == "*" && method == "OPTIONS") return "*";
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!same_word(target.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = target.substr(scheme.size());
    const std::size_t path_at = rest.find_first_of("/?#");
    if (path_at == 0) return std::nullopt;  // no authority
    if (path_at == std::string_view::npos) return method == "OPTIONS" ? "*" : "/";
    const std::string_view path = rest.substr(path_at);
    return path.starts_with('/') ? std::string(path) : "/" + std::string(path);
  }
  return std::nullopt;
}

parse_failure bad_version(std::string_view head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const std::size_t target_at = line.find(' ') + 1;  // both blanks are there: Beast got so far
  const std::string_view version = line.substr(line.find(' ', target_at) + 1);
  const bool known_form = version.size() == 8 && version.starts_with("HTTP/") &&
                          is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  if (!known_form) return refuse(400, "the request line is malformed");
  return refuse(505, "the HTTP versions here are 1.0 and 1.1");
}

}  // namespace taskdriver::http
