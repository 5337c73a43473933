"""Random operations of one client against a model of the queue: every answer is foreseen (P5, P9).

The backlog is deeper than the part of the queue that the server keeps in memory, the project
leaves the memory when it is idle for a second, and the server is killed on the way.
"""

import bisect
import itertools
import random
import unittest

from api import Client, metric
from fleet import seed_from_environment
from history import wrong_counts
from server import Server, eventually

BACKLOG = 5000
STEPS = 2500
MAX_RETRIES = 2
BATCHES = ("b1", "b2", "b3")
AGENTS = "abcdef"
STATUSES = ("queued", "running", "completed", "failed")


class Model:
    """What the project must hold: tasks in creation order, and who has which."""

    def __init__(self):
        self.order = {}  # id -> place
        self.queued = []  # places, sorted
        self.ids = []  # by place
        self.held = {}  # agent -> id
        self.retries, self.status, self.epoch = {}, {}, {}

    def created(self, task_id):
        self.order[task_id] = len(self.ids)
        self.ids.append(task_id)
        self.retries[task_id], self.epoch[task_id] = 0, 0
        self.requeue(task_id)

    def requeue(self, task_id):
        self.status[task_id] = "queued"
        bisect.insort(self.queued, self.order[task_id])

    def next_for(self, agent):
        """The task that the agent must get now."""
        if agent not in self.held and self.queued:
            task_id = self.ids[self.queued.pop(0)]
            self.held[agent] = task_id
            self.status[task_id] = "running"
            self.epoch[task_id] += 1
        return self.held.get(agent)

    def failed(self, agent, can_retry):
        task_id = self.held.pop(agent)
        if can_retry and self.retries[task_id] < MAX_RETRIES:
            self.retries[task_id] += 1
            self.requeue(task_id)
        else:
            self.status[task_id] = "failed"

    def completed(self, agent):
        self.status[self.held.pop(agent)] = "completed"

    def deleted(self, task_id):
        if self.status.pop(task_id) == "queued":
            self.queued.remove(self.order[task_id])


