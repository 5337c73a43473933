"""waitSeconds of next-task: who waits, who is woken, and what happens to those who hang up."""

import json
import socket
import struct
import threading
import unittest

from api import ApiTest, Client, metric, parked_polls
from server import eventually


class Poll(threading.Thread):
    """One next-task request of one agent, waiting in its own thread."""

    def __init__(self, test, agent, project, seconds=30):
        super().__init__(daemon=True)
        self.agent, self.answer = agent, None
        self.path = f"/api/agents/{agent}/next-task"
        self.body = {"projectId": project["id"], "waitSeconds": seconds}
        self.client = Client(test.server, test.admin.token)
        test.addCleanup(self.client.close)
        self.start()

    def run(self):
        self.answer = self.client.post(self.path, self.body)

    def result(self, test):
        self.join(60)
        test.assertIsNotNone(self.answer, f"{self.agent} got no answer")
        return test.expect(200, self.answer)

    def task_id(self, test):
        answer = self.result(test)
        test.assertTrue(answer.json["success"], str(answer))
        return answer.data["id"]


class LongPollTest(ApiTest):
    def parked(self):
        return parked_polls(self.admin)

    def park(self, agent, project, seconds=30):
        """A poll that the server surely holds."""
        before = self.parked()
        poll = Poll(self, agent, project, seconds)
        eventually(lambda: self.parked() > before, f"the poll of {agent} is parked")
        return poll


class LongPoll(LongPollTest):
    def test_a_task_that_exists_is_given_at_once(self):
        project, _, (task,) = self.workshop(tasks=1)
        answer = self.expect(200, self.ask_next(self.admin, "a", project, waitSeconds=60))
        self.assertEqual(answer.data["id"], task["id"])

    def test_the_own_live_lease_is_given_at_once(self):
        project, _, _ = self.workshop(tasks=1)
        held = self.claim("a", project)
        answer = self.expect(200, self.ask_next(self.admin, "a", project, waitSeconds=60))
        self.assertEqual(answer.data["id"], held["id"])

    def test_a_parked_poll_is_answered_when_a_task_is_created(self):
        project, kind, _ = self.workshop()
        poll = self.park("a", project)
        task = self.task(project, kind)
        self.assertEqual(poll.task_id(self), task["id"])

    def test_each_new_task_wakes_exactly_one_in_order_of_arrival(self):
        project, kind, _ = self.workshop()
        polls = [self.park(f"a{n}", project) for n in range(5)]
        for place, poll in enumerate(polls):
            task = self.task(project, kind)
            self.assertEqual(poll.task_id(self), task["id"])
            self.assertTrue(all(later.is_alive() for later in polls[place + 1:]))

    def test_a_bulk_wakes_as_many_as_it_has_tasks(self):
        project, kind, _ = self.workshop()
        polls = [self.park(f"a{n}", project) for n in range(4)]
        created = self.expect(201, self.admin.post(f"/api/projects/{project['id']}/tasks/bulk", {
            "tasks": [{"typeId": kind["id"], "instructions": str(n)} for n in range(3)]})).data
        self.assertEqual([poll.task_id(self) for poll in polls[:3]],
                         [task["id"] for task in created["createdTasks"]])
        self.assertTrue(polls[3].is_alive())
        last = self.task(project, kind)
        self.assertEqual(polls[3].task_id(self), last["id"])

    def test_nothing_until_the_end_is_the_documented_success_false(self):
        project = self.project()
        answer = Poll(self, "a", project, seconds=1).result(self)
        self.assertEqual(answer.json, {
            "success": False, "error": "No tasks available for assignment",
            "data": {"task": None, "agentName": "a"}})

    def test_an_answer_at_the_end_never_takes_a_task_along(self):
        project, kind, _ = self.workshop()
        Poll(self, "a", project, seconds=1).result(self)
        task = self.task(project, kind)
        self.assertEqual(self.read_task(task)["status"], "queued")

    def test_a_failed_task_that_is_retried_wakes_a_poll(self):
        project, _, (task,) = self.workshop(tasks=1)
        self.claim("a", project)
        poll = self.park("b", project)
        self.expect(200, self.fail_task(task, "a"))
        self.assertEqual(poll.task_id(self), task["id"])

    def test_a_lease_that_runs_out_wakes_a_poll(self):
        project, _, (task,) = self.workshop(tasks=1, leaseDurationSeconds=1)
        self.claim("a", project)
        self.assertEqual(Poll(self, "b", project).task_id(self), task["id"])

    def test_a_closed_project_gives_its_polls_nothing(self):
        project, _, (task,) = self.workshop(tasks=1)
        self.claim("a", project)
        poll = self.park("b", project, 3)
        self.expect(200, self.admin.put(f"/api/projects/{project['id']}", {"status": "closed"}))
        self.expect(200, self.fail_task(task, "a"))
        poll.join(40)
        self.assertIs(poll.answer.json["success"], False, str(poll.answer))
        self.assertEqual(self.read_task(task)["status"], "queued")

    def test_deleting_the_project_ends_its_polls_with_404(self):
        project = self.project()
        poll = self.park("a", project)
        self.expect(200, self.admin.delete(f"/api/projects/{project['id']}"))
        poll.join(40)
        self.assertIsNotNone(poll.answer)
        self.refused(404, poll.answer)

    def test_polls_of_another_project_are_left_alone(self):
        mine, mine_kind, _ = self.workshop()
        other, kind, _ = self.workshop()
        poll = self.park("a", mine)
        task = self.task(other, kind)
        self.assertEqual(self.read_task(task)["status"], "queued")
        self.assertTrue(poll.is_alive())
        self.task(mine, mine_kind)
        poll.result(self)


