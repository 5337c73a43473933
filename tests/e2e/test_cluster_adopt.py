"""One node's data directory is taken into a cluster, as docs/operations.md says."""

import shutil
import unittest

import tdctl
from api import Client
from cluster import ADMIN_TOKEN, Cluster
from cluster_test import ClusterTest
from server import Server


class Adopt(ClusterTest):
    """Begins with a single node that has all kinds of things, instead of three empty ones."""

    def setUp(self):
        self.single = Server("--node-id", "n1", "--rate-limit-ip", "0",
                             env={"TASKDRIVER_ADMIN_TOKEN": ADMIN_TOKEN})
        self.addCleanup(self.single.close)
        self.single.start()
        self.fill(Client(self.single, ADMIN_TOKEN))
        self.assertEqual(self.single.stop(), 0)
        self.cluster = Cluster(0)
        self.addCleanup(self.cluster.close)
        self.cluster.etcd.start()
        self.admin = Client(self.cluster, ADMIN_TOKEN)

    def fill(self, admin):
        """A completed, a running and some queued tasks, and a session."""
        self.project = admin.post("/api/projects", {"name": "adopted"}).data
        path = f"/api/projects/{self.project['id']}"
        kind = admin.post(f"{path}/task-types",
                          {"name": "work", "leaseDurationMinutes": 30}).data
        for n in range(20):
            answer = admin.post(f"{path}/tasks", {"typeId": kind["id"], "instructions": f"t{n}"})
            self.assertEqual(answer.status, 201)
        login = admin.post("/api/auth/login",
                           {"agentName": "reader", "projectId": self.project["id"]}).data
        self.session = login["token"]
        agent = Client(self.single, self.session)
        done = agent.post("/api/agents/reader/next-task").data["task"]
        agent.post(f"/api/tasks/{done['id']}/complete", {"result": "ok"})
        self.running = agent.post("/api/agents/reader/next-task").data["task"]
        self.tasks = admin.all_tasks(self.project["id"])

    def adopt(self):
        node = self.cluster.add("n1", "--cluster-adopt")
        shutil.move(self.single.data_dir, node.data_dir)
        return node.start()

    def check(self):
        """All is as it was on the single node, whoever answers."""
        for node in self.cluster.nodes.values():
            if not node.runs():
                continue
            admin = Client(node, ADMIN_TOKEN)
            self.assertEqual([(task["id"], task["status"])
                              for task in admin.all_tasks(self.project["id"])],
                             [(task["id"], task["status"]) for task in self.tasks])
            agent = Client(node, self.session)
            self.assertEqual(agent.get("/api/auth/session").status, 200)
            again = agent.post("/api/agents/reader/next-task").data["task"]
            self.assertEqual((again["id"], again["leaseEpoch"]),
                             (self.running["id"], self.running["leaseEpoch"]))

    def test_a_single_node_becomes_three_and_its_own_loss_loses_nothing(self):
        first = self.adopt()
        self.await_primaries()
        self.check()
        for name in ("n2", "n3"):
            self.cluster.add(name).start()
        self.await_replicas(3)
        self.check()
        # From now on it needs no flag, and a second start with it changes nothing.
        self.assertEqual(first.stop(), 0)
        first.start()
        self.await_replicas(3)
        first.kill()
        first.lose_disk()
        self.await_primaries()
        self.check()
        answer = self.admin.post(f"/api/tasks/{self.running['id']}/complete",
                                 {"agentName": "reader", "result": "done",
                                  "leaseEpoch": self.running["leaseEpoch"]})
        self.assertEqual(answer.status, 200, str(answer))
        first.start()
        self.await_replicas(3)
        tdctl.of_cluster(self.cluster).text("verify", "--online", "--recount")

    def test_a_cluster_whose_etcd_is_lost_is_made_anew_from_one_node(self):
        """docs/operations.md, "Loss of etcd"."""
        self.adopt()
        for name in ("n2", "n3"):
            self.cluster.add(name).start()
        self.await_replicas(3)
        for node in self.cluster.nodes.values():
            self.assertEqual(node.stop(), 0)
        self.cluster.etcd.kill()
        shutil.rmtree(self.cluster.etcd.data)
        self.cluster.etcd.start()
        first = self.cluster["n1"]
        first.launch()
        self.assertEqual(first.wait(), 1)
        self.assertIn("Loss of etcd", first.log())
        local = tdctl.Tdctl(lambda: [], ADMIN_TOKEN)
        old, copy = first.home / "old", first.home / "copy"
        shutil.move(first.data_dir, old)
        local.text("backup", old, copy)
        local.text("restore", copy, first.data_dir)
        for name in ("n2", "n3"):
            self.cluster[name].lose_disk()
        for node in self.cluster.nodes.values():  # the founder first; it still has the option
            node.start()
        self.await_replicas(3)
        self.check()

    def test_data_of_a_single_node_is_not_taken_by_accident(self):
        node = self.cluster.add("n1")
        shutil.move(self.single.data_dir, node.data_dir)
        node.launch()
        self.assertEqual(node.wait(), 1)
        self.assertIn("--cluster-adopt", node.log())

    def test_a_cluster_that_is_there_takes_no_other_data_in(self):
        self.cluster.add("n2").start()
        node = self.cluster.add("n1", "--cluster-adopt")
        shutil.move(self.single.data_dir, node.data_dir)
        node.launch()
        self.assertEqual(node.wait(), 1)
        self.assertIn("empty directory", node.log())


if __name__ == "__main__":
    unittest.main()
