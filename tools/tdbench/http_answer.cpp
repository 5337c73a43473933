// The answer parser: status line, the four headers that matter, Content-Length and chunked bodies.
#include "tools/tdbench/http_answer.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace taskdriver::bench {
namespace {

constexpr std::size_t head_bytes_max = 64 * 1024;

struct answer_head {
  int status = 0;
  std::optional<std::size_t> length;
  bool chunked = false;
  bool closes = false;
  int retry_after_s = -1;
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same_name(std::string_view name, std::string_view lower_case) {
  return name.size() == lower_case.size() &&
         std::equal(name.begin(), name.end(), lower_case.begin(),
                    [](char a, char b) { return lower(a) == b; });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
std::optional<Number> to_number(std::string_view digits, int base) {
  Number number{};
  const char* const last = digits.data() + digits.size();
  const auto [end, failure] = std::from_chars(digits.data(), last, number, base);
  if (failure != std::errc{} || end != last) return std::nullopt;
  return number;
}

/// False for a header that makes the message's end doubtful.
bool take_header(std::string_view line, answer_head& head) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (same_name(name, "content-length")) {
    const auto length = to_number<std::size_t>(value, 10);
    if (!length || (head.length && *head.length != *length)) return false;
    head.length = length;
  } else if (same_name(name, "transfer-encoding")) {
    if (!same_name(value, "chunked")) return false;
    head.chunked = true;
  } else if (same_name(name, "connection")) {
    head.closes = same_name(value, "close");
  } else if (same_name(name, "retry-after")) {
    head.retry_after_s = to_number<int>(value, 10).value_or(-1);
  }
  return true;
}

/// `text` is everything before the blank line, without its line end.
std::optional<answer_head> parse_head(std::string_view text) {
  answer_head head;
  std::size_t line_end = std::min(text.find("\r\n"), text.size());
  const std::string_view status_line = text.substr(0, line_end);
  if (status_line.size() < 12 || !status_line.starts_with("HTTP/1.")) return std::nullopt;
  const auto status = to_number<int>(status_line.substr(9, 3), 10);
  if (!status || *status < 100) return std::nullopt;
  head.status = *status;
  head.closes = status_line[7] == '0';
  while (line_end < text.size()) {
    const std::size_t start = line_end + 2;
    line_end = std::min(text.find("\r\n", start), text.size());
    if (!take_header(text.substr(start, line_end - start), head)) return std::nullopt;
  }
  return head;
}

parse_outcome malformed(std::string_view problem) {
  return {.state = parse_state::malformed, .problem = problem};
}

parse_outcome complete(const answer_head& head, std::string_view body, std::size_t used) {
  return {.state = parse_state::complete,
          .answer = {head.status, body, head.closes, head.retry_after_s},
          .used = used};
}

/// Chunks from `at`, then trailers, up to the blank line.
parse_outcome parse_chunked(std::string_view bytes, std::size_t at, const answer_head& head,
                            std::string& store) {
  store.clear();
  for (;;) {
    const std::size_t line_end = bytes.find("\r\n", at);
    if (line_end == std::string_view::npos) return {};
    std::string_view digits = bytes.substr(at, line_end - at);
    digits = trimmed(digits.substr(0, digits.find(';')));
    const auto size = to_number<std::size_t>(digits, 16);
    if (!size) return malformed("a chunk without a size");
    at = line_end + 2;
    if (*size == 0) break;
    if (bytes.size() - at < *size || bytes.size() - at - *size < 2) return {};
    store.append(bytes.substr(at, *size));
    at += *size;
    if (bytes.substr(at, 2) != "\r\n") return malformed("a chunk longer than its size");
    at += 2;
  }
  for (;;) {
    const std::size_t line_end = bytes.find("\r\n", at);
    if (line_end == std::string_view::npos) return {};
    const bool blank = line_end == at;
    at = line_end + 2;
    if (blank) return complete(head, store, at);
  }
}

}  // namespace

parse_outcome parse_answer(std::string_view bytes, std::string& chunk_store) {
  std::size_t start = 0;
  for (;;) {
    const std::size_t end = bytes.find("\r\n\r\n", start);
    if (end == std::string_view::npos) {
      if (bytes.size() - start > head_bytes_max) return malformed("a head beyond 64 KiB");
      return {};
    }
    const auto head = parse_head(bytes.substr(start, end - start));
    if (!head) return malformed("not an HTTP/1.1 answer");
    const std::size_t body = end + 4;
    if (head->status < 200) {
      start = body;
      continue;
    }
    if (head->status == 204 || head->status == 304) return complete(*head, {}, body);
    if (head->chunked && head->length) return malformed("both Content-Length and chunked");
    if (head->chunked) return parse_chunked(bytes, body, *head, chunk_store);
    if (!head->length) return malformed("an answer without Content-Length");
    if (bytes.size() - body < *head->length) return {};
    return complete(*head, bytes.substr(body, *head->length), body + *head->length);
  }
}

}  // namespace taskdriver::bench
