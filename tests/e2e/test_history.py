"""Tests of the history checker: each promise broken once by hand must be found."""

import copy
import unittest

from history import OK, REFUSED, UNKNOWN, History, Operation, wrong_counts

LEASE = 10.0


def create(task, at, outcome=OK):
    return Operation("create", "producer", at, at + 0.1, outcome, task=task,
                     content={"instructions": f"text of {task}"})


def claim(agent, task, epoch, at, outcome=OK):
    return Operation("claim", agent, at, at + 0.1, outcome, task=task, epoch=epoch,
                     lease_ends=at + LEASE)


def complete(agent, task, epoch, at, outcome=OK, result="r"):
    return Operation("complete", agent, at, at + 0.1, outcome, task=task, epoch=epoch,
                     content={"result": result})


def fail(agent, task, epoch, at, outcome=OK, error="e"):
    return Operation("fail", agent, at, at + 0.1, outcome, task=task, epoch=epoch,
                     content={"error": error})


def extend(agent, task, epoch, at, ends, outcome=OK):
    return Operation("extend", agent, at, at + 0.1, outcome, task=task, epoch=epoch,
                     lease_ends=ends)


def completed(task, agent="a", result="r", earlier=()):
    attempts = [*earlier, {"agentName": agent, "status": "completed", "result": result}]
    return {"id": task, "instructions": f"text of {task}", "status": "completed",
            "assignedTo": agent, "result": result, "leaseEpoch": len(attempts),
            "attempts": attempts}


def queued(task, *attempts):
    return {"id": task, "instructions": f"text of {task}", "status": "queued",
            "leaseEpoch": len(attempts), "attempts": list(attempts)}


def ended(agent, status, error="e"):
    return {"agentName": agent, "status": status, "error": error}


GOOD = [create("t", 0), claim("a", "t", 1, 1), complete("a", "t", 1, 2)]
GOOD_END = [completed("t")]


class CheckerTest(unittest.TestCase):
    def found(self, operations, last_tasks):
        return History(operations, last_tasks).check()

    def finds(self, promise, operations, last_tasks):
        found = self.found(operations, last_tasks)
        self.assertTrue(any(each.startswith(f"{promise}:") for each in found), found)

    def passes(self, operations, last_tasks):
        self.assertEqual(self.found(operations, last_tasks), [])


class GoodHistories(CheckerTest):
    def test_a_plain_life_passes(self):
        self.passes(GOOD, GOOD_END)

    def test_unknown_outcomes_may_or_may_not_have_been_done(self):
        unknown = create("t", 0, UNKNOWN)
        unknown.task = ""
        self.passes([unknown], [])
        self.passes([unknown, claim("a", "t", 1, 1), complete("a", "t", 1, 2, UNKNOWN)], GOOD_END)
        self.passes([create("t", 0), claim("a", "t", 1, 1), fail("a", "t", 1, 2, UNKNOWN),
                     claim("b", "t", 2, 3), complete("b", "t", 2, 4)],
                    [completed("t", "b", earlier=[ended("a", "failed")])])

    def test_a_lease_that_ran_out_may_be_given_to_another(self):
        self.passes([create("t", 0), claim("a", "t", 1, 1), claim("b", "t", 2, 1 + LEASE),
                     complete("a", "t", 1, 12, REFUSED), complete("b", "t", 2, 13)],
                    [completed("t", "b", earlier=[ended("a", "timeout")])])

    def test_asking_and_completing_again_passes(self):
        self.passes([create("t", 0), claim("a", "t", 1, 1), claim("a", "t", 1, 2),
                     complete("a", "t", 1, 3, UNKNOWN), complete("a", "t", 1, 4),
                     complete("a", "t", 1, 5), complete("b", "t", 0, 6, REFUSED)], GOOD_END)


class BrokenP1(CheckerTest):
    def test_an_acknowledged_task_is_missing(self):
        self.finds("P1", [create("t", 0)], [])

    def test_an_acknowledged_task_has_other_content(self):
        self.finds("P1", GOOD, [{**GOOD_END[0], "instructions": "altered"}])

    def test_a_task_is_there_that_nobody_sent(self):
        self.finds("P1", GOOD, [*GOOD_END, queued("u")])

    def test_a_task_that_was_sent_once_is_there_twice(self):
        self.finds("P1", GOOD, [*GOOD_END, {**queued("u"), "instructions": "text of t"}])

    def test_an_acknowledged_complete_is_missing_or_altered(self):
        self.finds("P1", GOOD, [queued("t", ended("a", "timeout"))])
        self.finds("P1", GOOD, [completed("t", result="another")])
        self.finds("P1", GOOD, [completed("t", agent="b")])

    def test_an_acknowledged_fail_is_missing_or_altered(self):
        operations = [create("t", 0), claim("a", "t", 1, 1), fail("a", "t", 1, 2)]
        self.passes(operations, [queued("t", ended("a", "failed"))])
        self.finds("P1", operations, [queued("t", ended("a", "timeout"))])
        self.finds("P1", operations, [queued("t", ended("a", "failed", "another"))])


