#!/usr/bin/env python3
"""Holds the rules of style that a script can see: sizes, first lines, leftovers.

Usage: tools/check_style.py [ROOT]      exit code 1 if a file breaks a rule
"""

import re
import sys
from pathlib import Path

LINE_COLUMNS_MAX = 100
FILE_LINES_MAX = 600
FILE_LINES_WANTED = 400
FUNCTION_LINES_MAX = 70
FUNCTION_LINES_WANTED = 40

FOLDERS = ("actors", "base", "cluster", "cmake", "deploy", "domain", "http", "storage", "tests",
           "tools", "web")
SKIPPED_FOLDERS = {"build", "node_modules", "corpus", "golden", "__pycache__"}
CPP = {".cpp", ".hpp"}
SCRIPTS = {".py", ".sh", ".cmake", ".js"}
NAMED = {"dev", "CMakeLists.txt"}

# Written in two halves so that this file keeps its own rule.
LEFTOVER = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|X" + "XX)\\b")
# A comment that is a statement: a call, an assignment, a return, an include.
CODE_IN_COMMENT = re.compile(
    r"^\s*//\s*(?:"
    r"[A-Za-z_][\w:.>\[\]-]*\([^;]*\);"
    r"|(?:[\w:<>*&]+ )?[A-Za-z_][\w.:>\[\]-]* [-+|&]?= [^;]*;"
    r"|return\b[^;]*;"
    r"|#\s*include\s*[<\"].*"
    r"|(?:if|for|while|switch) \(.*\) \{"
    r")\s*$")

TYPE_HEAD = re.compile(r"^(?:\s|export\b|typedef\b|static\b|constexpr\b|const\b)*"
                       r"(?:class|struct|union|enum)\b(?!.*\)\s*$)", re.S)
ACCESS = {"public:", "private:", "protected:"}
NAMESPACE_HEAD = re.compile(r"^\s*(?:inline\s+)?namespace\b|^\s*extern\s*$")
# What may stand between the parameters of a function and its body.
AFTER_PARAMETERS = re.compile(
    r"\)\s*(?:const|volatile|noexcept|override|final|mutable|try|&&?|\s)*"
    r"(?:->\s*[^;{}()]+(?:\([^()]*\))?|requires\b.*)?\s*$", re.S)
INITIALIZER_LIST = re.compile(r"\)[^()]*[^:]:[^:]", re.S)


def blank_out(text):
    """The same text with comments, literals and preprocessor lines as blanks; lines stay."""
    pattern = re.compile(
        r'//(?:\\\n|[^\n])*|/\*.*?\*/|R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"'
        r'|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\''
        r"|^[ \t]*#(?:\\\n|[^\n])*", re.S | re.M)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def without_template(head):
    """The text before a brace without a leading template<...> and without [[attributes]]."""
    head = re.sub(r"\[\[.*?\]\]", " ", head, flags=re.S).lstrip()
    while head.startswith("template"):
        depth, at = 0, head.find("<")
        if at < 0:
            break
        for at in range(at, len(head)):
            depth += {"<": 1, ">": -1}.get(head[at], 0)
            if depth == 0:
                break
        head = head[at + 1:].lstrip()
    return head


def kind_of(head):
    """What the brace after `head` opens, at the level of a file, a namespace or a class."""
    head = without_template(head)
    if NAMESPACE_HEAD.search(head) or TYPE_HEAD.search(head):
        return "scope"
    body_follows = AFTER_PARAMETERS.search(head)
    if INITIALIZER_LIST.search(head):
        # `x() : a_(1) {` and `x() : a_{1} {` open the body, `x() : a_{` a member's value.
        body_follows = head.rstrip().endswith((")", "}"))
    return "function" if body_follows and "(" in head else "value"


def functions(text):
    """(first line, last line) of every function body with its head; lambdas belong to theirs."""
    stack, head, head_line, line = [], "", 1, 1
    for character in blank_out(text):
        if character == "\n":
            line += 1
        inside = any(kind != "scope" for kind, _ in stack)
        if character == "{":
            kind = "inner" if inside else kind_of(head)
            stack.append((kind, head_line))
            if kind == "scope":
                head = ""
        elif character == "}" and stack:
            kind, first_line = stack.pop()
            if kind == "function":
                yield first_line, line
            # After a member's value the head goes on: the next brace may open the body.
            head = head + "}" if kind == "value" else "" if kind != "inner" else head
        elif not inside and character == ";":
            head = ""
        elif not inside:
            if not head.strip() or head.strip() in ACCESS:
                head, head_line = "", line
            head += character


def check_cpp(path, text, found):
    lines = text.splitlines()
    if not lines or not re.match(r"// \S", lines[0]):
        found.append((1, "the first line is a comment that says what the file is for"))
    if path.endswith(".hpp") and "#pragma once" not in lines:
        found.append((1, "a header has #pragma once"))
    for number, line in enumerate(lines, 1):
        if CODE_IN_COMMENT.match(line):
            found.append((number, "commented-out code"))
    for first, last in functions(text):
        if last - first + 1 > FUNCTION_LINES_MAX:
            found.append((first, f"a function of {last - first + 1} lines; at most "
                                 f"{FUNCTION_LINES_MAX}, better {FUNCTION_LINES_WANTED}"))


def check_script(lines, found):
    first = next((line for line in lines if not line.startswith("#!")), "")
    if not first.startswith(('"""', "# ", "// ")):
        found.append((1, "the first line says what the file is for"))


def check_text(path, text):
    """All breaches in one file, as (line, message)."""
    found = []
    lines = text.splitlines()
    if len(lines) > FILE_LINES_MAX:
        found.append((1, f"{len(lines)} lines; at most {FILE_LINES_MAX}, "
                         f"better {FILE_LINES_WANTED}"))
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS_MAX:
            found.append((number, f"{len(line)} columns; at most {LINE_COLUMNS_MAX}"))
        if line != line.rstrip():
            found.append((number, "blanks at the end of the line"))
        if LEFTOVER.search(line):
            found.append((number, "an open end: finish it, or describe the limit in docs/"))
    if Path(path).suffix in CPP:
        check_cpp(path, text, found)
    elif not path.endswith("CMakeLists.txt"):  # its name says what it is for
        check_script(lines, found)
    return sorted(found)


def source_files(root):
    yield root / "CMakeLists.txt"
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if SKIPPED_FOLDERS.intersection(path.relative_to(root).parts):
                continue
            if (path.suffix in CPP | SCRIPTS or path.name in NAMED) and path.is_file():
                yield path


def main(arguments):
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    files = breaches = long_files = long_functions = 0
    for path in source_files(root):
        text = path.read_text(encoding="utf-8")
        files += 1
        long_files += text.count("\n") > FILE_LINES_WANTED
        if path.suffix in CPP:
            long_functions += sum(last - first + 1 > FUNCTION_LINES_WANTED
                                  for first, last in functions(text))
        for line, message in check_text(path.as_posix(), text):
            print(f"{path.relative_to(root).as_posix()}:{line}: {message}")
            breaches += 1
    print(f"style: {files} files, {breaches} breach(es); longer than wanted: "
          f"{long_files} file(s) over {FILE_LINES_WANTED} lines, "
          f"{long_functions} function(s) over {FUNCTION_LINES_WANTED}")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
