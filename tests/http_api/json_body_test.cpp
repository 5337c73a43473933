// Which bodies are taken, and what the field reader says about their fields.
#include "http/json_body.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "http/field_reader.hpp"
#include "http/quick_json.hpp"

namespace taskdriver::http {
namespace {

BOOST_AUTO_TEST_SUITE(json_bodies)

BOOST_AUTO_TEST_CASE(what_is_no_json_object_is_a_bad_request) {
  for (const auto* body : {"",
                           " ",
                           "null",
                           "[]",
                           "1",
                           "\"a\"",
                           "{",
                           "{}}",
                           "{\"a\":}",
                           "{'a':1}",
                           "{\"a\":1,}",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":1e999}",
                           "{\"a\":\"\n\"}",
                           "nul",
                           "{\"a\":NaN}",
                           "{\"a\":01}",
                           "\xef\xbb\xbf{",
                           "{\"a\":1}x"}) {
    const auto parsed = json_body::parse(body);
    BOOST_TEST(!parsed.ok(), "taken: " << body);
    if (!parsed.ok()) BOOST_TEST((parsed.error().code == errc::bad_request));
  }
}

BOOST_AUTO_TEST_CASE(of_equal_keys_the_last_one_counts) {
  auto body = json_body::parse(R"({"a":1,"a":2})");
  BOOST_REQUIRE(body.ok());
  BOOST_TEST(body->root()["a"] == 2);
}

BOOST_AUTO_TEST_CASE(nothing_at_all_counts_as_empty_only_where_a_body_is_optional) {
  BOOST_TEST(json_body::parse_optional("").ok());
  BOOST_TEST(!json_body::parse_optional("[]").ok());
}

BOOST_AUTO_TEST_CASE(sixty_four_levels_are_the_limit) {
  const auto nested = [](int levels) {
    const auto inner = static_cast<std::size_t>(levels - 1);
    return "{\"a\":" + std::string(inner, '[') + std::string(inner, ']') + "}";
  };
  BOOST_TEST(json_body::parse(nested(64)).ok());
  BOOST_TEST(!json_body::parse(nested(65)).ok());
  BOOST_TEST(!json_body::parse("{\"a\":" + std::string(1'000'000, '[')).ok());
}

BOOST_AUTO_TEST_CASE(what_stands_inside_of_strings_has_no_shape) {
  const auto quiet = shape_of("{\"" + std::string(100, '[') + "\\\"[[,,\":\"{{{:\"}");
  BOOST_TEST(quiet.depth == 1);
  BOOST_TEST(quiet.separators == 1u);
  BOOST_TEST(shape_of(R"({"\\":[]})").depth == 2);
}

/// What the quick parser takes, the other one takes, and both make the same of it.
void check_quick(const std::string& text) {
  const auto quick = parse_quickly(text);
  if (!quick) return;
  const auto thorough = nlohmann::json::parse(text, nullptr, false);
  BOOST_REQUIRE(!thorough.is_discarded());
  BOOST_TEST(*quick == thorough, text);
  BOOST_TEST(quick->dump() == thorough.dump(), text);
}

BOOST_AUTO_TEST_CASE(the_quick_parser_takes_the_usual_body) {
  const auto quick = parse_quickly(
      R"({"typeId":"t","instructions":"\"a\"\n\t\\ \/ ä €","variables":{"n":1,"b":true,"f":2.5}})");
  BOOST_REQUIRE(quick);
  BOOST_TEST((*quick)["instructions"] == "\"a\"\n\t\\ / ä €");
  BOOST_TEST(quick->dump() == R"({"instructions":"\"a\"\n\t\\ / ä €","typeId":"t",)"
                              R"("variables":{"b":true,"f":2.5,"n":1}})");
}

BOOST_AUTO_TEST_CASE(the_quick_parser_reads_as_the_other_one_does) {
  for (const char* text :
       {R"({"a":1,"a":{"b":2},"a":[]})",
        R"({"":{"":""}})",
        R"({"a":[0,-0,-1,1,00]})",
        R"({"a":[0,-0,-1,1,-0.0,0.0,1.0,1e2,1E-2,123456789012345678]})",
        R"({"a":9223372036854775807,"b":9223372036854775808,"c":18446744073709551615})",
        R"({"a":18446744073709551616})",
        R"({"a":-9223372036854775808})",
        R"({"a":-9223372036854775809})",
        R"({"a":1e308,"b":4.9e-324,"c":1e-400})",
        R"({"a":1e309})",
        R"({"a":0.1,"b":1.7976931348623157e308,"c":2.2250738585072011e-308})",
        R"({"a":"\ud800"})",
        R"({"a":"\udc00"})",
        R"({"a":"\ud83d\ude00"})",
        "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"\xc0\x80\"}",
        "{\"a\":\"\xf4\x90\x80\x80\"}",
        "\xef\xbb\xbf{\"a\":1}",
        " {} ",
        "{}}",
        "{\"a\":\"\x7f\"}",
        "{\"a\":\"\x1f\"}",
        "[null,true,false]",
        "\"text\"",
        "12",
        "-",
        "1.",
        ".5",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":}",
        "[1 2]",
        "nul",
        "tru",
        "[\"\\x\"]",
        "\f[]",
        "[]\0"})
    check_quick(text);
}

BOOST_AUTO_TEST_CASE(the_quick_parser_never_takes_what_a_slip_made_of_a_body) {
  const std::string body =
      R"({"a":[1,-2.5e3,true,null,"x\ny\\"],"b":{"c":"ä€","d":18446744073709551615},"e":[[],{}]})";
  constexpr std::string_view slips = "\"\\{}[],:0-1.eE+utfn \x80\xc3\xed\n";
  for (std::size_t at = 0; at < body.size(); ++at) {
    for (const char slip : slips) {
      auto changed = body;
      changed[at] = slip;
      check_quick(changed);
    }
    check_quick(body.substr(0, at));
    check_quick(body.substr(at));
  }
}