class HangingUp(LongPollTest):
    def raw_poll(self, agent, project, seconds=60):
        """A parked poll as a bare socket, so that it can be cut."""
        before = self.parked()
        body = json.dumps({"projectId": project["id"], "waitSeconds": seconds})
        connection = socket.create_connection(self.server.address()[:2], timeout=60)
        self.addCleanup(connection.close)
        connection.sendall((f"POST /api/agents/{agent}/next-task HTTP/1.1\r\nHost: e2e\r\n"
                            f"Authorization: Bearer {self.admin.token}\r\n"
                            "Content-Type: application/json\r\n"
                            f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
        eventually(lambda: self.parked() > before, f"the poll of {agent} is parked")
        return connection

    def close(self, connections):
        """As a client that ends does. Returns once the server has seen it."""
        for connection in connections:
            connection.close()
        # Answers from each of its threads, given after the news: nothing else shows that it knows.
        for _ in range(20):
            other = Client(self.server, self.admin.token)
            self.expect(200, other.get("/health"))
            other.close()

    def reset(self, connections):
        """As a machine that restarts does. Returns once the server has seen it."""
        left = metric(self.admin, "http_connections_open") - len(connections)
        for connection in connections:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        eventually(lambda: metric(self.admin, "http_connections_open") <= left,
                   "the server has seen the resets")

    def test_who_hung_up_is_skipped_and_the_next_one_gets_the_task(self):
        for hang_up in (self.close, self.reset):
            with self.subTest(hang_up.__name__):
                project, kind, _ = self.workshop()
                gone = [self.raw_poll(f"gone{n}", project) for n in range(3)]
                waiting = self.park("waiting", project)
                hang_up(gone)
                task = self.task(project, kind)
                self.assertEqual(waiting.task_id(self), task["id"])

    def test_with_nobody_left_the_task_stays_queued(self):
        project, kind, _ = self.workshop()
        self.reset([self.raw_poll("gone", project)])
        task = self.task(project, kind)
        self.assertEqual(self.read_task(task)["status"], "queued")
        self.assertEqual(self.claim("a", project)["id"], task["id"])

    def test_hanging_up_at_the_moment_of_the_grant_loses_nothing(self):
        """Whoever won the race: the task is queued, or held by the name that asked for it."""
        project, kind, _ = self.workshop()
        for n in range(20):
            connection = self.raw_poll(f"racer{n}", project)
            creating = threading.Thread(target=self.task, args=(project, kind))
            creating.start()
            connection.close()
            creating.join(30)
            self.assertTrue(self.claim(f"racer{n}", project))
            eventually(lambda: self.parked() == 0, "nobody waits")
        self.assertEqual(self.read_project(project)["stats"]["runningTasks"], 20)

    def test_a_second_poll_of_the_same_agent_takes_the_place_of_the_first(self):
        project, kind, _ = self.workshop()
        first = self.park("same", project)
        second = Poll(self, "same", project)
        self.assertIs(first.result(self).json["success"], False)
        task = self.task(project, kind)
        self.assertEqual(second.task_id(self), task["id"])


if __name__ == "__main__":
    unittest.main()
