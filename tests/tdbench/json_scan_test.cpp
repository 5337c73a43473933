// The field scanner on answers shaped like the server's.
#include "tools/tdbench/json_scan.hpp"

#include <boost/test/unit_test.hpp>

using namespace taskdriver::bench;

BOOST_AUTO_TEST_SUITE(json_field_scanner)

BOOST_AUTO_TEST_CASE(finds_a_field_only_at_its_depth) {
  const std::string_view answer =
      R"({"data":{"task":{"attempts":[{"id":"a"}],"id":"t"},"id":"d"},"id":"top"})";
  BOOST_TEST(*find_string_field(answer, 1, "id") == "top");
  BOOST_TEST(*find_string_field(answer, 2, "id") == "d");
  BOOST_TEST(*find_string_field(answer, 3, "id") == "t");
  BOOST_TEST(*find_string_field(answer, 5, "id") == "a");
  BOOST_TEST(!find_string_field(answer, 4, "id").has_value());
}

BOOST_AUTO_TEST_CASE(is_not_misled_by_strings) {
  const std::string_view answer = R"({"text":"\"id\":\"wrong\" } ] \\","v":"id","id":"right"})";
  BOOST_TEST(*find_string_field(answer, 1, "id") == "right");
  BOOST_TEST(*find_string_field(answer, 1, "text") == R"(\"id\":\"wrong\" } ] \\)");
}

BOOST_AUTO_TEST_CASE(reads_numbers_and_success) {
  const std::string_view answer = "{ \"success\" : true ,\n \"data\": {\"tasksCreated\" : 42 }\n}";
  BOOST_TEST(*find_number_field(answer, 2, "tasksCreated") == 42u);
  BOOST_TEST(!find_number_field(answer, 1, "success").has_value());
  BOOST_TEST(says_success(answer));
  BOOST_TEST(!says_success(R"({"success":false,"data":{"success":true}})"));
}

BOOST_AUTO_TEST_CASE(finds_nothing_in_what_is_cut_or_not_json) {
  for (const std::string_view text : {"", "{", "\"", "{\"id", "{\"id\"", "{\"id\":", "{\"id\":\"x",
                                      "{\"id\":\"", "plain", "\\\"\\"}) {
    BOOST_TEST(!find_string_field(text, 1, "id").has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()
