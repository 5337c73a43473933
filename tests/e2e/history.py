"""Judges what clients saw of a server that was killed on the way: promises P1 to P5 and P9.

A history is a list of `Operation`s, each with the times of its request and answer on the client's
clock and an outcome:
  ok       the server said that it was done (2xx)
  refused  the server said that it was not (4xx, or no task there)
  unknown  no whole answer came, or a 5xx: it may or may not have been done
The last state is what the server shows once all is quiet. Every check gives a list of sentences,
one for each broken promise; an empty list is a pass. test_history.py shows each of them break.
"""

import collections
import datetime
import threading
import time
from dataclasses import dataclass, field

OK, REFUSED, UNKNOWN = "ok", "refused", "unknown"


@dataclass
class Operation:
    kind: str  # create, claim, complete, fail, extend
    actor: str  # the agent or the producer
    started: float
    ended: float
    outcome: str
    task: str = ""  # the id, where it is known
    epoch: int = 0  # claim: leaseEpoch
    lease_ends: float = 0  # claim, extend: the lease lives at least until then
    # create: instructions, variables; complete: result, outputs; fail: error
    content: dict = field(default_factory=dict)

    def __str__(self):
        return (f"{self.kind} of {self.task or self.content} by {self.actor} "
                f"epoch {self.epoch} [{self.started:.3f} {self.ended:.3f}] {self.outcome}")


class Recorder:
    """Collects operations. Thread: any."""

    def __init__(self):
        self.operations = []
        self._lock = threading.Lock()

    def add(self, operation):
        with self._lock:
            self.operations.append(operation)
        return operation


def now():
    return time.time()


def epoch_seconds(iso):
    return datetime.datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp()


