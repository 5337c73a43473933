"""Cuts between nodes, and between nodes and etcd, one way and both, under load."""

import unittest

from cluster_test import ClusterTest


class Cuts(ClusterTest):
    networks = True

    def others(self, name):
        return [other for other in self.cluster.nodes if other != name]

    def through(self, title, cut, failover=True):
        """The load survives `cut(primary)`, goes on during it, and is judged after it is healed."""
        yard = self.load(title, lease_seconds=3)
        self.run_for(yard, 200)
        victim = self.primary_of(yard.project)
        cut(victim)
        print(f"{title}: completions again after {self.progress(yard):.2f} s")
        self.run_for(yard, 200)
        self.cluster.networks.heal()
        self.await_replicas()
        self.run_for(yard, 100)
        self.judge(yard)

    def test_a_primary_is_cut_from_everybody(self):
        cut = self.cluster.networks.cut
        self.through("alone", lambda victim: cut(victim, *self.others(victim), "etcd"))

    def test_a_primary_is_cut_from_the_nodes_but_not_from_etcd(self):
        cut = self.cluster.networks.cut
        self.through("peers", lambda victim: cut(victim, *self.others(victim)))

    def test_a_primary_is_cut_from_etcd_only(self):
        cut = self.cluster.networks.cut
        self.through("judge", lambda victim: cut(victim, "etcd"))

    def test_a_primary_is_heard_but_does_not_hear(self):
        one_way = self.cluster.networks.cut_one_way
        self.through("deaf", lambda victim: [one_way(other, victim)
                                             for other in self.others(victim)])

    def test_a_primary_hears_but_is_not_heard(self):
        one_way = self.cluster.networks.cut_one_way
        self.through("mute", lambda victim: [one_way(victim, other)
                                             for other in self.others(victim)])

    def test_one_direction_to_one_backup_is_cut(self):
        one_way = self.cluster.networks.cut_one_way
        self.through("half", lambda victim: one_way(victim, self.others(victim)[0]))


if __name__ == "__main__":
    unittest.main()
