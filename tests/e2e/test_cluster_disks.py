"""Disks of single nodes: lost, full; and clocks that are wrong."""

import os
import shutil
import subprocess
import unittest
from pathlib import Path

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
    def test_ten_minutes_more_or_less_on_one_node_end_no_lease_and_lose_nothing(self):
        library = self.cluster.home / "shifted_clock.so"
        source = Path(__file__).with_name("shifted_clock.c")
        subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
        yard = self.load("clocks", lease_seconds=3, trusts_clocks=False)
        for seconds in (600, -600):
            self.run_for(yard, 200)
            victim = self.cluster[self.primary_of(yard.project)]
            victim.stop()
            victim.env.update(LD_PRELOAD=str(library), SHIFTED_CLOCK_SECONDS=str(seconds))
            victim.start()
            self.await_replicas()
            self.progress(yard)
            self.run_for(yard, 200)
        self.judge(yard)


if __name__ == "__main__":
    unittest.main()