class History:
    """Operations by time and by task, and the tasks as they are at the end, by id."""

    def __init__(self, operations, last_tasks=()):
        self.operations = sorted(operations, key=lambda op: op.started)
        self.last = {task["id"]: task for task in last_tasks}
        self.of_task = collections.defaultdict(list)
        for op in self.operations:
            if op.task:
                self.of_task[op.task].append(op)

    def pick(self, kind, outcome=OK, task=None):
        source = self.operations if task is None else self.of_task[task]
        return [op for op in source if op.kind == kind and op.outcome == outcome]

    def check(self):
        return (self.lost_creations() + self.lost_endings() + self.wrong_holders()
                + self.wrong_attempts() + self.second_endings() + self.lost_claims())

    # --- P1 ----------------------------------------------------------------------------------
    def lost_creations(self):
        """Every acknowledged task is there with its content, and none that nobody sent."""
        found = []
        for op in self.pick("create"):
            task = self.last.get(op.task)
            if task is None:
                found.append(f"P1: acknowledged, but not there: {op}")
            elif any(task.get(name) != value for name, value in op.content.items()):
                found.append(f"P1: acknowledged with other content: {op}, now {task}")
        sent = {op.content["instructions"] for op in self.operations if op.kind == "create"}
        found += [f"P1: a task that nobody created: {task}" for task in self.last.values()
                  if task["instructions"] not in sent]
        counts = collections.Counter(task["instructions"] for task in self.last.values())
        found += [f"P1: '{text}' was sent once and exists {count} times"
                  for text, count in counts.items() if count > 1]
        return found

    def lost_endings(self):
        """Every acknowledged complete and fail is there with its content."""
        found = []
        for op in self.pick("complete"):
            task = self.last.get(op.task, {})
            if task.get("status") != "completed" or task.get("assignedTo") != op.actor or any(
                    task.get(name) != value for name, value in op.content.items()):
                found.append(f"P1: acknowledged, but not so stored: {op}, now {task}")
        for op in self.pick("fail"):
            attempts = self.last.get(op.task, {}).get("attempts", [])
            if not any(each["agentName"] == op.actor and each["status"] == "failed"
                       and each.get("error") == op.content["error"] for each in attempts):
                found.append(f"P1: acknowledged, but no such attempt: {op}, now {attempts}")
        return found

    # --- P2 ----------------------------------------------------------------------------------
    def wrong_holders(self):
        """One agent per epoch, epochs that never step back, no two live leases, no late holders."""
        found = []
        for task in self.of_task:
            claims = self.pick("claim", task=task)
            for first in claims:
                for second in claims:
                    found += self._two_claims(first, second)
                found += self._acts_after(first, task)
        return found

    def _two_claims(self, first, second):
        if first.epoch == second.epoch and first.actor < second.actor:
            return [f"P2: one epoch, two holders: {first}; {second}"]
        if first.epoch >= second.epoch:
            return []
        if second.ended < first.started:
            return [f"P2: an older epoch was given after a newer one: {second}; then {first}"]
        if second.ended < self._lives_until(first) and not self._released(first, second.ended):
            return [f"P2: granted while an earlier lease was alive: {first}; {second}"]
        return []

    def _lives_until(self, claim):
        """The least time until which the lease of this claim lives, extended or not."""
        ends = [claim.lease_ends] + [
            op.lease_ends for op in self.of_task[claim.task]
            if op.kind == "extend" and op.outcome == OK and op.actor == claim.actor
            and op.epoch == claim.epoch]
        return max(ends)

    def _released(self, claim, before):
        """Whether the holder may have given the task back, or finished it, before that time."""
        return any(op.kind in ("complete", "fail") and op.outcome != REFUSED
                   and op.actor == claim.actor and op.started < before and op.epoch == claim.epoch
                   for op in self.of_task[claim.task])

    def _acts_after(self, newer, task):
        """An older holder that still succeeded after a newer grant was answered."""
        return [f"P2: a superseded holder succeeded: {op}; newer: {newer}"
                for op in self.of_task[task]
                if op.kind in ("complete", "fail", "extend") and op.outcome == OK
                and op.epoch < newer.epoch and op.started > newer.ended
                and not self._repeats(op)]

    def _repeats(self, op):
        """A repeat of an ending that was sent before gets the same answer (P3)."""
        return any(each.kind == op.kind and each.outcome != REFUSED and each is not op
                   and each.started < op.started and each.actor == op.actor
                   and each.content == op.content for each in self.of_task[op.task])

    def wrong_attempts(self):
        """Epochs grow by one with every grant: as many attempts as epochs, each its agent's."""
        found = []
        for task in self.last.values():
            attempts = task["attempts"]
            if len(attempts) != task["leaseEpoch"]:
                found.append(f"P2: {task['leaseEpoch']} epochs, {len(attempts)} attempts: {task}")
            for op in self.pick("claim", task=task["id"]):
                if op.epoch > len(attempts) or attempts[op.epoch - 1]["agentName"] != op.actor:
                    found.append(f"P2: no such attempt as was granted: {op}; {attempts}")
        return found

    # --- P3 ----------------------------------------------------------------------------------
    def second_endings(self):
        """A completed task stays as it is: no other completion, no grant, no failure after it."""
        found = []
        for done in self.pick("complete"):
            for op in self.of_task[done.task]:
                same = (op.actor, op.content) == (done.actor, done.content)
                if op.kind == "complete" and op.outcome == OK and not same:
                    found.append(f"P3: completed twice: {done}; {op}")
                if op.started <= done.ended:
                    continue
                if op.kind == "complete" and op.outcome == REFUSED and same:
                    found.append(f"P3: the same complete was refused: {done}; {op}")
                if op.kind in ("claim", "fail", "extend") and op.outcome == OK:
                    found.append(f"P3: after its completion {done} came {op}")
        return found

    # --- P4 ----------------------------------------------------------------------------------
    def lost_claims(self):
        """Who asks again while its lease lives gets the same task with the same epoch."""
        found = []
        by_actor = collections.defaultdict(list)
        for op in self.operations:
            if op.kind == "claim" and op.outcome != UNKNOWN:
                by_actor[op.actor].append(op)
        for asked in by_actor.values():
            for held, again in zip(asked, asked[1:]):
                if held.outcome != OK or again.ended >= self._lives_until(held):
                    continue
                same = (again.task, again.epoch) == (held.task, held.epoch)
                if not same and not self._released(held, again.ended):
                    found.append(f"P4: asked again, got something else: {held}; {again}")
        return found

    # --- P5 ----------------------------------------------------------------------------------
    def wrong_order(self):
        """With one consumer: each grant is the oldest task that was surely queued just then."""
        found, order = [], {}
        created = sorted(self.pick("create"), key=lambda op: op.ended)
        for place, op in enumerate(created):
            order[op.task] = place
        finished = set()
        for op in self.operations:
            if op.outcome == OK and op.kind == "complete":
                finished.add(op.task)
            if op.outcome != OK or op.kind != "claim":
                continue
            older = [each for each in created if each.ended < op.started
                     and each.task not in finished and order[each.task] < order[op.task]]
            if older:
                found.append(f"P5: {op} although an older task was queued: {older[0]}")
        return found


def wrong_counts(stats, tasks):
    """P9: the project's statistics against a recount of its tasks."""
    counts = collections.Counter(task["status"] for task in tasks)
    expected = {"totalTasks": len(tasks), **{
        f"{status}Tasks": counts[status] for status in ("queued", "running", "completed",
                                                        "failed")}}
    found = []
    if stats["project"]["stats"] != expected:
        found.append(f"P9: counters {stats['project']['stats']}, recounted {expected}")
    if stats["queueDepth"] != counts["queued"]:
        found.append(f"P9: queueDepth {stats['queueDepth']}, recounted {counts['queued']}")
    holders = {task["assignedTo"] for task in tasks if task["status"] == "running"}
    if stats["activeAgents"] != len(holders):
        found.append(f"P9: activeAgents {stats['activeAgents']}, recounted {len(holders)}")
    return found
