"""tdctl as a process: arguments, exit codes and output; what it does is tested in tests/storage."""

import json
import os
import subprocess
import tempfile
import unittest


def tdctl(*arguments):
    """Exit code, stdout and stderr of one call."""
    done = subprocess.run([os.environ["TDCTL_BIN"], *arguments], capture_output=True, text=True,
                          timeout=30, check=False)
    return done.returncode, done.stdout, done.stderr


class Usage(unittest.TestCase):
    def test_help_is_no_failure_and_has_examples(self):
        self.assertEqual(tdctl("--help")[0], 0)
        for command in ("backup", "restore"):
            code, out, _ = tdctl(command, "--help")
            self.assertEqual(code, 0)
            self.assertIn("Examples:\n  tdctl " + command, out)

    def test_wrong_usage_has_a_code_of_its_own(self):
        for wrong in ((), ("nonsense",), ("backup",), ("backup", "a", "b", "c"),
                      ("restore", "a", "b", "c")):
            self.assertEqual(tdctl(*wrong)[0], 2, wrong)


class Copies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = folder.name

    def test_what_is_no_data_directory_is_refused_and_not_made_one(self):
        for command in ("backup", "restore"):
            code, out, err = tdctl(command, self.path + "/absent", self.path + "/made")
            self.assertEqual((code, out), (1, ""))
            self.assertIn("not a TaskDriver data directory", err)
        self.assertEqual(os.listdir(self.path), [])

    def made_source(self):
        source = self.path + "/node"
        subprocess.run([os.environ["WRITER_BIN"], source, "1", "3"], stdout=subprocess.DEVNULL,
                       timeout=30, check=True)
        return source

    def test_nobody_but_the_owner_can_look_into_them(self):
        self.addCleanup(os.umask, os.umask(0o022))
        for command, source, made in (("backup", self.made_source(), self.path + "/backup"),
                                      ("restore", self.path + "/backup", self.path + "/restored")):
            self.assertEqual(tdctl(command, source, made)[0], 0)
            self.assertEqual(os.stat(made).st_mode & 0o077, 0, command)

    def owners(self, folder):
        """Who owns the folder and what is in it; links are not followed."""
        below = [os.path.join(at, name)
                 for at, folders, files in os.walk(folder) for name in folders + files]
        return {os.lstat(path).st_uid for path in [folder, *below]}

    @unittest.skipUnless(os.geteuid() == 0, "only root can make files for another user")
    def test_what_root_copies_belongs_to_whom_it_belonged(self):
        source, backup, restored = self.made_source(), self.path + "/backup", self.path + "/back"
        subprocess.run(["chown", "-R", "12345", source], timeout=30, check=True)
        self.assertEqual(tdctl("backup", source, backup)[0], 0)
        # Opening the source made files in it.
        self.assertEqual(self.owners(source), {12345})
        self.assertEqual(self.owners(backup), {12345})
        self.assertEqual(tdctl("restore", backup, restored)[0], 0)
        self.assertEqual(self.owners(restored), {12345})
        os.mkdir(self.path + "/disk")
        os.chown(self.path + "/disk", 54321, 0)
        self.assertEqual(tdctl("restore", backup, self.path + "/disk")[0], 0)
        self.assertEqual(self.owners(self.path + "/disk"), {54321})

    def test_json_tells_the_new_store(self):
        source = self.made_source()
        code, out, _ = tdctl("backup", source, self.path + "/backup", "--json")
        self.assertEqual(code, 0)
        first = json.loads(out)
        code, out, _ = tdctl("restore", self.path + "/backup", self.path + "/restored", "--json")
        self.assertEqual(code, 0)
        second = json.loads(out)
        self.assertNotEqual(first["store"], second["store"])
        self.assertEqual(first["shards"], second["shards"])


if __name__ == "__main__":
    unittest.main()