BOOST_AUTO_TEST_CASE(a_body_of_very_many_tiny_values_is_refused) {
  const auto zeros = [](std::size_t count) {
    std::string text = "{\"a\":[0";
    for (std::size_t i = 1; i < count; ++i) text += ",0";
    return text + "]}";
  };
  BOOST_TEST(json_body::parse(zeros(524'288)).ok());
  BOOST_TEST(!json_body::parse(zeros(json_separators_max + 1)).ok());
}

BOOST_AUTO_TEST_SUITE_END()

struct reading {
  field_errors errors;
  std::optional<json_body> body;
  std::optional<field_reader> in;

  field_reader& read(std::string_view text) {
    auto parsed = json_body::parse(text);
    BOOST_REQUIRE(parsed.ok());
    body.emplace(std::move(parsed).value());
    in.emplace(body->root(), errors);
    return *in;
  }
};

domain::rules::objection no_x(std::string_view text) {
  if (text.empty()) return "Thing is required";
  if (text.find('x') != std::string_view::npos) return "Thing has an x";
  return std::nullopt;
}

BOOST_FIXTURE_TEST_SUITE(fields, reading)

BOOST_AUTO_TEST_CASE(all_wrong_fields_are_told_at_once_with_their_values) {
  auto& f = read(R"({"a":"xy","b":101,"c":"yes","d":{"e":2.5},"g":"no"})");
  f.required_text("a", no_x);
  f.whole("b", {"B", 0, 100});
  f.boolean("c");
  auto d = f.object("d");
  BOOST_REQUIRE(d);
  d->whole("e", {"E", 0, 100});
  f.required_text("missing", no_x);
  constexpr std::string_view choices[] = {"one", "two", "three"};
  f.choice("g", choices);
  const field_errors expected = {
      {"a", "Thing has an x", "\"xy\""},         {"b", "B must be between 0 and 100", "101"},
      {"c", "Must be true or false", "\"yes\""}, {"d.e", "E must be a whole number", "2.5"},
      {"missing", "Thing is required", ""},      {"g", "Must be one, two or three", "\"no\""}};
  BOOST_REQUIRE(errors.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    BOOST_TEST(errors[i].field == expected[i].field);
    BOOST_TEST(errors[i].message == expected[i].message);
    BOOST_TEST(errors[i].value_json == expected[i].value_json);
  }
}

BOOST_AUTO_TEST_CASE(absent_and_null_are_the_same) {
  auto& f = read(R"({"a":null})");
  BOOST_TEST(!f.text("a", no_x));
  BOOST_TEST(!f.whole("b", {"B", 0, 1}));
  BOOST_TEST(f.any("a", "A").empty());
  BOOST_TEST(errors.empty());
}

BOOST_AUTO_TEST_CASE(a_whole_number_may_be_written_with_a_fraction_of_zero) {
  auto& f = read(R"({"a":3.0,"b":18446744073709551615,"c":-9223372036854775808,"d":1e300})");
  BOOST_TEST(f.whole("a", {"A", 0, 10}).value() == 3);
  BOOST_TEST(!f.whole("b", {"B", 0, 10}));
  BOOST_TEST(!f.whole("c", {"C", 0, 10}));
  BOOST_TEST(!f.whole("d", {"D", 0, 10}));
  BOOST_TEST(errors.size() == 3u);
}

BOOST_AUTO_TEST_CASE(any_value_becomes_compact_text_with_sorted_keys) {
  auto& f = read(R"({"r": {"b" : [1, 2.50, "x\u0000"], "a":null}})");
  BOOST_TEST(f.any("r", "Result") == R"({"a":null,"b":[1,2.5,"x\u0000"]})");
}

BOOST_AUTO_TEST_CASE(any_value_over_one_mebibyte_is_refused) {
  auto& f = read("{\"r\":\"" + std::string(1024 * 1024 - 1, 'a') + "\"}");
  BOOST_TEST(f.any("r", "Result").empty());
  BOOST_TEST(errors.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_shown_value_is_short_and_valid_json) {
  auto& f = read("{\"a\":\"" + std::string(500, 'x') + "\"}");
  f.text("a", no_x);
  BOOST_REQUIRE(errors.size() == 1u);
  BOOST_TEST(errors[0].value_json.size() <= 200u);
  BOOST_TEST(nlohmann::json::parse(errors[0].value_json).is_string());
  BOOST_TEST(shown_text(std::string(500, '\x01')).size() <= 200u);
  BOOST_TEST(shown_value(nlohmann::json(std::vector<int>(200, 1))).empty());
}

BOOST_AUTO_TEST_CASE(an_update_names_unknown_and_read_only_fields) {
  auto& f = read(R"({"a":"b","id":"c","other":1})");
  f.text("a", no_x);
  f.refuse_others({"id"});
  BOOST_REQUIRE(errors.size() == 2u);
  BOOST_TEST(errors[0].field == "id");
  BOOST_TEST(errors[0].message == "Cannot be changed");
  BOOST_TEST(errors[1].field == "other");
  BOOST_TEST(errors[1].message == "Unknown field");
}

BOOST_AUTO_TEST_CASE(of_very_many_wrong_fields_a_hundred_are_told) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":1";
  read(text + "}").refuse_others();
  BOOST_TEST(errors.size() == field_errors_max);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::http
