// Hex, base64url, UTF-8 and JSON strings at their edges.
#include "base/text.hpp"

#include <boost/test/unit_test.hpp>

namespace taskdriver {
namespace {

using namespace std::string_literals;

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(base64url)

BOOST_AUTO_TEST_CASE(agrees_with_rfc_4648) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF\xFE", "-__-"}};
  for (const auto& [bytes, text] : cases) {
    BOOST_TEST(to_base64url(bytes) == text);
    BOOST_TEST(from_base64url(text).value() == bytes);
  }
}

BOOST_AUTO_TEST_CASE(gives_back_every_byte_at_every_length) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    BOOST_TEST(from_base64url(to_base64url(bytes)).value() == bytes);
    bytes += static_cast<char>(i * 37);
  }
}

BOOST_AUTO_TEST_CASE(has_one_text_for_each_value_and_refuses_all_others) {
  for (const auto& text : {"A"s, "Zg=="s, "Zm9vA"s, "Zh"s, "Zm9"s, "+/"s, "Z g"s, "Zg\n"s, "\0\0"s})
    BOOST_TEST(!from_base64url(text), text);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(accepts_the_first_and_last_character_of_each_length) {
  for (const auto& text :
       {""s, "\0"s, "\x7F"s, "\xC2\x80"s, "\xDF\xBF"s, "\xE0\xA0\x80"s, "\xED\x9F\xBF"s,
        "\xEE\x80\x80"s, "\xEF\xBF\xBF"s, "\xF0\x90\x80\x80"s, "\xF4\x8F\xBF\xBF"s})
    BOOST_TEST(is_utf8(text), to_hex(text));
}

BOOST_AUTO_TEST_CASE(refuses_overlong_surrogate_cut_and_too_large_ones) {
  for (const auto& text :
       {"\x80"s, "\xBF"s, "\xC0\x80"s, "\xC1\xBF"s, "\xE0\x9F\xBF"s, "\xF0\x8F\xBF\xBF"s,
        "\xED\xA0\x80"s, "\xED\xBF\xBF"s, "\xF4\x90\x80\x80"s, "\xF5\x80\x80\x80"s, "\xFF"s,
        "\xC3"s, "\xE2\x82"s, "\xF0\x9F\x98"s, "\xC3("s, "\xE2\x82("s, "a\xF0\x9F\x98z"s})
    BOOST_TEST(!is_utf8(text), to_hex(text));
}

BOOST_AUTO_TEST_CASE(is_cut_between_characters) {
  const auto text = "a\xC3\xA4\xF0\x9F\x98\x80"s;  // 1 + 2 + 4 bytes
  const std::size_t expected[] = {0, 1, 1, 3, 3, 3, 3, 7, 7};
  for (std::size_t max = 0; max < std::size(expected); ++max)
    BOOST_TEST(utf8_prefix(text, max).size() == expected[max]);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_json_string)

BOOST_AUTO_TEST_CASE(escapes_quotes_backslashes_and_control_characters_only) {
  const std::pair<std::string, std::string> cases[] = {
      {"", R"("")"},
      {"plain /", R"("plain /")"},
      {"\"\\", R"("\"\\")"},
      {"\n\r\t\b\f", R"("\n\r\t\b\f")"},
      {"\0\x1F\x7F"s, "\"\\u0000\\u001f\x7F\""},
      {"a\x01"
       "b",
       R"("a\u0001b")"},
      {"\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\""}};
  for (const auto& [text, expected] : cases) BOOST_TEST(json(text) == expected);
}

BOOST_AUTO_TEST_CASE(is_appended_to_what_is_there) {
  std::string out = "x:";
  append_json_string(out, "y");
  BOOST_TEST(out == "x:\"y\"");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(hex_has_two_lower_case_digits_for_each_byte) {
  BOOST_TEST(to_hex("\0\x0F\xF0\xFF"s) == "000ff0ff");
  BOOST_TEST(to_hex("") == "");
}

}  // namespace taskdriver
