"""tdctl against a real cluster: every command, and the steps that docs/operations.md gives."""

import unittest

import tdctl
from cluster_test import ClusterTest
from server import eventually


class TdctlTest(ClusterTest):
    def setUp(self):
        super().setUp()
        self.tdctl = tdctl.of_cluster(self.cluster)
        self.await_status()

    def await_status(self):
        """Until the node that tdctl asks knows of no error: others tell it every two seconds."""
        eventually(lambda: self.tdctl.run("status", code=None).returncode == 0,
                   "status shows no error", 30, pause=0.5)

    def shard(self, number):
        return next(each for each in self.tdctl.data("shards") if each["shard"] == number)


class EveryCommand(TdctlTest):
    def test_looks_and_changes(self):
        self.look()
        self.look_at_projects()
        self.transfer_move_and_unpin()
        self.drain_and_take_back()

    def look(self):
        self.assertIn("3 nodes", self.tdctl.text("status"))
        self.assertEqual({each["id"] for each in self.tdctl.data("nodes")}, {"n1", "n2", "n3"})
        self.assertIn("PRIMARY", self.tdctl.text("shards"))
        self.assertIn("CYCLES/S", self.tdctl.text("top", "--once", "--interval", "0.2"))
        self.assertIn("All is well", self.tdctl.text("verify", "--online", "--recount"))
        self.assertIn("_tdctl", self.tdctl.text("completion", "bash"))
        self.assertIn("Backup written", self.tdctl.text("backup", "b1"))
        self.tdctl.run("drain", "nobody", code=1)
        self.tdctl.run("move", 0, "-", "-", code=2)

    def look_at_projects(self):
        project = self.admin.post("/api/projects", {"name": "shown"}).data
        path = f"/api/projects/{project['id']}"
        kind = self.admin.post(f"{path}/task-types", {"name": "work"}).data
        self.admin.post(f"{path}/tasks", {"typeId": kind["id"], "instructions": "read it"})
        self.admin.post("/api/agents/reader/next-task", {"projectId": project["id"]})
        self.assertIn("shown", self.tdctl.text("projects"))
        self.assertIn("read it", self.tdctl.text("tasks", "shown", "--status", "running"))
        self.assertIn("reader", self.tdctl.text("agents", "shown"))
        self.assertEqual(len(self.tdctl.data("shards", "--project", "shown")), 1)

    def transfer_move_and_unpin(self):
        successor = next(name for name in self.shard(0)["inSync"]
                         if name != self.shard(0)["primary"])
        self.tdctl.text("transfer", 0, successor, "--wait", "--wait-seconds", 30)
        self.assertEqual(self.shard(0)["primary"], successor)
        away = next(name for name in self.cluster.nodes if name != successor)
        self.tdctl.text("move", 0, away, "-", "--wait", "--wait-seconds", 30)
        self.assertNotIn(away, self.shard(0)["inSync"])
        self.assertTrue(self.shard(0)["pinned"])
        self.tdctl.text("move", 0, "-", away, "--wait", "--wait-seconds", 30)
        self.assertIn(away, self.shard(0)["inSync"])
        self.tdctl.text("unpin", 0)
        eventually(lambda: not self.shard(0)["pinned"], "the shard is not pinned any more")

    def drain_and_take_back(self):
        self.tdctl.text("drain", "n2", "--wait", "--wait-seconds", 60)
        self.await_status()
        self.assertIn("n2 is drained", self.tdctl.text("status"))
        self.tdctl.run("remove", "n2", code=1)  # it is up
        self.tdctl.text("undrain", "n2")
        self.await_replicas()
        eventually(lambda: "All is well" in self.tdctl.run("status", code=None).stdout,
                   "all is well again", 30, pause=0.5)


class UnderLoad(TdctlTest):
    def test_a_node_is_drained_stopped_and_removed_and_no_request_fails(self):
        self.cluster.add("n4").start()
        yard = self.load("tdctl-drain", lease_seconds=5)
        self.run_for(yard, 200)
        before = len(yard.recorder.operations)
        self.tdctl.text("drain", "n1", "--wait", "--wait-seconds", 100)
        self.progress(yard)
        failed = [op for op in yard.recorder.operations[before:] if op.outcome == "unknown"]
        self.assertEqual(failed[:5], [])
        self.cluster["n1"].stop()
        self.progress(yard)
        eventually(lambda: self.tdctl.run("remove", "n1", code=None).returncode == 0,
                   "n1 is known to be gone, and is removed", 30, pause=0.5)
        self.judge(yard)
        self.assertNotIn("n1", [each["id"] for each in self.tdctl.data("nodes")])


class AfterTheLossOfTwoDisks(TdctlTest):
    """The primary and one backup of a shard are lost; the third copy goes on by force."""

    options = ("--shards", "1")

    def test_force_primary_brings_the_last_copy_into_service(self):
        yard = self.load("force", lease_seconds=3)
        self.run_for(yard, 200)
        yard.finish()
        shard = self.shard(0)
        survivor = next(name for name in self.cluster.nodes if name != shard["primary"])
        lost = [name for name in self.cluster.nodes if name != survivor]
        tasks = {task["id"] for task in yard.tasks()}
        for name in lost:
            self.cluster[name].kill()
        for name in lost:
            self.cluster[name].lose_disk()
        eventually(lambda: "force-primary" in self.tdctl.run("status", code=None).stdout,
                   "status tells what may be done when the disks are lost", 30, pause=0.5)
        # The survivor was in sync and is up; what it lacks is a second disk. It is forced only
        # because nobody else will come back.
        self.tdctl.run("force-primary", 0, survivor, code=2)  # nobody is there to answer
        told = self.tdctl.text("force-primary", 0, survivor, "--yes", "--anyway")
        self.assertIn("DATA MAY BE LOST", told)
        self.cluster[lost[0]].start()
        self.await_primaries()
        self.cluster[lost[1]].start()
        self.await_replicas()
        self.assertEqual(tasks - {task["id"] for task in yard.tasks()}, set())
        self.tdctl.text("verify", "--online", "--recount")


if __name__ == "__main__":
    unittest.main()
