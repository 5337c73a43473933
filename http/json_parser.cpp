// Recursive descent over the text; strings are copied in runs that need no escape.
#include "http/json_parser.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace taskdriver::http {
namespace {

using nlohmann::json;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// -1 if it is none.
int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | point >> 6);
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | point >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | point >> 18);
    tail(12), tail(6), tail(0);
  }
}

class json_parser {
public:
  explicit json_parser(std::string_view text) : rest_(text) {}

  bool document(json& out) {
    skip_blanks();
    if (!value(out)) return false;
    skip_blanks();
    return rest_.empty();
  }

private:
  bool value(json& out) {
    if (rest_.empty()) return false;
    switch (rest_.front()) {
      case '{':
        return object(out);
      case '[':
        return array(out);
      case '"':
        out = std::string();
        return string(out.get_ref<std::string&>());
      case 't':
        return literal("true", true, out);
      case 'f':
        return literal("false", false, out);
      case 'n':
        return literal("null", nullptr, out);
      default:
        return number(out);
    }
  }

  bool object(json& out) {
    out = json::object();
    auto& members = out.get_ref<json::object_t&>();
    rest_.remove_prefix(1);
    skip_blanks();
    if (take('}')) return true;
    do {
      skip_blanks();
      std::string name;
      if (!string(name)) return false;
      skip_blanks();
      if (!take(':')) return false;
      skip_blanks();
      if (!value(members[std::move(name)])) return false;
      skip_blanks();
    } while (take(','));
    return take('}');
  }

  bool array(json& out) {
    out = json::array();
    auto& items = out.get_ref<json::array_t&>();
    rest_.remove_prefix(1);
    skip_blanks();
    if (take(']')) return true;
    do {
      skip_blanks();
      if (!value(items.emplace_back())) return false;
      skip_blanks();
    } while (take(','));
    return take(']');
  }

  bool string(std::string& out) {
    if (!take('"')) return false;
    for (;;) {
      const auto plain = plain_json_length(rest_);
      out.append(rest_, 0, plain);
      rest_.remove_prefix(plain);
      if (take('"')) return true;
      if (!take('\\') || !escape(out)) return false;  // the end, or a control character
    }
  }

  bool escape(std::string& out) {
    if (rest_.empty()) return false;
    static constexpr std::string_view letters = "\"\\/bfnrt";
    static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    if (letter == 'u') return code_point(out);
    const auto at = letters.find(letter);
    if (at == std::string_view::npos) return false;
    out += meanings[at];
    return true;
  }

  bool code_point(std::string& out) {
    std::uint32_t first = 0;
    if (!four_digits(first)) return false;
    const bool is_high = first >= 0xd800 && first < 0xdc00;
    if (!is_high) {
      if (first >= 0xdc00 && first < 0xe000) return false;
      append_utf8(out, first);
      return true;
    }
    std::uint32_t second = 0;
    if (!take('\\') || !take('u') || !four_digits(second)) return false;
    if (second < 0xdc00 || second > 0xdfff) return false;
    append_utf8(out, 0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00)));
    return true;
  }

  bool four_digits(std::uint32_t& out) {
    if (rest_.size() < 4) return false;
    for (int i = 0; i < 4; ++i) {
      const int digit = hex_digit(rest_[static_cast<std::size_t>(i)]);
      if (digit < 0) return false;
      out = out << 4 | static_cast<std::uint32_t>(digit);
    }
    rest_.remove_prefix(4);
    return true;
  }

  bool number(json& out) {
    const std::string_view from = rest_;
    const bool negative = take('-');
    if (!take('0') && !digits()) return false;
    bool whole = true;
    if (take('.')) {
      whole = false;
      if (!digits()) return false;
    }
    if (take('e') || take('E')) {
      whole = false;
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    const auto text = from.substr(0, from.size() - rest_.size());
    if (whole && (negative ? fits<std::int64_t>(text, out) : fits<std::uint64_t>(text, out)))
      return true;
    // std::from_chars takes what is too small for an error.
    const double number = std::strtod(std::string(text).c_str(), nullptr);
    out = number;
    return std::isfinite(number);
  }

  template <class Whole>
  static bool fits(std::string_view text, json& out) {
    Whole number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc()) return false;
    out = number;
    return true;
  }

  bool digits() {
    std::size_t count = 0;
    while (count < rest_.size() && is_digit(rest_[count])) ++count;
    rest_.remove_prefix(count);
    return count > 0;
  }

  template <class Value>
  bool literal(std::string_view word, Value meaning, json& out) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    out = meaning;
    return true;
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' ||
                              rest_.front() == '\n' || rest_.front() == '\r'))
      rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

}  // namespace

bool parse_json(std::string_view text, nlohmann::json& out) {
  // Once for the whole text: outside of strings the grammar takes nothing but ASCII anyway.
  if (!is_utf8(text)) return false;
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return json_parser(text).document(out);
}

}  // namespace taskdriver::http
