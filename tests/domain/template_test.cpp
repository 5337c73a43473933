// Templates and fingerprints: what a name is, one pass only, and prints that never change.
#include "domain/template.hpp"

#include <boost/test/unit_test.hpp>

#include "base/text.hpp"
#include "domain/fingerprint.hpp"

namespace taskdriver::domain {
namespace {

using names = std::vector<std::string>;

std::string filled(std::string_view text, const std::vector<variable>& variables) {
  return fill_template(text, variables, 1000).text;
}

std::string hex(const fingerprint& print) {
  return to_hex({reinterpret_cast<const char*>(print.data()), print.size()});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_template)

BOOST_AUTO_TEST_CASE(lists_each_name_once_in_order_of_appearance) {
  BOOST_TEST(variables_of("{{b}} {{a}} {{ b }}") == (names{"b", "a"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(takes_braces_around_anything_else_for_text) {
  for (const auto* text : {"", "{{}}", "{{ }}", "{{1a}}", "{{a-b}}", "{{a b}}", "{{a", "{a}",
                           "{{a}", "{{_a}}", "{{a\n}}", "{{{}}}", "{{\xC3\xA4}}"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(variables_of(text).empty());
      BOOST_TEST(filled(text, {}) == text);
    }
  }
}

BOOST_AUTO_TEST_CASE(allows_blanks_inside_the_braces_and_more_braces_around_them) {
  const std::vector<variable> a{{.name = "a", .text = "X"}};
  BOOST_TEST(filled("{{a}}|{{ a}}|{{a\t }}|{{{a}}}|{{{{a}}}}", a) == "X|X|X|{X}|{{X}}");
}

BOOST_AUTO_TEST_CASE(never_scans_a_value_again) {
  const std::vector<variable> both{{.name = "a", .text = "{{b}}"}, {.name = "b", .text = "B"}};
  BOOST_TEST(filled("{{a}}{{b}}", both) == "{{b}}B");
  const std::vector<variable> half{{.name = "a", .text = "{{"}, {.name = "b", .text = "B"}};
  BOOST_TEST(filled("{{a}}b}}", half) == "{{b}}");
}

BOOST_AUTO_TEST_CASE(names_every_missing_variable_once) {
  const auto result = fill_template("{{a}}{{b}}{{c}}{{a}}", {{.name = "b", .text = "1"}}, 100);
  BOOST_TEST(result.missing == (names{"a", "c"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(keeps_nul_and_characters_beyond_the_basic_plane) {
  const std::string value("\0\xF0\x9F\x98\x80", 5);
  BOOST_TEST(filled("<{{a}}>", {{.name = "a", .text = value}}) == "<" + value + ">");
}

BOOST_AUTO_TEST_CASE(stops_when_the_text_grows_too_long) {
  const std::vector<variable> a{{.name = "a", .text = std::string(60, 'x')}};
  BOOST_TEST(fill_template("{{a}}{{a}}{{a}}{{a}}", a, 100).text.size() == 120u);
}

BOOST_AUTO_TEST_CASE(of_nothing_but_open_braces_is_read_in_one_go) {
  // A scan to the far end for each brace would take minutes here.
  std::string text(limits::template_bytes_max, '{');
  text += std::string(limits::template_bytes_max, ' ') + "}}";
  BOOST_TEST(variables_of(text).empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_fingerprint)

BOOST_AUTO_TEST_CASE(is_the_same_for_ever) {
  const std::vector<variable> two{{.name = "a", .kind = variable_kind::number, .text = "1"},
                                  {.name = "b", .text = "x"}};
  BOOST_TEST(hex(fingerprint_of({}, "")) == "4d25767f9dce13f595aa0907dcc2a5c5");
  BOOST_TEST(hex(fingerprint_of({}, "Fix the build")) == "d4776d2da5902bfaef70298dbbd98538");
  BOOST_TEST(hex(fingerprint_of(two, "ignored")) == "2a299ce62667a110609e28874232c606");
}

BOOST_AUTO_TEST_CASE(tells_kinds_and_borders_apart) {
  const auto print = [](const std::vector<variable>& v) { return fingerprint_of(v, ""); };
  const auto number = print({{.name = "a", .kind = variable_kind::number, .text = "1"}});
  BOOST_TEST((number != print({{.name = "a", .text = "1"}})));
  BOOST_TEST((print({{.name = "ab", .text = "c"}}) != print({{.name = "a", .text = "bc"}})));
}

BOOST_AUTO_TEST_CASE(looks_at_the_instructions_only_where_there_are_no_variables) {
  const std::vector<variable> one{{.name = "a", .text = "1"}};
  BOOST_TEST((fingerprint_of(one, "x") == fingerprint_of(one, "y")));
  BOOST_TEST((fingerprint_of({}, "x") != fingerprint_of({}, "y")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
