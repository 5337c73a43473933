"""Disks of single nodes: lost, full; and clocks that are wrong."""

import os
import shutil
import unittest

from cluster_test import ClusterTest
from test_disk_full import SmallDisk


class LostDisk(ClusterTest):
    def test_a_node_that_comes_back_empty_gets_all_its_shards_again(self):
        yard = self.load("empty", lease_seconds=3)
        self.run_for(yard, 300)
        victim = self.cluster[self.primary_of(yard.project)]
        victim.kill()
        victim.lose_disk()
        victim.start()
        self.progress(yard)
        self.await_replicas()
        # Now each of the others goes: what the empty one was given has to carry the shards.
        for name in [each for each in self.cluster.nodes if each != victim.name]:
            self.cluster[name].kill()
            self.progress(yard)
            self.cluster[name].restart()
            self.await_replicas()
        self.judge(yard)


class FullDisk(ClusterTest):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small disk needs root")
        self.disk = SmallDisk()
        self.addCleanup(self.disk.close)
        if self.disk.reason:
            self.skipTest(self.disk.reason)
        super().setUp()

    def test_a_node_whose_disk_is_full_gives_its_shards_away(self):
        yard = self.load("full", lease_seconds=3)
        self.run_for(yard, 100)
        name = self.primary_of(yard.project)
        victim = self.cluster[name]
        victim.stop()
        shutil.copytree(victim.data_dir, self.disk.path / "data")
        victim.data_dir = self.disk.path / "data"
        victim.start()
        self.await_replicas()
        self.disk.fill()
        self.progress(yard)
        self.run_for(yard, 200)
        self.disk.make_room()
        if not victim.runs():
            victim.start()
        self.await_replicas()
        self.judge(yard)


class WrongClocks(ClusterTest):
    def setUp(self):
        if not shutil.which("faketime"):
            self.skipTest("faketime is not installed")
        super().setUp()

    def test_ten_minutes_more_or_less_on_one_node_end_no_lease_and_lose_nothing(self):
        yard = self.load("clocks", lease_seconds=3)
        for offset in ("+10m", "-10m"):
            self.run_for(yard, 200)
            victim = self.cluster[self.primary_of(yard.project)]
            victim.stop()
            victim.env.update(fake_clock(offset))
            victim.start()
            self.await_replicas()
            self.progress(yard)
            self.run_for(yard, 200)
        self.judge(yard)


def fake_clock(offset):
    """Wall clock only: the steady clocks are left alone, as when somebody sets the time."""
    library = next(str(path) for path in
                   __import__("pathlib").Path("/usr/lib").rglob("libfaketimeMT.so.1"))
    return {"LD_PRELOAD": library, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1"}


if __name__ == "__main__":
    unittest.main()
