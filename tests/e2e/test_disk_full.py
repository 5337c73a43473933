"""A full disk: writes are refused with 503, reads go on, and all is well once there is room."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from api import Client, Unanswered
from server import Server, eventually

DISK_MIB = 192
TEXT = "x" * 200_000


class SmallDisk:
    """A file system of its own in memory. Only root may mount one."""

    def __init__(self):
        self.path = Path(tempfile.mkdtemp(prefix="taskdriver-disk-"))
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs",
                               str(self.path)], capture_output=True, text=True, check=False)
        self.reason = None if done.returncode == 0 else f"no disk to fill: {done.stderr.strip()}"
        self.filler = self.path / "filler"

    def fill(self):
        with open(self.filler, "ab", buffering=0) as filler:
            for block in (b"\0" * 65536, b"\0" * 512):
                while True:
                    try:
                        if filler.write(block) < len(block):
                            break
                    except OSError:
                        break

    def make_room(self):
        self.filler.unlink()

    def close(self):
        if self.reason is None:
            subprocess.run(["umount", "-l", str(self.path)], check=True)
        self.path.rmdir()


class DiskFull(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small disk needs root")
        self.disk = SmallDisk()
        self.addCleanup(self.disk.close)
        if self.disk.reason:
            self.skipTest(self.disk.reason)

    def start(self, *options):
        self.server = Server(*options, data_dir=self.disk.path / "data")
        self.addCleanup(self.server.close)
        self.server.start()
        self.client = Client(self.server, self.server.admin_token())
        self.addCleanup(self.client.close)
        self.project = self.client.post("/api/projects", {"name": "p"}).data
        self.kind = self.client.post(f"/api/projects/{self.project['id']}/task-types",
                                     {"name": "t"}).data

    def create(self):
        return self.client.post(f"/api/projects/{self.project['id']}/tasks",
                                {"typeId": self.kind["id"], "instructions": TEXT})

    def until_refused(self):
        """Creates until the server refuses; the ids that it acknowledged."""
        acknowledged = []
        for _ in range(DISK_MIB * 10):
            answer = self.create()
            if answer.status != 201:
                self.assertEqual(answer.status, 503, str(answer))
                self.assertIs(answer.json["success"], False)
                self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
                return acknowledged
            acknowledged.append(answer.data["id"])
        self.fail("the disk is full and the server still takes tasks")

    def stored_ids(self):
        return {task["id"] for task in self.client.all_tasks(self.project["id"])}

    def check_full_and_recovered(self):
        early = self.create().data["id"]
        self.disk.fill()
        acknowledged = [early, *self.until_refused()]
        self.assertEqual(self.client.get(f"/api/tasks/{early}").data["instructions"], TEXT)
        self.assertEqual(self.client.get("/api/projects").status, 200)
        health = self.client.get("/health")
        self.assertEqual(health.status, 503, str(health))
        self.assertIs(health.json["data"]["storage"]["healthy"], False, str(health))
        self.disk.make_room()
        eventually(lambda: self.create().status == 201, "the server takes tasks again")
        eventually(lambda: self.client.get("/health").status == 200, "/health is well again")
        self.assertEqual(set(acknowledged) - self.stored_ids(), set())
        self.server.kill()
        self.server.restart()
        self.assertEqual(set(acknowledged) - self.stored_ids(), set())

    def test_below_the_reserve_writes_are_refused_until_there_is_room(self):
        self.start()
        self.check_full_and_recovered()

    def test_a_disk_that_is_full_to_the_last_byte_loses_nothing(self):
        """Without a reserve the server may stop itself rather than go on."""
        self.start("--reserve-disk-mb", "0")
        acknowledged = [self.create().data["id"]]
        self.disk.fill()
        try:
            acknowledged += self.until_refused()
        except Unanswered:
            eventually(lambda: self.server.process.poll() is not None, "the server has stopped")
            self.assertNotEqual(self.server.process.returncode, 0)
        self.disk.make_room()
        self.server.restart()
        self.assertEqual(set(acknowledged) - self.stored_ids(), set())
        self.assertEqual(self.create().status, 201)


if __name__ == "__main__":
    unittest.main()
