"""The test case class of the cluster tests: a cluster, load on it, and the judgement at the end."""

import random
import time
import unittest

from api import Client
from cluster import Cluster, may_make_networks
from fleet import Agent, Producer, Yard, seed_from_environment
from history import OK, UNKNOWN, History, wrong_counts
from server import eventually

AGENTS, PRODUCERS = 8, 2


class ClusterTest(unittest.TestCase):
    """Every test has a cluster of its own. `networks`: hosts that can be cut off each other."""

    networks = False
    size = 3
    options = ()

    def setUp(self):
        self.seed = seed_from_environment()
        self.random = random.Random(self.seed)
        if self.networks and (reason := may_make_networks()):
            self.skipTest(reason)
        self.cluster = self.make_cluster()
        self.addCleanup(self.cluster.close)
        self.cluster.start()
        self.admin = Client(self.cluster, self.cluster.admin_token())
        self.await_replicas()

    def make_cluster(self):
        """Not started yet; for tests that start theirs in another way."""
        return Cluster(self.size, self.networks, self.options)

    # --- what the cluster shows -------------------------------------------------------------------

    def shards(self):
        """The shards as the node that answers sees them; [] when none answers."""
        try:
            answer = self.admin.get("/api/cluster/shards")
        except Exception:  # that node is gone
            return []
        return answer.data if answer.status == 200 else []

    def await_replicas(self, count=None, seconds=60):
        """Until every shard has a primary that serves and `count` replicas in sync."""
        count = count or min(3, self.size)

        def whole():
            shards = self.shards()
            return shards and all(each["serving"] and len(each["inSync"]) >= count
                                  for each in shards)
        eventually(whole, f"every shard has {count} replicas in sync", seconds, pause=0.1)

    def await_primaries(self, seconds=60):
        """Until every shard has a primary that serves."""
        def whole():
            shards = self.shards()
            return shards and all(each["serving"] for each in shards)
        eventually(whole, "every shard is served", seconds, pause=0.05)

    def primary_of(self, project):
        """The name of the node that serves the project."""
        def found():
            answer = self.admin.get("/api/cluster/shards", project=project["id"])
            return answer.status == 200 and answer.data[0].get("primary")
        return eventually(found, "the project's shard has a primary")

    def backup_of(self, project):
        primary = self.primary_of(project)
        return self.random.choice([name for name in self.cluster.nodes if name != primary])

    # --- load and judgement -----------------------------------------------------------------------

    def load(self, name, agents=AGENTS, producers=PRODUCERS, **more):
        yard = Yard(self.cluster, name, **more)
        yard.start([Producer(yard, f"producer{n}", self.seed) for n in range(producers)])
        yard.start([Agent(yard, f"agent{n}", self.seed) for n in range(agents)])
        return yard

    def run_for(self, yard, operations):
        """Lets the load go on until so many more operations were recorded."""
        wanted = len(yard.recorder.operations) + operations
        eventually(lambda: len(yard.recorder.operations) >= wanted, "the load goes on", 60)

    def progress(self, yard, completions=20, seconds=30):
        """Until the load completes tasks again; how long that took, in seconds."""
        started = time.time()

        def done():
            return sum(op.kind == "complete" and op.outcome == OK and op.started > started
                       for op in yard.recorder.operations[-2000:]) >= completions
        eventually(done, "tasks are completed again", seconds)
        return time.time() - started

    def holds(self, found):
        self.assertEqual(found[:5], [], f"{len(found)} broken promises, seed {self.seed}")

    def judge(self, yard):
        """Ends the load and holds P1 to P5 and P9 against what its clients saw."""
        yard.finish()
        eventually(lambda: yard.stats()["activeAgents"] == 0, "every lease has ended")
        tasks = yard.tasks()
        self.holds(wrong_counts(yard.stats(), tasks))
        history = History(yard.recorder.operations, tasks)
        print(f"{len(tasks)} tasks, {len(history.operations)} operations, of them "
              f"{sum(op.outcome == UNKNOWN for op in history.operations)} without an answer")
        self.holds(history.check())
        for kind in ("create", "claim", "complete"):
            self.assertTrue(history.pick(kind), f"the load had no successful {kind}")
        return history
