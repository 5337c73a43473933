// Our JSON parser against nlohmann/json's own: the same texts are taken, and mean the same. Seeds
// are fixed.
#include "http/json_parser.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <random>

namespace taskdriver::http {
namespace {

using nlohmann::json;

/// Both parsers agree about `text`: taken or not, and to which document of which types.
void check_same(const std::string& text) {
  const auto expected = json::parse(text, nullptr, /*allow_exceptions=*/false);
  json ours;
  const bool taken = parse_json(text, ours);
  BOOST_REQUIRE_MESSAGE(taken == !expected.is_discarded(), "taken differently: " << text);
  if (taken) BOOST_REQUIRE_MESSAGE(ours.dump() == expected.dump(), "read differently: " << text);
}

/// Pieces out of which most texts are nearly JSON.
const std::vector<std::string> pieces = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\"a\"",
    "\"b\":",
    "{\"a\":1}",
    "[1,2]",
    " ",
    "\n",
    "0",
    "-",
    "1",
    "-0",
    "1.5",
    "1e3",
    "1E-3",
    ".",
    "e",
    "+",
    "12345678901234567890",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "1e-400",
    "1e400",
    "true",
    "false",
    "null",
    "nul",
    "\\n",
    "\\u0041",
    "\\ud83d\\ude00",
    "\\ud83d",
    "\\udc00",
    "\\u00",
    "\\x",
    "\xc3\xa4",
    "\xf0\x9f\x98\x80",
    "\xed\xa0\x80",
    "\xff",
    "\x01",
    "\t",
    "long "
    "text without anything special in it, longer than a word or two"};

}  // namespace

BOOST_AUTO_TEST_SUITE(json_texts)

BOOST_AUTO_TEST_CASE(of_every_kind_mean_what_they_mean_to_the_reference) {
  for (const auto* text : {"{}",
                           "[]",
                           "\"\"",
                           " [ 1 , { \"a\" : [ ] } ] ",
                           "{\"a\":{\"b\":{\"c\":null}}}",
                           "{\"a\":1,\"a\":{\"b\":2}}",
                           "\"\\u0000\\uFFFF\\ud83d\\ude00\\/\"",
                           "-0",
                           "-0.0",
                           "0.1",
                           "123456789012345678901234567890",
                           "1e308",
                           "1e309",
                           "2.2250738585072014e-308",
                           "5e-324",
                           "\xef\xbb\xbf{}",
                           "[1,]",
                           "[,1]",
                           "{,}",
                           "{\"a\"}",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "1e",
                           "--1",
                           "\"\\ud83d\"",
                           "\"\\ud83dx\"",
                           "\"\\udc00\"",
                           "\"\t\"",
                           "tru",
                           "truex",
                           "",
                           " ",
                           "\"a"})
    check_same(text);
}

BOOST_AUTO_TEST_CASE(a_nul_byte_behind_the_value_is_an_error) {
  json out;
  BOOST_TEST(!parse_json(std::string_view("{}\0", 3), out));
  BOOST_TEST(!parse_json(std::string_view("\"\0\"", 3), out));
}

BOOST_AUTO_TEST_CASE(random_texts_are_read_the_same) {
  constexpr unsigned seed = 20261125;
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 40'000; ++round) {
    std::string text;
    for (unsigned count = 1 + random() % 9; count > 0; --count)
      text += pieces[random() % pieces.size()];
    check_same(text);
    check_same("[" + text + "]");
    check_same("\"" + text + "\"");
    check_same("{\"a\":" + text + "}");
  }
}

BOOST_AUTO_TEST_CASE(damaged_documents_are_read_the_same) {
  constexpr unsigned seed = 7;
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const std::string document =
      R"({"typeId":"00000007-0000-8000-8000-8000000000cc","instructions":"do \"it\" \u00e4 \n)"
      R"(now","variables":{"n":-12.5e-3,"on":true,"s":"x"},"list":[1,2,[],{},null]})";
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = document;
    for (unsigned count = 1 + random() % 3; count > 0; --count) {
      const auto at = random() % damaged.size();
      const auto byte = static_cast<char>(1 + random() % 255);
      switch (random() % 3) {
        case 0:
          damaged[at] = byte;
          break;
        case 1:
          damaged.erase(at, 1 + random() % 4);
          break;
        default:
          damaged.insert(at, 1, byte);
      }
      if (damaged.empty()) break;
    }
    check_same(damaged);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::http
