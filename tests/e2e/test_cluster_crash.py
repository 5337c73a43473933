"""kill -9 and SIGSTOP of nodes and of etcd under load: P1 to P5 and P9 on what the clients saw."""

import time
import unittest

from cluster_test import ClusterTest


class Kills(ClusterTest):
    def test_primaries_and_backups_die_in_turn_and_nothing_acknowledged_is_lost(self):
        yard = self.load("kills", lease_seconds=3)
        self.run_for(yard, 300)
        for round_ in range(4):
            victim = (self.primary_of if round_ % 2 == 0 else self.backup_of)(yard.project)
            self.cluster[victim].kill()
            print(f"{victim} killed, completions again after {self.progress(yard):.2f} s")
            self.run_for(yard, 200)
            self.cluster[victim].restart()
            self.await_replicas()
        self.judge(yard)

    def test_all_nodes_die_at_once(self):
        yard = self.load("all", lease_seconds=3)
        for _ in range(2):
            self.run_for(yard, 300)
            for node in self.cluster.nodes.values():
                node.kill()
            for node in self.cluster.nodes.values():
                node.launch()
            for node in self.cluster.nodes.values():
                node.await_start()
            self.progress(yard)
        self.await_replicas()
        self.judge(yard)


class Pauses(ClusterTest):
    def test_a_paused_primary_loses_its_shards_and_answers_nothing_stale_when_it_goes_on(self):
        yard = self.load("paused", lease_seconds=3)
        for _ in range(2):
            self.run_for(yard, 200)
            victim = self.cluster[self.primary_of(yard.project)]
            victim.pause()
            self.progress(yard)
            self.run_for(yard, 200)
            victim.go_on()
            self.run_for(yard, 100)
            self.await_replicas()
        self.judge(yard)


class WithoutEtcd(ClusterTest):
    def test_nothing_stops_while_etcd_is_away_and_a_failover_works_once_it_is_back(self):
        yard = self.load("no-etcd", lease_seconds=3)
        self.run_for(yard, 200)
        self.cluster.etcd.kill()
        before = len(yard.recorder.operations)
        time.sleep(60)  # how long etcd is away; many of its lease times
        for idle in (self.admin, yard.admin):
            idle.close()  # a connection that was idle for so long is closed by the server, too
        self.progress(yard)
        unanswered = [op for op in yard.recorder.operations[before:] if op.outcome == "unknown"]
        self.assertEqual(unanswered[:3], [])
        self.cluster.etcd.start()
        self.run_for(yard, 100)
        victim = self.primary_of(yard.project)
        self.cluster[victim].kill()
        self.progress(yard)
        self.cluster[victim].restart()
        self.await_replicas()
        self.judge(yard)


if __name__ == "__main__":
    unittest.main()
