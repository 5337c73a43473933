"""Tests of tools/check_style.py on small snippets."""

import sys
import textwrap
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import check_style  # noqa: E402


def messages(text, path="domain/a.cpp"):
    return [message for _, message in check_style.check_text(path, text)]


def spans(snippet):
    return list(check_style.functions(textwrap.dedent(snippet)))


def function_of(lines):
    return "void f() {\n" + "  g();\n" * (lines - 2) + "}\n"


class Sizes(unittest.TestCase):
    def test_a_line_of_101_columns_is_too_long_counted_in_characters(self):
        self.assertEqual(messages("// " + "ü" * 97 + "\n"), [])
        self.assertEqual(messages("// " + "u" * 98 + "\n"), ["101 columns; at most 100"])

    def test_a_file_of_601_lines_is_too_long(self):
        self.assertEqual(messages("// One.\n" * 600), [])
        self.assertEqual(len(messages("// One.\n" * 601)), 1)

    def test_a_function_of_71_lines_is_too_long(self):
        self.assertEqual(messages("// One.\n" + function_of(70)), [])
        found = check_style.check_text("a.cpp", "// One.\n\n" + function_of(71))
        self.assertEqual([line for line, _ in found], [3])
        self.assertIn("71 lines", found[0][1])


class Functions(unittest.TestCase):
    def test_are_found_in_namespaces_and_classes(self):
        self.assertEqual(spans("""\
            namespace a::b {
            class c final : public d {
             public:
              int f() const noexcept {
                return 1;
              }
            };
            }
            """), [(4, 6)])

    def test_start_with_the_first_line_of_their_head(self):
        self.assertEqual(spans("""\
            template <class T>
            result<T> f(int a,
                        int b)
            {
            }
            """), [(1, 5)])

    def test_blocks_lambdas_and_brace_lists_inside_belong_to_them(self):
        self.assertEqual(spans("""\
            auto f() -> std::vector<int> {
              auto g = [](int x) { return x; };
              if (g(1)) { std::array<int, 2> a{1, 2}; }
              return {};
            }
            """), [(1, 5)])

    def test_members_set_with_braces_are_no_bodies(self):
        self.assertEqual(spans("""\
            c::c(int x)
                : a_{x}, b_(x), d_{} {
              f();
            }
            c::c() : a_(1) {
            }
            """), [(1, 4), (5, 6)])

    def test_types_and_values_are_no_functions(self):
        self.assertEqual(spans("""\
            enum class e : std::uint8_t { one, two };
            struct s { int a = 0; int b{3}; std::function<void(int)> h{}; };
            constexpr std::array<int, 2> v{{1, 2}};
            const std::map<int, int> m = {{1, 2}};
            template <class T> struct t<void(T)> { int x; };
            """), [])

    def test_braces_in_literals_comments_and_macros_do_not_count(self):
        self.assertEqual(spans("""\
            #define OPEN {
            void f() {
              g("{", '{', R"({{{)");  // {
              h(1'000'000); /* { */
            }
            BOOST_AUTO_TEST_CASE(it_works) {
            }
            """), [(2, 5), (6, 7)])


class Leftovers(unittest.TestCase):
    def test_open_ends_are_refused_everywhere(self):
        self.assertEqual(len(messages("// One.\n// TO" "DO: later\n")), 1)
        self.assertEqual(len(messages("# One.\n# FIX" "ME\n", "tools/a.sh")), 1)

    def test_code_in_comments_is_refused(self):
        for code in ("foo(bar);", "int x = 3;", "return x;", "#include <map>", "if (x) {",
                     "queue.push(a, b);", "this->x = y;"):
            self.assertEqual(messages(f"// One.\n  // {code}\n"), ["commented-out code"], code)

    def test_prose_in_comments_is_not_code(self):
        for prose in ("The lease ends (see A18); nobody else takes it.", "must hold;",
                      "returns nothing if it is gone;", "for (big) queues only", "i.e. a = b"):
            self.assertEqual(messages(f"// One.\n// {prose}\n"), [], prose)
        self.assertEqual(messages("// One.\n/// result<lease> release(task);\n"), [])


class FirstLines(unittest.TestCase):
    def test_a_source_starts_with_what_it_is_for(self):
        self.assertEqual(len(messages('#include "a.hpp"\n')), 1)

    def test_a_header_is_guarded(self):
        self.assertEqual(len(messages("// One.\n", "domain/a.hpp")), 1)
        self.assertEqual(messages("// One.\n#pragma once\n", "domain/a.hpp"), [])

    def test_a_script_says_it_after_its_interpreter(self):
        self.assertEqual(messages("#!/usr/bin/env bash\n# One.\n", "tools/dev"), [])
        self.assertEqual(len(messages("#!/usr/bin/env bash\nset -e\n", "tools/dev")), 1)


if __name__ == "__main__":
    unittest.main()
