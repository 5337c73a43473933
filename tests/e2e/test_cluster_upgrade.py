"""A rolling upgrade under load, from the version before to this one.

Needs a taskdriverd of the version before: TASKDRIVER_PREVIOUS_BIN names it; skipped without.
"""

import os
import unittest
from pathlib import Path

from cluster_test import ClusterTest

PREVIOUS = os.environ.get("TASKDRIVER_PREVIOUS_BIN")


@unittest.skipUnless(PREVIOUS, "TASKDRIVER_PREVIOUS_BIN names no version before this one")
class RollingUpgrade(ClusterTest):
    def make_cluster(self):
        cluster = super().make_cluster()
        for node in cluster.nodes.values():
            node.program = str(Path(PREVIOUS).resolve())
        return cluster

    def upgrade(self, node):
        node.program = None
        node.start()
        self.await_replicas()

    def test_node_after_node_costs_no_answer(self):
        yard = self.load("upgrade", lease_seconds=5)
        self.run_for(yard, 200)
        for node in self.cluster.nodes.values():
            self.assertEqual(node.stop(), 0)
            self.progress(yard)
            self.upgrade(node)
            self.progress(yard)
        history = self.judge(yard)
        refused = [op for op in history.operations
                   if op.outcome == "unknown" and op.kind not in ("claim", "complete")]
        self.assertLessEqual(len(refused), 3 * 2, refused[:5])

    def test_a_primary_that_dies_between_two_versions_is_replaced_either_way(self):
        yard = self.load("mixed", lease_seconds=5)
        self.run_for(yard, 200)
        upgraded = self.backup_of(yard.project)
        self.assertEqual(self.cluster[upgraded].stop(), 0)
        self.upgrade(self.cluster[upgraded])
        for _ in range(3):
            dead = self.primary_of(yard.project)
            self.cluster[dead].kill()
            self.progress(yard)
            self.cluster[dead].start()
            self.await_replicas()
        self.progress(yard)
        self.judge(yard)


if __name__ == "__main__":
    unittest.main()
