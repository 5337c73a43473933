"""Three nodes as one: any node takes any request, and what one acknowledged all of them show."""

import unittest

from api import Client
from cluster_test import ClusterTest
from server import eventually


class Pinned:
    """One node of a cluster as the only server of a client."""

    def __init__(self, node, cluster):
        self.node, self.at_close, self.broken = node, cluster.at_close, lambda: None
        self.address, self.create_connection = node.address, node.create_connection


class AnyNode(ClusterTest):
    def setUp(self):
        super().setUp()
        self.by_node = {name: Client(Pinned(node, self.cluster), self.cluster.admin_token())
                        for name, node in self.cluster.nodes.items()}
        self.project = self.by_node["n1"].post("/api/projects", {"name": "shared"}).data
        self.kind = self.by_node["n2"].post(
            f"/api/projects/{self.project['id']}/task-types", {"name": "work"}).data

    def create(self, text, node="n1"):
        answer = self.by_node[node].post(f"/api/projects/{self.project['id']}/tasks",
                                         {"typeId": self.kind["id"], "instructions": text})
        self.assertEqual(answer.status, 201, str(answer))
        return answer.data

    def claim(self, node, agent, client=None, **more):
        answer = (client or self.by_node[node]).post(
            f"/api/agents/{agent}/next-task", {"projectId": self.project["id"], **more})
        self.assertEqual(answer.status, 200, str(answer))
        return answer.data.get("task")

    def test_a_task_created_on_one_node_is_claimed_on_another_and_completed_on_the_third(self):
        made = self.create("first", "n1")
        claimed = self.claim("n2", "agent")
        self.assertEqual(claimed["id"], made["id"])
        done = self.by_node["n3"].post(f"/api/tasks/{made['id']}/complete",
                                       {"agentName": "agent", "result": "ok"})
        self.assertEqual(done.status, 200, str(done))
        for client in self.by_node.values():
            shown = client.get(f"/api/tasks/{made['id']}")
            self.assertEqual((shown.status, shown.data["status"]), (200, "completed"))

    def test_every_node_is_shown_with_the_port_that_it_listens_on(self):
        for client in self.by_node.values():
            shown = {each["id"]: each["httpAddress"]
                     for each in client.get("/api/cluster/nodes").data}
            self.assertEqual(shown, {name: f"127.0.0.1:{node.port}"
                                     for name, node in self.cluster.nodes.items()})

    def test_an_agent_gets_its_task_back_by_name_on_every_node(self):
        self.create("held")
        first = self.claim("n1", "agent")
        for node in self.by_node:
            again = self.claim(node, "agent")
            self.assertEqual((again["id"], again["leaseEpoch"], again["leaseToken"]),
                             (first["id"], first["leaseEpoch"], first["leaseToken"]))

    def test_a_session_is_valid_on_every_node_and_its_logout_ends_it_on_all(self):
        login = self.by_node["n1"].post("/api/auth/login", {
            "agentName": "agent", "projectId": self.project["id"]}).data
        sessions = {name: Client(client.server, login["token"])
                    for name, client in self.by_node.items()}
        for client in sessions.values():
            self.assertEqual(client.get("/api/auth/session").status, 200)
        self.assertEqual(sessions["n2"].post("/api/auth/logout").status, 200)
        for client in sessions.values():
            self.assertEqual(client.get("/api/auth/session").status, 401)

    def test_every_node_reads_what_another_has_acknowledged(self):
        names = list(self.by_node)
        for n in range(60):
            made = self.create(f"task {n}", names[n % 3])
            shown = self.by_node[names[(n + 1) % 3]].get(f"/api/tasks/{made['id']}")
            self.assertEqual(shown.status, 200, str(shown))
            stats = self.by_node[names[(n + 2) % 3]].get(
                f"/api/projects/{self.project['id']}/stats").data
            self.assertEqual(stats["queueDepth"], n + 1)

    def test_projects_of_all_shards_are_made_listed_and_deleted_from_any_node(self):
        names = list(self.by_node)
        made = [self.by_node[names[n % 3]].post("/api/projects", {"name": f"p{n}"}).data["id"]
                for n in range(24)]
        for client in self.by_node.values():
            listed = [each["id"] for each in client.get("/api/projects", limit=100).data]
            self.assertEqual(listed, [self.project["id"], *made])
        taken = self.by_node["n2"].post("/api/projects", {"name": "p0"})
        self.assertEqual(taken.status, 409, str(taken))
        for n, project in enumerate(made):
            gone = self.by_node[names[n % 3]].delete(f"/api/projects/{project}")
            self.assertEqual(gone.status, 200, str(gone))
        for client in self.by_node.values():
            self.assertEqual(len(client.get("/api/projects", limit=100).data), 1)

    def test_polls_parked_on_several_nodes_get_one_task_each_in_order_of_arrival(self):
        import concurrent.futures
        with concurrent.futures.ThreadPoolExecutor(6) as threads:
            waiting = []
            for n in range(6):
                node = f"n{n % 3 + 1}"
                client = Client(self.by_node[node].server, self.cluster.admin_token())
                waiting.append(threads.submit(self.claim, node, f"agent{n}", client,
                                              waitSeconds=30))
                eventually(lambda: self.parked() == n + 1, f"{n + 1} polls are parked")
            made = [self.create(f"task {n}", f"n{n % 3 + 1}")["id"] for n in range(6)]
            self.assertEqual([each.result(40)["id"] for each in waiting], made)

    def parked(self):
        """Polls parked with the project, wherever it is served."""
        import re
        total = 0
        for client in self.by_node.values():
            text = client.get("/metrics").body.decode()
            found = re.search(r"(?m)^taskdriver_parked_polls(?:\{[^}]*\})? ([0-9.e+]+)$", text)
            total += int(float(found.group(1)))
        return total


if __name__ == "__main__":
    unittest.main()
