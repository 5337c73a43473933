"""The main job: a fleet works off a large backlog while agents vanish and the server is killed."""

import collections
import unittest

from fleet import Agent, Yard, outcome_of, seed_from_environment
from history import OK, History, Operation, now, wrong_counts
from server import Server, eventually

BACKLOG, BULK = 3000, 500
AGENTS = 24
CRASHES = 2


class FleetAgent(Agent):
    """An agent as the reference has it: logs in, works under its session's token."""

    def work(self):
        self.login()
        super().work()

    def login(self):
        while not self.yard.stop_working.is_set():
            _, _, answer = self.timed("POST", "/api/auth/login", {
                "agentName": self.name, "projectId": self.yard.project["name"]})
            if outcome_of(answer) == OK:
                self.client.token = answer.data["token"]
                return

    def vanish(self, task):
        super().vanish(task)
        self.client.token = self.yard.token
        self.login()


class FleetTest(unittest.TestCase):
    def setUp(self):
        self.seed = seed_from_environment()
        self.server = Server()
        self.addCleanup(self.server.close)
        self.server.start()

    def fill(self, yard):
        for first in range(0, BACKLOG, BULK):
            texts = [f"backlog {n}" for n in range(first, first + BULK)]
            started = now()
            answer = yard.admin.post(f"/api/projects/{yard.project['id']}/tasks/bulk", {
                "tasks": [{"typeId": yard.kind["id"], "instructions": text} for text in texts],
                "batchId": "backlog"})
            self.assertEqual(answer.status, 201, str(answer))
            self.assertEqual(answer.data["tasksCreated"], BULK)
            for task in answer.data["createdTasks"]:
                yard.recorder.add(Operation(
                    "create", "producer", started, now(), OK, task=task["id"],
                    content={"instructions": task["instructions"]}))

    def completed(self, yard):
        return yard.stats()["project"]["stats"]["completedTasks"]

    def test_a_fleet_completes_every_task_of_a_backlog_exactly_once(self):
        yard = Yard(self.server, "fleet", lease_seconds=2)
        self.fill(yard)
        yard.start([FleetAgent(yard, f"agent{n}", self.seed) for n in range(AGENTS)])
        for crash in range(1, CRASHES + 1):
            part = BACKLOG * crash // (CRASHES + 1)
            eventually(lambda: self.completed(yard) >= part, f"{part} tasks are completed", 120)
            yard.crash()
        eventually(lambda: self.completed(yard) == BACKLOG, "all tasks are completed", 180, 0.1)
        yard.finish()
        tasks = yard.tasks()
        self.assertEqual(collections.Counter(task["status"] for task in tasks),
                         {"completed": BACKLOG})
        for task in tasks:
            endings = [each["status"] for each in task["attempts"]].count("completed")
            self.assertEqual(endings, 1, str(task))
        found = (History(yard.recorder.operations, tasks).check()
                 + wrong_counts(yard.stats(), tasks))
        self.assertEqual(found[:5], [], f"{len(found)} broken promises, seed {self.seed}")
        self.assertTrue(yard.vanished, "no agent vanished: the test shows less than it should")


if __name__ == "__main__":
    unittest.main()
