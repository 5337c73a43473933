"""tdctl verify and dump as processes: arguments, exit codes, output, and a directory in use."""

import fcntl
import json
import os
import subprocess
import tempfile
import unittest


def tdctl(*arguments):
    """Exit code, stdout and stderr of one call."""
    done = subprocess.run([os.environ["TDCTL_BIN"], *arguments], capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def write(directory, entries):
    """A data directory whose records no project could have: damage, to verify."""
    subprocess.run([os.environ["WRITER_BIN"], directory, "1", str(entries)],
                   stdout=subprocess.DEVNULL, timeout=60, check=True)


class Commands(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = folder.name

    def test_help_has_examples(self):
        for command in ("verify", "dump"):
            code, out, _ = tdctl(command, "--help")
            self.assertEqual(code, 0)
            self.assertIn("  tdctl " + command, out)

    def test_wrong_usage_has_a_code_of_its_own(self):
        for wrong in (("verify",), ("dump",), ("dump", "a", "b"), ("dump", "a", "--shard", "x"),
                      ("dump", "a", "--log", "--state")):
            self.assertEqual(tdctl(*wrong)[0], 2, wrong)

    def test_what_is_no_data_directory_is_told_and_not_made_one(self):
        code, out, _ = tdctl("verify", self.path + "/absent")
        self.assertEqual(code, 1)
        self.assertIn("is not a TaskDriver data directory", out)
        code, out, err = tdctl("dump", self.path + "/absent")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("is not a TaskDriver data directory", err)
        self.assertEqual(os.listdir(self.path), [])

    def test_damage_is_told_where_it_is(self):
        write(self.path + "/odd", 3)
        code, out, err = tdctl("verify", self.path + "/odd")
        self.assertEqual((code, err), (1, ""))
        self.assertIn("WRONG: shard 0, project 1", out)
        self.assertIn("DAMAGED", out)

    def test_json_is_one_object_for_verify_and_one_a_line_for_dump(self):
        write(self.path + "/odd", 3)
        code, out, _ = tdctl("verify", self.path + "/odd", "--json")
        found = json.loads(out)
        self.assertEqual((code, found["clean"]), (1, False))
        self.assertTrue(found["directories"][0]["wrong"])
        code, out, _ = tdctl("dump", self.path + "/odd", "--json", "--limit", "2")
        self.assertEqual(code, 0)
        self.assertEqual(len([json.loads(line) for line in out.splitlines()]), 2)

    def test_two_directories_are_compared(self):
        write(self.path + "/one", 3)
        write(self.path + "/two", 3)
        _, out, _ = tdctl("verify", self.path + "/one", self.path + "/two")
        self.assertIn("1 of 1 shards with several copies are equal", out)
        write(self.path + "/more", 4)
        _, out, _ = tdctl("verify", self.path + "/one", self.path + "/more", "--json")
        self.assertEqual(json.loads(out)["comparisons"][0]["outcome"], "incomparable")

    def test_a_directory_that_a_process_holds_is_looked_at_too(self):
        write(self.path + "/held", 1)
        with open(self.path + "/held/LOCK", "r+", encoding="utf-8") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _, out, _ = tdctl("verify", self.path + "/held")
            self.assertIn("in use by a server", out)
            # Asking did not take the lock away.
            with self.assertRaises(subprocess.CalledProcessError):
                write(self.path + "/held", 1)


if __name__ == "__main__":
    unittest.main()
