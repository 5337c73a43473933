"""What a shard leaves behind when it moves: its old node deletes it, and can have it again."""

import re
import unittest

import tdctl
from cluster_test import ClusterTest
from server import eventually


class Drop(ClusterTest):
    options = ("--drop-after-seconds", 10)

    def setUp(self):
        super().setUp()
        self.cluster.add("n4").start()
        self.tdctl = tdctl.of_cluster(self.cluster)
        eventually(self.balanced, "the new node has its share, and nothing moves by itself", 60)

    def balanced(self):
        """Each of the four nodes has a quarter of the replicas."""
        held = [name for shard in self.admin.get("/api/cluster/shards").data
                for name in shard["inSync"]]
        return {held.count(name) for name in self.cluster.nodes} == {len(held) // 4}

    def shard_of(self, project):
        return self.admin.get("/api/cluster/shards", project=project["id"]).data[0]

    def dropped(self, name, shard):
        """How often the node's present process has dropped the shard."""
        line = rf'shard dropped"? .*?shard"?[=:]{shard}\b'
        return len(re.findall(line, self.cluster[name].log()))

    def kept(self, name, shard):
        """What `tdctl verify` finds of the shard in the node's directory."""
        found = self.tdctl.data("verify", self.cluster[name].data_dir)
        self.assertTrue(found["clean"], found)
        return next(each for each in found["directories"][0]["shards"] if each["shard"] == shard)

    def move(self, shard, source, target):
        """Until the shard is there and nothing of it is left at `source`."""
        before = self.dropped(source, shard)
        self.tdctl.text("move", shard, source, target, "--wait", "--wait-seconds", 60)
        eventually(lambda: self.dropped(source, shard) > before,
                   f"{source} drops shard {shard}", 60, pause=0.2)
        left = self.kept(source, shard)
        self.assertEqual([left[each] for each in ("base", "applied", "last", "projects", "tasks")],
                         [0, 0, 0, 0, 0])
        self.assertGreater(left["seenEpoch"], 0)

    def test_a_shard_moves_to_and_fro_under_load_and_is_left_nowhere(self):
        yard = self.load("moving", lease_seconds=5)
        self.run_for(yard, 300)
        shard = self.shard_of(yard.project)
        number, source = shard["shard"], next(name for name in shard["inSync"]
                                              if name != shard["primary"])
        target = next(name for name in self.cluster.nodes if name not in shard["inSync"])
        self.move(number, source, target)
        self.progress(yard)
        self.move(number, target, source)
        self.progress(yard)
        self.assertGreater(self.kept(source, number)["tasks"], 0)
        # What came back has to carry the shard, whoever else of it goes.
        for name in [each for each in shard["inSync"] if each != source]:
            self.cluster[name].kill()
            self.progress(yard)
            self.cluster[name].restart()
            self.await_replicas(3)
        self.judge(yard)
        for node in self.cluster.nodes.values():
            self.assertEqual(node.stop(), 0)
        directories = [node.data_dir for node in self.cluster.nodes.values()]
        self.assertTrue(self.tdctl.data("verify", *directories)["clean"])


if __name__ == "__main__":
    unittest.main()