class ModelTest(unittest.TestCase):
    def setUp(self):
        self.seed = seed_from_environment()
        self.random = random.Random(self.seed)
        self.server = Server("--project-idle-seconds", "1")
        self.addCleanup(self.server.close)
        self.server.start()
        self.client = Client(self.server, self.server.admin_token())
        self.model = Model()
        self.project = self.ok(self.client.post("/api/projects", {"name": "p"}))["id"]
        self.kinds = [self.ok(self.client.post(f"/api/projects/{self.project}/task-types", {
            "name": name, "maxRetries": MAX_RETRIES, "leaseDurationMinutes": 1000}))["id"]
            for name in ("one", "two")]

    def ok(self, answer):
        self.assertIn(answer.status, (200, 201), f"{answer}, seed {self.seed}")
        return answer.data

    # --- steps: each does one thing to the server and to the model -----------------------------
    def create(self, count=1):
        path = f"/api/projects/{self.project}/tasks"
        item = {"typeId": self.random.choice(self.kinds), "instructions": "x"}
        if self.random.random() < 0.7:
            item["batchId"] = self.random.choice(BATCHES)
        if count == 1:
            return self.model.created(self.ok(self.client.post(path, item))["id"])
        for task in self.ok(self.client.post(f"{path}/bulk", {"tasks": [item] * count})
                            )["createdTasks"]:
            self.model.created(task["id"])
        return None

    def claim(self):
        agent = self.random.choice(AGENTS)
        answer = self.client.post(f"/api/agents/{agent}/next-task", {"projectId": self.project})
        got = answer.json["data"]["task"]
        expected = self.model.next_for(agent)
        self.assertEqual(got and got["id"], expected, f"seed {self.seed}")
        if got:
            self.assertEqual(got["leaseEpoch"], self.model.epoch[expected])

    def finish(self):
        if not self.model.held:
            return self.claim()
        agent = self.random.choice(sorted(self.model.held))
        path = f"/api/tasks/{self.model.held[agent]}"
        if self.random.random() < 0.5:
            self.ok(self.client.post(f"{path}/complete", {"agentName": agent, "result": 1}))
            return self.model.completed(agent)
        can_retry = self.random.random() < 0.8
        self.ok(self.client.post(f"{path}/fail", {"agentName": agent, "error": "e",
                                                  "canRetry": can_retry}))
        return self.model.failed(agent, can_retry)

    def delete(self):
        """Any task near the head of the queue, or any at all."""
        near = self.model.queued[:50] if self.random.random() < 0.5 else range(len(self.model.ids))
        if not near:
            return
        task_id = self.model.ids[self.random.choice(near)]
        answer = self.client.delete(f"/api/tasks/{task_id}")
        status = self.model.status.get(task_id)
        expected = 404 if status is None else 409 if status == "running" else 200
        self.assertEqual(answer.status, expected, f"{answer}, seed {self.seed}")
        if expected == 200:
            self.model.deleted(task_id)

    def crash(self):
        self.server.kill()
        self.server.restart()

    def compare(self):
        tasks = self.client.all_tasks(self.project)
        self.assertEqual({task["id"]: task["status"] for task in tasks}, self.model.status,
                         f"seed {self.seed}")
        self.assertEqual([task["id"] for task in tasks],
                         sorted(self.model.status, key=self.model.order.get))
        stats = self.ok(self.client.get(f"/api/projects/{self.project}/stats"))
        self.assertEqual(wrong_counts(stats, tasks), [], f"seed {self.seed}")

    def compare_lists(self):
        """Every combination of filters against a filter over all tasks, by small pages too."""
        everything = self.client.all_tasks(self.project)
        choices = {"status": STATUSES, "batchId": BATCHES, "typeId": self.kinds,
                   "assignedTo": AGENTS}
        for names in itertools.product((False, True), repeat=len(choices)):
            query = {name: self.random.choice(choices[name])
                     for name, used in zip(choices, names) if used}
            expected = [task["id"] for task in everything
                        if all(task.get(name) == value for name, value in query.items())]
            listed = self.client.all_tasks(self.project, **query)
            self.assertEqual([task["id"] for task in listed], expected, f"{query} {self.seed}")
            path, middle = f"/api/projects/{self.project}/tasks", len(expected) // 2
            page = self.ok(self.client.get(path, limit=3, offset=middle, **query))
            self.assertEqual([task["id"] for task in page], expected[middle:middle + 3],
                             f"{query} {self.seed}")

    def test_lists_by_any_filters_agree_with_a_filter_over_all_tasks(self):
        self.create(200)
        steps = [self.create, self.create, self.claim, self.claim, self.finish, self.finish,
                 self.finish, self.delete]
        for _ in range(2):
            for _ in range(400):
                self.random.choice(steps)()
            self.compare_lists()
            self.crash()
            self.compare_lists()

    def test_every_answer_is_the_one_that_the_model_foresees(self):
        for _ in range(BACKLOG // 1000):
            self.create(1000)
        steps = [self.create, self.claim, self.claim, self.finish, self.finish, self.finish,
                 self.delete]
        crashes = set(self.random.sample(range(STEPS), 4))
        for step in range(STEPS):
            if step in crashes:
                self.crash()
            self.random.choice(steps)()
        self.compare()
        self.crash()
        self.compare()

    def leave_memory(self):
        eventually(lambda: metric(self.client, "projects_loaded") == 0, "the idle project is out")

    def test_an_idle_project_leaves_the_memory_and_comes_back_as_it_was(self):
        self.create(50)
        steps = [self.create, self.claim, self.claim, self.finish, self.finish, self.delete]
        for _ in range(3):
            for _ in range(100):
                self.random.choice(steps)()
            for agent in sorted(self.model.held):  # who holds a lease keeps it in memory
                self.ok(self.client.post(f"/api/tasks/{self.model.held[agent]}/complete",
                                         {"agentName": agent}))
                self.model.completed(agent)
            self.leave_memory()
            self.compare()

    def test_the_queue_is_worked_off_to_its_very_end(self):
        self.create(300)
        for _ in range(3000):
            if not self.model.queued and not self.model.held:
                break
            self.random.choice((self.claim, self.finish, self.finish))()
        self.assertEqual((self.model.queued, self.model.held), ([], {}))
        self.compare()
        self.create()
        self.claim()


if __name__ == "__main__":
    unittest.main()
