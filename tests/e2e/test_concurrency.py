"""Many clients do everything at once to a few projects: no answer is a 5xx, all numbers add up."""

import random
import threading
import unittest

from api import ApiTest, Client, unique
from fleet import seed_from_environment
from history import wrong_counts
from server import eventually

THREADS, STEPS, PROJECTS = 8, 300, 3


class Meddler(threading.Thread):
    """Does random things with ids that it or others have seen, valid or stale."""

    def __init__(self, test, seed, number):
        super().__init__(daemon=True)
        self.test, self.random = test, random.Random(f"{seed}/{number}")
        self.client = Client(test.server, test.admin.token)
        self.agent = f"agent{number}"
        self.bad, self.failure = [], None

    def run(self):
        try:
            for _ in range(STEPS):
                answer = self.random.choice(self.ACTIONS)(self)
                if answer is not None and (answer.status >= 500 or answer.status == 422):
                    self.bad.append(str(answer))
        except Exception as failure:  # shown by the test
            self.failure = failure

    def pick(self, ids):
        known = list(ids)
        return self.random.choice(known) if known else None

    def project(self):
        return self.pick(self.test.projects)

    def make_project(self):
        answer = self.client.post("/api/projects", {"name": unique("project")})
        self.test.projects[:] = [*self.test.projects[1 - PROJECTS:], answer.data["id"]]
        return answer

    def delete_project(self):
        return self.client.delete(f"/api/projects/{self.project()}")

    def close_or_open(self):
        return self.client.put(f"/api/projects/{self.project()}",
                               {"status": self.random.choice(("active", "active", "closed"))})

    def make_type(self):
        answer = self.client.post(f"/api/projects/{self.project()}/task-types", {
            "name": unique("type"), "leaseDurationSeconds": self.random.choice((1, 60)),
            "duplicateHandling": self.random.choice(("allow", "ignore", "fail"))})
        if answer.status == 201:
            self.test.types.append((answer.data["projectId"], answer.data["id"]))
        return answer

    def delete_type(self):
        found = self.pick(self.test.types[-10:])
        return found and self.client.delete(f"/api/task-types/{found[1]}")

    def make_task(self):
        found = self.pick(self.test.types[-10:])
        if not found:
            return None
        answer = self.client.post(f"/api/projects/{found[0]}/tasks", {
            "typeId": found[1], "instructions": str(self.random.randrange(100))})
        if answer.status == 201:
            self.test.tasks.append(answer.data["id"])
        return None if answer.status == 422 else answer  # the type was deleted

    def claim(self):
        return self.client.post(f"/api/agents/{self.agent}/next-task", {
            "projectId": self.project(), "waitSeconds": self.random.choice((0, 0, 0, 0, 1))})

    def about_task(self):
        task = self.pick(self.test.tasks[-20:])
        if not task:
            return None
        path = f"/api/tasks/{task}"
        me = {"agentName": self.agent}
        return self.random.choice((
            lambda: self.client.post(f"{path}/complete", {**me, "result": 1}),
            lambda: self.client.post(f"{path}/fail", {**me, "error": "e"}),
            lambda: self.client.post(f"{path}/extend-lease", {**me, "extensionMinutes": 0.01}),
            lambda: self.client.put(path, {"instructions": "new"}),
            lambda: self.client.delete(path),
            lambda: self.client.get(path)))()

    def read(self):
        path = f"/api/projects/{self.project()}"
        return self.client.get(path + self.random.choice(
            ("", "/stats", "/tasks", "/task-types", "/agents", "/peek-next-task")))

    def login(self):
        return self.client.post("/api/auth/login", {"agentName": self.agent,
                                                    "projectId": self.project()})

    ACTIONS = ([make_project, delete_project, close_or_open, delete_type, login]
               + 3 * [make_type] + 8 * [make_task] + 6 * [claim] + 8 * [about_task] + 3 * [read])


class EverythingAtOnce(ApiTest):
    """Several threads for HTTP, which take turns with the projects, whatever the machine has."""

    options = ("--io-threads", "3")

    def test_no_answer_is_an_error_of_the_server_and_all_numbers_add_up(self):
        seed = seed_from_environment()
        self.projects = [self.project()["id"] for _ in range(PROJECTS)]
        self.types, self.tasks = [], []
        meddlers = [Meddler(self, seed, number) for number in range(THREADS)]
        for meddler in meddlers:
            meddler.start()
        for meddler in meddlers:
            meddler.join(120)
            self.assertIsNone(meddler.failure)
            self.assertFalse(meddler.is_alive(), "an answer never came")
            self.assertEqual(meddler.bad[:3], [], f"seed {seed}")
        self.server.kill()  # running leases start anew, so that none runs out while it is counted
        self.server.restart()
        for project in self.admin.get("/api/projects", status="all", limit=100).data:
            eventually(lambda project=project: self.adds_up(project),  # a lease may end meanwhile
                       f"the numbers of {project['id']} add up, seed {seed}", 10)
        self.assertNotIn("level=error", self.server.all_logs())

    def adds_up(self, project):
        tasks = self.admin.all_tasks(project["id"])
        return not wrong_counts(self.admin.get(f"/api/projects/{project['id']}/stats").data, tasks)


if __name__ == "__main__":
    unittest.main()
