"""Tests of tools/check_layers.py on small snippets."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import check_layers  # noqa: E402


def messages(path, text):
    return [message for _, message in check_layers.check_text(path, text)]


class Layers(unittest.TestCase):
    def accepted(self, path, *headers):
        for header in headers:
            self.assertEqual(messages(path, f"#include {header}\n"), [], header)

    def refused(self, path, *headers):
        for header in headers:
            self.assertEqual(len(messages(path, f"#include {header}\n")), 1, header)

    def test_a_folder_includes_itself_and_what_the_table_names(self):
        self.accepted("actors/gateway.cpp", '"actors/messages.hpp"', '"domain/rules.hpp"',
                      '"cluster/replica.hpp"', '"base/ids.hpp"', "<caf/all.hpp>", "<vector>")

    def test_nobody_reaches_over_or_up(self):
        self.refused("base/ids.cpp", '"domain/rules.hpp"')
        self.refused("domain/rules.cpp", '"storage/store.hpp"')
        self.refused("storage/store.cpp", '"cluster/replica.hpp"')
        self.refused("actors/gateway.cpp", '"storage/store.hpp"', '"http/server.hpp"')
        self.refused("http/server.cpp", '"cluster/replica.hpp"', '"storage/store.hpp"')

    def test_http_sees_messages_and_handles_of_actors_only(self):
        self.accepted("http/a.cpp", '"actors/api.hpp"', '"actors/messages.hpp"', "<caf/send.hpp>")
        self.refused("http/a.cpp", '"actors/project_actor.hpp"', "<caf/all.hpp>")

    def test_libraries_stay_in_the_folder_that_may_know_them(self):
        self.accepted("storage/a.cpp", "<rocksdb/db.h>")
        self.accepted("http/a.cpp", "<pistache/tcp.h>", "<boost/beast/http.hpp>",
                      "<nlohmann/json.hpp>")
        self.refused("actors/a.cpp", "<rocksdb/db.h>", "<pistache/tcp.h>", "<nlohmann/json.hpp>")
        self.refused("storage/a.cpp", "<caf/all.hpp>", "<nlohmann/json.hpp>")

    def test_simdjson_is_known_to_one_file(self):
        self.accepted("http/quick_json.cpp", "<simdjson.h>")
        self.refused("http/quick_json.hpp", "<simdjson.h>")

    def test_domain_is_pure(self):
        self.accepted("domain/a.cpp", "<map>", '"base/time.hpp"', "<chrono>")
        self.refused("domain/a.cpp", "<thread>", "<mutex>", "<random>", "<iostream>", "<fstream>",
                     "<unistd.h>", '"base/log.hpp"', '"base/random.hpp"')
        self.assertEqual(len(messages("domain/a.cpp", "auto t = steady_clock::now();\n")), 1)
        self.assertEqual(messages("domain/a.cpp", "int x;  // never steady_clock::now()\n"), [])

    def test_tools_and_tests_may_include_everything(self):
        self.accepted("tests/http/a.cpp", '"storage/store.hpp"', "<rocksdb/db.h>")
        self.accepted("tools/tdctl/a.cpp", "<CLI/CLI.hpp>", '"http/server.hpp"')

    def test_quotes_are_for_paths_from_the_root(self):
        self.refused("http/a.cpp", '"server.hpp"', '"nlohmann/json.hpp"')

    def test_the_message_names_line_and_reason(self):
        (line, message), = check_layers.check_text("domain/a.cpp", "\n\n#include <thread>\n")
        self.assertEqual(line, 3)
        self.assertIn("domain/ must not include <thread>", message)
        self.assertIn("pure", message)


if __name__ == "__main__":
    unittest.main()
