"""A backup of a running server: made under load, restored, and all of it there."""

import unittest
from pathlib import Path

import tdctl
from api import Client
from fleet import Agent, Producer, Yard, seed_from_environment
from history import OK
from server import Server, eventually

AGENTS, PRODUCERS = 4, 2


class Backup(unittest.TestCase):
    def setUp(self):
        self.seed = seed_from_environment()
        self.server = Server("--rate-limit-ip", "0")
        self.addCleanup(self.server.close)
        self.server.start()
        self.tdctl = tdctl.of_server(self.server)

    def backup(self, name):
        return self.server.data_dir / "backups" / name

    def start_copy(self, name):
        copy = Server("--rate-limit-ip", "0", data_dir=self.backup(name),
                      env={"TASKDRIVER_ADMIN_TOKEN": self.server.admin_token()})
        self.addCleanup(copy.close)
        return copy.start()

    def acknowledged(self, yard):
        """(ids of created tasks, ids of completed ones) of which the clients were told."""
        done = list(yard.recorder.operations)
        return ({op.task for op in done if op.kind == "create" and op.outcome == OK},
                {op.task for op in done if op.kind == "complete" and op.outcome == OK})

    def test_has_all_that_was_acknowledged_before_it_and_stands_alone(self):
        yard = Yard(self.server, "backup", lease_seconds=5)
        yard.start([Producer(yard, f"producer{n}", self.seed) for n in range(PRODUCERS)])
        yard.start([Agent(yard, f"agent{n}", self.seed) for n in range(AGENTS)])
        eventually(lambda: len(yard.recorder.operations) > 300, "the load runs")
        created, completed = self.acknowledged(yard)
        self.assertIn("Backup written", self.tdctl.text("backup", "first"))
        self.assertTrue(completed)
        before = len(yard.recorder.operations)
        eventually(lambda: len(yard.recorder.operations) > before + 100, "the load goes on")
        yard.finish()

        copy = self.start_copy("first")
        client = Client(copy, copy.admin_token())
        tasks = {task["id"]: task for task in client.all_tasks(yard.project["id"])}
        self.assertEqual(created - tasks.keys(), set())
        self.assertEqual({task for task in completed if tasks[task]["status"] != "completed"},
                         set())
        self.assertIn("All is well",
                      tdctl.of_server(copy).text("verify", "--online", "--recount"))
        self.assertNotEqual((self.backup("first") / "FORMAT").read_bytes(),
                            (self.server.data_dir / "FORMAT").read_bytes(),
                            "a copy is another store")

    def test_a_name_is_taken_once_and_names_cannot_leave_the_directory(self):
        self.tdctl.text("backup", "one")
        self.assertIn("already", self.tdctl.run("backup", "one", code=1).stderr)
        for name in ("../out", ".hidden", "", "a/b"):
            self.tdctl.run("backup", name, code=1)
        self.assertEqual([each.name for each in self.backup("").iterdir()], ["one"])
        self.assertFalse(Path(self.server.data_dir / "out").exists())

    def test_what_a_crash_left_of_a_backup_is_no_backup_and_is_cleaned_up(self):
        left = self.backup(".making-again")
        left.mkdir(parents=True)
        (left / "rubbish").write_text("half")
        self.tdctl.text("backup", "again")
        self.assertEqual([each.name for each in self.backup("").iterdir()], ["again"])
        self.start_copy("again")


if __name__ == "__main__":
    unittest.main()
