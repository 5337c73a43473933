"""Producers and agents for the crash and fleet tests: they work until told, and record it all."""

import os
import random
import threading
import time

from api import Client, Unanswered
from history import OK, REFUSED, UNKNOWN, Operation, Recorder, epoch_seconds, now

RETRY_PAUSE = 0.02  # while the server is down, so that clients do not spin


def seed_from_environment():
    """The seed of a random test: printed, and settable to repeat a run's choices."""
    seed = int(os.environ.get("TASKDRIVER_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"\nTASKDRIVER_TEST_SEED={seed}", flush=True)
    return seed


def outcome_of(answer):
    if answer is None or answer.status >= 500:
        return UNKNOWN
    return OK if answer.status < 300 else REFUSED


class Worker(threading.Thread):
    """Base of producers and agents: a client, a seed of its own, and timed calls."""

    def __init__(self, yard, name, seed):
        super().__init__(name=name, daemon=True)
        self.yard, self.random = yard, random.Random(f"{seed}/{name}")
        self.client = Client(yard.server, yard.token, timeout=20)
        self.failure = None

    def run(self):
        try:
            self.work()
        except Exception as failure:  # shown by Yard.finish
            self.failure = failure
        finally:
            self.client.close()

    def timed(self, method, path, body):
        """(started, ended, answer or None)"""
        started = now()
        try:
            answer = self.client.request(method, path, body)
        except Unanswered:
            answer = None
        ended = now()
        if answer is None or answer.status >= 500:
            time.sleep(RETRY_PAUSE)
        return started, ended, answer

    def record(self, kind, times, answer, **details):
        return self.yard.recorder.add(Operation(kind, self.name, *times, outcome_of(answer),
                                                **details))


class Producer(Worker):
    """Creates tasks one by one, each text once; an unknown outcome is left unknown."""

    def work(self):
        count = 0
        while not self.yard.stop_producing.is_set() and count < self.yard.tasks_max:
            count += 1
            text = f"{self.name} task {count}"
            started, ended, answer = self.timed(
                "POST", f"/api/projects/{self.yard.project['id']}/tasks",
                {"typeId": self.yard.kind["id"], "instructions": text, "variables": {"n": count}})
            created = answer.data["id"] if outcome_of(answer) == OK else ""
            if answer is not None and REFUSED == outcome_of(answer):
                raise AssertionError(f"a creation was refused: {answer}")
            self.record("create", (started, ended), answer, task=created,
                        content={"instructions": text, "variables": {"n": count}})


class Agent(Worker):
    """Claims, then completes, fails, extends or forgets; repeats what had no answer.

    A restart of the server must be invisible to it but for requests without an answer.
    """

    def __init__(self, yard, name, seed, may_vanish=0.02, may_fail=0.08, may_extend=0.05):
        super().__init__(yard, name, seed)
        self.may_vanish, self.may_fail, self.may_extend = may_vanish, may_fail, may_extend
        self.lives, self.first_name = 1, name
        self.asks_since = None  # the first of the claims that had no answer yet

    def work(self):
        while not self.yard.stop_working.is_set():
            claimed = self.claim()
            if claimed is None:
                continue
            chance = self.random.random()
            if chance < self.may_vanish:
                self.vanish(claimed)
            elif chance < self.may_vanish + self.may_fail:
                self.end("fail", claimed, {"error": f"bad luck {self.random.random()}"})
            else:
                if self.random.random() < self.may_extend:
                    self.extend(claimed)
                self.end("complete", claimed, {"result": f"by {self.name}",
                                               "outputs": {"n": self.random.random()}})

    def claim(self):
        """The task it holds now, or None."""
        self.asks_since = self.asks_since or now()
        started, ended, answer = self.timed(
            "POST", f"/api/agents/{self.name}/next-task",
            {"projectId": self.yard.project["id"], "waitSeconds": self.yard.wait_seconds})
        if outcome_of(answer) != OK:
            if outcome_of(answer) == REFUSED:
                raise AssertionError(f"a claim was refused: {answer}")
            self.record("claim", (started, ended), answer)
            return None
        asked, self.asks_since = self.asks_since, None
        if not answer.json["success"]:
            self.yard.recorder.add(Operation("claim", self.name, started, ended, REFUSED))
            return None
        task = answer.data["task"]
        # Without trust in the servers' clocks: it was granted after it was first asked for, in the
        # millisecond at whose begin the lease begins.
        granted = (epoch_seconds(task["assignedAt"]) if self.yard.trusts_clocks
                   else asked - 0.001)
        self.record("claim", (started, ended), answer, task=task["id"], epoch=task["leaseEpoch"],
                    lease_ends=granted + self.yard.lease_seconds)
        return task

    def vanish(self, task):
        """Forgets the task and is somebody else from now on: its lease has to run out."""
        self.yard.vanished.append(task["id"])
        self.lives += 1
        self.name = f"{self.first_name}.{self.lives}"

    def extend(self, task):
        started, ended, answer = self.timed(
            "POST", f"/api/tasks/{task['id']}/extend-lease",
            {"agentName": self.name, "extensionMinutes": 0.01})
        ends = 0
        if outcome_of(answer) == OK:
            ends = (epoch_seconds(answer.data["leaseExpiresAt"]) if self.yard.trusts_clocks
                    else started + 0.599)
        self.record("extend", (started, ended), answer, task=task["id"],
                    epoch=task["leaseEpoch"], lease_ends=ends)

    def end(self, kind, task, content):
        """Completes or fails, again and again until the outcome is known."""
        while True:
            started, ended, answer = self.timed(
                "POST", f"/api/tasks/{task['id']}/{kind}",
                {"agentName": self.name, "leaseEpoch": task["leaseEpoch"], **content})
            self.record(kind, (started, ended), answer, task=task["id"],
                        epoch=task["leaseEpoch"], content=content)
            if outcome_of(answer) != UNKNOWN:
                return
            if self.yard.stop_repeating.is_set():
                return


class Yard:
    """One project on one server with all its workers. Thread: the test's; workers only read."""

    def __init__(self, server, name, lease_seconds=3, max_retries=100, wait_seconds=1,
                 tasks_max=10**9, trusts_clocks=True):
        self.trusts_clocks = trusts_clocks  # of the servers
        self.server, self.token = server, server.admin_token()
        self.admin = Client(server, self.token)
        self.lease_seconds, self.wait_seconds = lease_seconds, wait_seconds
        self.tasks_max = tasks_max
        self.project = self.made("/api/projects", {"name": name})
        self.kind = self.made(f"/api/projects/{self.project['id']}/task-types",
                              {"name": "work", "leaseDurationSeconds": lease_seconds,
                               "maxRetries": max_retries})
        self.recorder, self.vanished, self.workers = Recorder(), [], []
        self.stop_producing, self.stop_working = threading.Event(), threading.Event()
        self.stop_repeating = threading.Event()

    def made(self, path, body):
        answer = self.admin.post(path, body)
        if answer.status != 201:
            raise AssertionError(str(answer))
        return answer.data

    def start(self, workers):
        self.workers += workers
        for worker in workers:
            worker.start()

    def crash(self):
        self.server.kill()
        self.server.restart()

    def finish(self, seconds=60):
        """Stops all workers; fails when one of them did."""
        self.stop_producing.set()
        self.stop_working.set()
        for worker in self.workers:
            worker.join(seconds)
        self.stop_repeating.set()
        for worker in self.workers:
            if worker.failure:
                raise AssertionError(f"{worker.name}: {worker.failure!r}") from worker.failure
            if worker.is_alive():
                raise AssertionError(f"{worker.name} did not stop within {seconds} s")

    def tasks(self, **query):
        return self.admin.all_tasks(self.project["id"], **query)

    def stats(self):
        return self.admin.get(f"/api/projects/{self.project['id']}/stats").data
