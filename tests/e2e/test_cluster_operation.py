"""What an operator does to a cluster under load: rolling restart, drain, a new node, a lost one."""

import unittest
from bisect import bisect
from collections import Counter

from api import Client
from cluster_test import ClusterTest
from history import UNKNOWN, now
from server import eventually


class Operation(ClusterTest):
    def test_a_rolling_restart_under_load_costs_no_answer(self):
        yard = self.load("rolling", lease_seconds=5)
        self.run_for(yard, 200)
        stops = []
        for node in self.cluster.nodes.values():
            stops.append(now())
            self.assertEqual(node.stop(), 0)
            self.progress(yard)
            node.start()
            self.await_replicas()
        history = self.judge(yard)
        # A connection that the stopping node closes is opened anew elsewhere: at most one request
        # of each client for each restart.
        lost = Counter((op.actor.split(".")[0], bisect(stops, op.ended))
                       for op in history.operations if op.outcome == UNKNOWN)
        self.assertEqual([each for each in lost.items() if each[1] > 1 or each[0][1] == 0], [])

    def test_a_drained_node_leads_nothing_and_holds_nothing_and_the_load_does_not_notice(self):
        self.cluster.add("n4").start()
        yard = self.load("drain", lease_seconds=5)
        self.run_for(yard, 200)
        before = len(yard.recorder.operations)
        answer = self.admin.post("/api/cluster/nodes/n1/drain")
        self.assertEqual(answer.status, 200, str(answer))
        eventually(lambda: self.is_empty("n1"), "n1 holds no shard any more", 90, pause=0.2)
        self.progress(yard)
        failed = [op for op in yard.recorder.operations[before:] if op.outcome == "unknown"]
        self.assertEqual(failed[:5], [])
        self.await_replicas(3)
        self.cluster["n1"].stop()
        self.progress(yard)
        self.judge(yard)

    def is_empty(self, name):
        shards = self.shards()
        return shards and all(name not in each["inSync"] and each["primary"] != name
                              for each in shards)

    def test_a_node_that_joins_gets_its_share(self):
        yard = self.load("join", lease_seconds=5)
        self.run_for(yard, 100)
        self.cluster.add("n4").start()

        def shares():
            shards = self.shards()
            return (sum(each["primary"] == "n4" for each in shards) >= len(shards) // 8
                    and sum("n4" in each["inSync"] for each in shards) >= len(shards) // 2)
        eventually(shares, "n4 has its share of replicas and primaries", 90, pause=0.2)
        self.progress(yard)
        self.judge(yard)

    def test_health_and_view_are_served_by_every_node(self):
        for node in self.cluster.nodes.values():
            for path in ("/health", "/metrics"):
                client = Client(node)
                self.assertEqual(client.get(path).status, 200)


if __name__ == "__main__":
    unittest.main()
