// What names, texts and numbers may be (A9, A12).
#include "domain/rules.hpp"

#include <boost/test/unit_test.hpp>

namespace taskdriver::domain {
namespace {

struct name_case {
  const char* what;
  rules::objection (*rule)(std::string_view);
  std::vector<std::string> allowed, refused;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_rule)

BOOST_AUTO_TEST_CASE(for_each_kind_of_name_allows_and_refuses) {
  const std::string full(100, 'a'), over(101, 'a');
  const name_case cases[] = {
      {"project",
       rules::project_name,
       {"a", "A-1_b", "-", full},
       {"", "a.b", "a b", "\xC3\xA4", over}},
      {"type", rules::type_name, {"a", "A-1_b", full}, {"", "a.b", "a/b", over}},
      {"agent", rules::agent_name, {"a.b-c_1", full}, {"", "a:b", "a\n", over}},
      {"batch", rules::batch_id, {"a.b:c-d_e", full}, {"", "a b", over}},
      {"variable", rules::variable_name, {"a", "A_1", full}, {"", "1a", "_a", "a-b", over}}};
  for (const auto& c : cases) {
    for (const auto& name : c.allowed) BOOST_TEST(!c.rule(name), c.what << " '" << name << "'");
    for (const auto& name : c.refused)
      BOOST_TEST(c.rule(name).has_value(), c.what << " '" << name << "'");
  }
}

BOOST_AUTO_TEST_CASE(for_texts_counts_bytes_and_asks_for_utf8) {
  BOOST_TEST(!rules::text("Text", "", 3));
  BOOST_TEST(!rules::text("Text", std::string("\0\xC3\xA4", 3), 3));
  BOOST_TEST(rules::text("Text", "four", 3).value() == "Text must be at most 3 bytes long");
  BOOST_TEST(rules::text("Text", "\xFF", 3).value() == "Text must be valid UTF-8");
  BOOST_TEST(rules::non_empty_text("Text", "", 3).has_value());
}

BOOST_AUTO_TEST_CASE(for_numbers_includes_both_bounds) {
  for (const int inside : {1, 5}) BOOST_TEST(!rules::whole_number("N", inside, 1, 5));
  for (const int outside : {0, 6})
    BOOST_TEST(rules::whole_number("N", outside, 1, 5).value() == "N must be between 1 and 5");
  BOOST_TEST(!rules::variable_count(100));
  BOOST_TEST(rules::variable_count(101).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
