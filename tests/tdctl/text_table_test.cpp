// Tables and texts for people.
#include "tools/tdctl/text_table.hpp"

#include <boost/test/unit_test.hpp>
#include <sstream>

using namespace taskdriver::tdctl;

namespace {

struct terminal {
  std::istringstream in;
  std::ostringstream out, err;
  console plain{.in = in, .out = out, .err = err};
  console coloured{.in = in, .out = out, .err = err, .asks = true, .colours = true};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tables, terminal)

BOOST_AUTO_TEST_CASE(columns_are_aligned_and_numbers_stand_to_the_right) {
  text_table table({"NAME", "N", "END"});
  table.add({"a", "1,000", "x"});
  table.add({"longer", "-", ""});
  table.print(plain);
  BOOST_TEST(out.str() ==
             "NAME        N  END\n"
             "a       1,000  x\n"
             "longer      -\n");
}

BOOST_AUTO_TEST_CASE(letters_of_two_bytes_take_one_column) {
  text_table table({"NAME", "X"});
  table.add({"\u00e4\u00f6", "x"});
  table.print(plain);
  BOOST_TEST(out.str() == "NAME  X\n\u00e4\u00f6    x\n");
}

BOOST_AUTO_TEST_CASE(what_others_wrote_cannot_move_the_cursor) {
  BOOST_TEST(printable("a\x1b[2Jb\nc\x7f") == "a?[2Jb?c?");
  BOOST_TEST(printable("x\xc2\x9by") == "x?y");  // CSI in one character
}

BOOST_AUTO_TEST_CASE(long_texts_end_in_dots_and_never_within_a_character) {
  BOOST_TEST(printable("abcdefgh", 8) == "abcdefgh");
  BOOST_TEST(printable("abcdefghi", 8) == "abcde...");
  BOOST_TEST(printable("\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4", 5) == "\u00e4\u00e4...");
}

BOOST_AUTO_TEST_CASE(colours_are_for_terminals_only) {
  BOOST_TEST(painted(plain, ink::red, "x") == "x");
  BOOST_TEST(painted(coloured, ink::red, "x") == "\x1b[1;31mx\x1b[0m");
  BOOST_TEST(painted(coloured, ink::plain, "x") == "x");
}

BOOST_AUTO_TEST_CASE(numbers_are_written_for_people) {
  BOOST_TEST(with_commas(0) == "0");
  BOOST_TEST(with_commas(999) == "999");
  BOOST_TEST(with_commas(1234567) == "1,234,567");
  BOOST_TEST(duration_text(119) == "119 s");
  BOOST_TEST(duration_text(7199) == "119 min");
  BOOST_TEST(duration_text(86400) == "24 h");
  BOOST_TEST(duration_text(200000) == "2 d");
  BOOST_TEST(bytes_text(512) == "512 B");
  BOOST_TEST(bytes_text(1536) == "1.5 KiB");
  BOOST_TEST(bytes_text(20.0 * 1024 * 1024) == "20 MiB");
}

BOOST_AUTO_TEST_SUITE_END()