class BrokenP2(CheckerTest):
    def test_one_epoch_has_two_holders(self):
        self.finds("P2", [create("t", 0), claim("a", "t", 1, 1), claim("b", "t", 1, 1 + LEASE)],
                   [queued("t", ended("a", "timeout"))])

    def test_a_lease_is_granted_while_another_is_alive(self):
        end = [queued("t", ended("a", "timeout"), ended("b", "timeout"))]
        self.finds("P2", [create("t", 0), claim("a", "t", 1, 1), claim("b", "t", 2, 5)], end)
        self.passes([create("t", 0), claim("a", "t", 1, 1), claim("b", "t", 2, 11)], end)

    def test_an_extended_lease_is_given_to_another_before_its_new_end(self):
        self.finds("P2", [create("t", 0), claim("a", "t", 1, 1), extend("a", "t", 1, 2, 30),
                          claim("b", "t", 2, 20)],
                   [queued("t", ended("a", "timeout"), ended("b", "timeout"))])

    def test_an_older_epoch_comes_after_a_newer_one(self):
        self.finds("P2", [create("t", 0), claim("b", "t", 2, 1), claim("a", "t", 1, 40)],
                   [queued("t", ended("a", "timeout"), ended("b", "timeout"))])

    def test_a_superseded_holder_succeeds(self):
        base = [create("t", 0), claim("a", "t", 1, 1), claim("b", "t", 2, 12)]
        end = [completed("t", earlier=[ended("a", "timeout")])]
        for late in (complete("a", "t", 1, 13), fail("a", "t", 1, 13),
                     extend("a", "t", 1, 13, 30)):
            self.finds("P2", [*base, late], end)

    def test_epochs_skip_a_number_or_an_attempt_is_anothers(self):
        skipped = copy.deepcopy(GOOD_END)
        skipped[0]["leaseEpoch"] = 2
        self.finds("P2", GOOD, skipped)
        foreign = copy.deepcopy(GOOD_END)
        foreign[0]["attempts"][0]["agentName"] = "b"
        self.finds("P2", GOOD, foreign)


class BrokenP3(CheckerTest):
    def test_two_agents_complete_one_task(self):
        self.finds("P3", [*GOOD, claim("b", "t", 2, 20), complete("b", "t", 2, 21)], GOOD_END)

    def test_one_agent_completes_twice_with_different_results(self):
        self.finds("P3", [*GOOD, complete("a", "t", 1, 3, result="another")], GOOD_END)

    def test_the_same_complete_is_refused(self):
        self.finds("P3", [*GOOD, complete("a", "t", 1, 3, REFUSED)], GOOD_END)

    def test_a_completed_task_is_granted_or_failed(self):
        self.finds("P3", [*GOOD, claim("b", "t", 2, 20)], GOOD_END)
        self.finds("P3", [*GOOD, fail("a", "t", 1, 20)], GOOD_END)


class BrokenP4(CheckerTest):
    TWO = [queued("t", ended("a", "timeout")), queued("u", ended("a", "timeout"))]

    def test_a_holder_gets_another_task(self):
        self.finds("P4", [create("t", 0), create("u", 0), claim("a", "t", 1, 1),
                          claim("a", "u", 1, 2)], self.TWO)

    def test_a_holder_gets_a_new_epoch_before_its_lease_ran_out(self):
        self.finds("P4", [create("t", 0), claim("a", "t", 1, 1), claim("a", "t", 2, 2)],
                   [queued("t", ended("a", "timeout"), ended("a", "timeout"))])

    def test_a_holder_gets_nothing(self):
        nothing = Operation("claim", "a", 2, 2.1, REFUSED)
        self.finds("P4", [create("t", 0), claim("a", "t", 1, 1), nothing], self.TWO[:1])

    def test_after_its_end_or_release_anything_may_come(self):
        self.passes([create("t", 0), create("u", 0), claim("a", "t", 1, 1),
                     claim("a", "u", 1, 20)], self.TWO)


class BrokenP5(unittest.TestCase):
    def order(self, *operations):
        return History([create("t", 0), create("u", 1), *operations]).wrong_order()

    def test_creation_order_passes(self):
        self.assertEqual(self.order(claim("a", "t", 1, 2), complete("a", "t", 1, 3),
                                    claim("a", "u", 1, 4)), [])

    def test_a_younger_task_comes_first(self):
        self.assertEqual(len(self.order(claim("a", "u", 1, 2))), 1)

    def test_a_retried_task_loses_its_place(self):
        lost = self.order(claim("a", "t", 1, 2), fail("a", "t", 1, 3), claim("a", "u", 1, 4))
        self.assertEqual(len(lost), 1)


class BrokenP9(unittest.TestCase):
    def test_any_wrong_number_is_found(self):
        tasks = [completed("t"), {**queued("u"), "status": "running", "assignedTo": "a"}]
        right = {"project": {"stats": {"totalTasks": 2, "completedTasks": 1, "failedTasks": 0,
                                       "queuedTasks": 0, "runningTasks": 1}},
                 "queueDepth": 0, "activeAgents": 1}
        self.assertEqual(wrong_counts(right, tasks), [])
        for name in right["project"]["stats"]:
            wrong = copy.deepcopy(right)
            wrong["project"]["stats"][name] += 1
            self.assertEqual(len(wrong_counts(wrong, tasks)), 1, name)
        for name in ("queueDepth", "activeAgents"):
            self.assertEqual(len(wrong_counts({**right, name: 7}, tasks)), 1, name)


if __name__ == "__main__":
    unittest.main()
