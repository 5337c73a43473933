"""kill -9 under load, again and again: P1 to P5 and P9 judged on what the clients saw."""

import random
import shutil
import time
import unittest

from fleet import Agent, Producer, Yard, seed_from_environment
from history import UNKNOWN, History, Operation, epoch_seconds, now, wrong_counts
from server import Server, eventually

CRASHES = 6
AGENTS, PRODUCERS = 8, 2
SECONDS_BETWEEN = (0.4, 1.6)


class CrashTest(unittest.TestCase):
    def setUp(self):
        self.seed = seed_from_environment()
        self.random = random.Random(self.seed)
        self.server = Server()
        self.addCleanup(self.server.close)
        self.server.start()

    def holds(self, found):
        self.assertEqual(found[:5], [], f"{len(found)} broken promises, seed {self.seed}")

    def recount(self, yard):
        """P9, by listing all tasks through cursors once and once by each status."""
        tasks = yard.tasks()
        self.holds(wrong_counts(yard.stats(), tasks))
        by_status = [task for status in ("queued", "running", "completed", "failed")
                     for task in yard.tasks(status=status)]
        self.assertEqual(sorted(task["id"] for task in by_status),
                         sorted(task["id"] for task in tasks))
        peeked = yard.admin.get(f"/api/projects/{yard.project['id']}/peek-next-task").data
        self.assertEqual(peeked["tasksAvailable"],
                         sum(task["status"] == "queued" for task in tasks))
        return tasks


class UnderLoad(CrashTest):
    def test_what_was_acknowledged_survives_kills_under_load(self):
        yard = Yard(self.server, "crash", lease_seconds=2)
        yard.start([Producer(yard, f"producer{n}", self.seed) for n in range(PRODUCERS)])
        yard.start([Agent(yard, f"agent{n}", self.seed) for n in range(AGENTS)])
        for _ in range(CRASHES):
            time.sleep(self.random.uniform(*SECONDS_BETWEEN))  # how long the load runs
            yard.crash()
        yard.finish()
        eventually(lambda: yard.stats()["activeAgents"] == 0, "every lease has ended")
        tasks = self.recount(yard)
        history = History(yard.recorder.operations, tasks)
        print(f"{len(tasks)} tasks, {len(history.operations)} operations, of them "
              f"{sum(op.outcome == UNKNOWN for op in history.operations)} without an answer")
        self.holds(history.check())
        for kind in ("create", "claim", "complete", "fail"):
            self.assertTrue(history.pick(kind), f"the load had no successful {kind}")

    def test_a_second_crash_during_recovery_loses_nothing(self):
        yard = Yard(self.server, "twice")
        producers = [Producer(yard, f"producer{n}", self.seed) for n in range(PRODUCERS)]
        yard.start(producers)
        eventually(lambda: len(yard.recorder.operations) > 200, "some load")
        self.server.kill()
        for _ in range(3):
            self.server.launch()
            time.sleep(self.random.uniform(0.0, 0.2))  # killed wherever its start is by then
            self.server.kill()
        self.server.start()
        yard.finish()
        self.holds(History(yard.recorder.operations, self.recount(yard)).check())


class TheCheckItself(CrashTest):
    def test_a_disk_that_forgets_acknowledged_writes_is_found(self):
        yard = Yard(self.server, "forgetful", lease_seconds=2)
        self.server.stop()
        older = self.server.home / "older"
        shutil.copytree(self.server.data_dir, older)
        self.server.start()
        yard.start([Producer(yard, "producer", self.seed), Agent(yard, "agent", self.seed)])
        eventually(lambda: len(yard.recorder.operations) > 200, "some load")
        self.server.kill()
        shutil.rmtree(self.server.data_dir)
        shutil.copytree(older, self.server.data_dir)
        self.server.start()
        yard.finish()
        found = History(yard.recorder.operations, yard.tasks()).check()
        self.assertTrue([each for each in found if each.startswith("P1: acknowledged, but not")])


class AfterARestart(CrashTest):
    def test_each_agent_gets_the_task_it_held_back_by_name_with_the_same_epoch(self):
        yard = Yard(self.server, "held", lease_seconds=60, wait_seconds=0, tasks_max=20)
        producer = Producer(yard, "producer", self.seed)
        yard.start([producer])
        producer.join(30)
        agents = [Agent(yard, f"agent{n}", self.seed) for n in range(12)]
        held = {agent.name: agent.claim() for agent in agents}
        self.assertNotIn(None, held.values())
        yard.crash()
        for agent in self.random.sample(agents, len(agents)):
            again = agent.claim()
            before = held[agent.name]
            self.assertEqual((again["id"], again["leaseEpoch"], again["leaseToken"]),
                             (before["id"], before["leaseEpoch"], before["leaseToken"]))
            self.assertGreaterEqual(epoch_seconds(again["leaseExpiresAt"]),
                                    epoch_seconds(before["leaseExpiresAt"]))
            agent.end("complete", again, {"result": "r", "outputs": {}})
        yard.finish()
        self.holds(History(yard.recorder.operations, self.recount(yard)).check())

    def test_fifo_holds_with_one_consumer_through_retries_and_crashes(self):
        yard = Yard(self.server, "fifo", lease_seconds=60, wait_seconds=0, tasks_max=150)
        producer = Producer(yard, "producer", self.seed)
        yard.start([producer])
        producer.join(60)
        consumer = Agent(yard, "consumer", self.seed)
        crash_at = set(self.random.sample(range(20, 180), 2))
        for step in range(1000):
            if step in crash_at:
                yard.crash()
            task = consumer.claim()
            if task is None:
                break
            if self.random.random() < 0.3:
                consumer.end("fail", task, {"error": f"step {step}"})
            else:
                consumer.end("complete", task, {"result": f"step {step}", "outputs": {}})
        yard.finish()
        history = History(yard.recorder.operations, self.recount(yard))
        self.holds(history.check() + history.wrong_order())
        self.assertEqual(len({op.task for op in history.pick("complete")}), 150)

    def test_a_completion_repeated_after_the_crash_is_200_and_another_409(self):
        yard = Yard(self.server, "repeat", lease_seconds=60, wait_seconds=0, tasks_max=1)
        producer = Producer(yard, "producer", self.seed)
        yard.start([producer])
        producer.join(30)
        agent = Agent(yard, "agent", self.seed)
        task = agent.claim()
        path = f"/api/tasks/{task['id']}/complete"
        body = {"agentName": "agent", "result": {"x": 1}, "outputs": {}}
        first = yard.admin.post(path, body)
        self.assertEqual(first.status, 200, str(first))
        yard.crash()
        again = yard.admin.post(path, body)
        self.assertEqual((again.status, again.data), (200, first.data), str(again))
        other = yard.admin.post(path, {**body, "result": {"x": 2}})
        self.assertEqual(other.status, 409, str(other))
        yard.recorder.add(Operation("complete", "agent", now(), now(), "ok", task=task["id"],
                                    epoch=1, content={"result": {"x": 1}, "outputs": {}}))
        self.holds(History(yard.recorder.operations, self.recount(yard)).check())


if __name__ == "__main__":
    unittest.main()
