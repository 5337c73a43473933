"""kill -9 while projects are made and deleted: no name is lost, kept for ever, or given twice."""

import random
import threading
import time
import unittest

from api import Client, Unanswered
from fleet import seed_from_environment
from server import Server

WORKERS, ROUNDS = 4, 5


class Maker(threading.Thread):
    """Makes projects and deletes some; remembers what was acknowledged and what is unknown."""

    def __init__(self, server, number, seed):
        super().__init__(daemon=True)
        self.client = Client(server, server.admin_token())
        self.random = random.Random(f"{seed}/{number}")
        self.number, self.count = number, 0
        self.there, self.gone, self.unknown = {}, set(), set()  # name -> id, names, names
        self.stopping = threading.Event()
        self.failure = None

    def run(self):
        while not self.stopping.is_set() and self.failure is None:
            if self.there and self.random.random() < 0.4:
                self.delete()
            else:
                self.create()

    def request(self, method, path, *body):
        """The answer, or None where the outcome is unknown."""
        try:
            answer = self.client.request(method, path, *body)
        except Unanswered:
            time.sleep(0.02)  # the server is down: do not spin
            return None
        return None if answer.status >= 500 else answer

    def create(self):
        self.count += 1
        name = f"p-{self.number}-{self.count}"
        answer = self.request("POST", "/api/projects", {"name": name})
        if answer is None:
            self.unknown.add(name)
        elif answer.status == 201:
            self.there[name] = answer.data["id"]
        else:
            self.failure = str(answer)

    def delete(self):
        name = self.random.choice(sorted(self.there))
        answer = self.request("DELETE", f"/api/projects/{self.there.pop(name)}")
        if answer is None:
            self.unknown.add(name)
        elif answer.status == 200:
            self.gone.add(name)
        else:
            self.failure = str(answer)


class ProjectsAndCrashes(unittest.TestCase):
    def setUp(self):
        self.seed = seed_from_environment()
        self.random = random.Random(self.seed)
        self.server = Server()
        self.addCleanup(self.server.close)
        self.server.start()
        self.client = Client(self.server, self.server.admin_token())

    def listed(self):
        projects, cursor = [], {}
        while True:
            answer = self.client.get("/api/projects", status="all", limit=100, **cursor)
            self.assertEqual(answer.status, 200, str(answer))
            projects += answer.data
            if not answer.json["pagination"]["hasMore"]:
                return projects
            cursor = {"cursor": answer.json["pagination"]["nextCursor"]}

    def check(self, makers):
        listed = self.listed()
        by_name = {project["name"]: project["id"] for project in listed}
        self.assertEqual(len(by_name), len(listed), f"a name twice, seed {self.seed}")
        for maker in makers:
            self.assertIsNone(maker.failure, f"seed {self.seed}")
            for name, project_id in maker.there.items():
                self.assertEqual(by_name.get(name), project_id, f"{name}, seed {self.seed}")
            for name in maker.gone:
                self.assertNotIn(name, by_name, f"seed {self.seed}")
        for project in listed[-20:]:
            self.assertEqual(self.client.get(f"/api/projects/{project['id']}").data, project)
        return by_name

    def check_unknown_names(self, makers, by_name):
        """A name whose outcome is unknown is either there, whole, or free."""
        for name in sorted(set().union(*(maker.unknown for maker in makers))):
            answer = self.client.post("/api/projects", {"name": name})
            self.assertEqual(answer.status, 409 if name in by_name else 201,
                             f"{answer}, seed {self.seed}")
            if name in by_name:
                kind = self.client.post(f"/api/projects/{by_name[name]}/task-types",
                                        {"name": "t"})
                self.assertEqual(kind.status, 201, str(kind))

    def test_names_survive_kills_while_projects_come_and_go(self):
        makers = [Maker(self.server, number, self.seed) for number in range(WORKERS)]
        for maker in makers:
            maker.start()
        for _ in range(ROUNDS):
            time.sleep(self.random.uniform(0.1, 0.6))  # how long the load runs
            self.server.kill()
            self.server.restart()
        for maker in makers:
            maker.stopping.set()
        for maker in makers:
            maker.join(30)
        by_name = self.check(makers)
        self.server.kill()
        self.server.restart()
        self.assertEqual(self.check(makers), by_name)
        self.check_unknown_names(makers, by_name)

    def test_of_many_who_want_one_name_exactly_one_gets_it(self):
        for round_number in range(10):
            statuses, start = [], threading.Barrier(8)

            def want(name, statuses=statuses, start=start):
                client = Client(self.server, self.client.token)
                start.wait(10)
                statuses.append(client.post("/api/projects", {"name": name}).status)
            threads = [threading.Thread(target=want, args=(f"wanted-{round_number}",))
                       for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
            self.assertEqual(sorted(statuses), [201] + [409] * 7)


if __name__ == "__main__":
    unittest.main()
