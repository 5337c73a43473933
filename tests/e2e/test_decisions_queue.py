"""Decisions A16 to A19 of the design and promises P2, P3, P5: claims, leases, retries."""

import datetime
import threading
import time
import unittest

from api import ApiTest, Client, metric
from server import Server, eventually


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class QueueTest(ApiTest):
    def status_of(self, task):
        return self.read_task(task)["status"]

    def until_status(self, task, status):
        eventually(lambda: self.status_of(task) == status, f"task {task['id']} is {status}")
        return self.read_task(task)

    def extend(self, task, agent, minutes, **fields):
        return self.admin.post(f"/api/tasks/{task['id']}/extend-lease",
                               {"agentName": agent, "extensionMinutes": minutes, **fields})


class A16NextTask(QueueTest):
    def test_tasks_come_in_creation_order(self):
        project, _, tasks = self.workshop(tasks=5)
        claimed = [self.claim(f"a{n}", project)["id"] for n in range(5)]
        self.assertEqual(claimed, [task["id"] for task in tasks])

    def test_the_own_live_lease_comes_first_and_is_not_renewed(self):
        project, _, _ = self.workshop(tasks=2)
        first = self.expect(200, self.ask_next(self.admin, "a", project)).data
        again = self.expect(200, self.ask_next(self.admin, "a", project)).data
        self.assertEqual(again, first)
        self.assertEqual(again["task"]["leaseEpoch"], 1)

    def test_the_lease_is_resumed_by_name_from_another_session(self):
        project, _, _ = self.workshop(tasks=2)
        first = self.claim("a", project, self.agent("a", project))
        self.assertEqual(self.claim("a", project, self.agent("a", project))["id"], first["id"])

    def test_data_also_carries_the_id_of_the_task(self):
        project, _, (task,) = self.workshop(tasks=1)
        data = self.expect(200, self.ask_next(self.admin, "a", project)).data
        self.assertEqual((data["id"], data["task"]["id"]), (task["id"], task["id"]))

    def test_the_project_may_be_given_by_name(self):
        project, _, (task,) = self.workshop(tasks=1)
        answer = self.admin.post("/api/agents/a/next-task", {"projectId": project["name"]})
        self.assertEqual(self.expect(200, answer).data["id"], task["id"])

    def test_wait_seconds_are_whole_numbers_from_0_to_60(self):
        project = self.project()
        for wrong in (-1, 61, 0.5, "1", True):
            with self.subTest(wrong):
                self.invalid(self.ask_next(self.admin, "a", project, waitSeconds=wrong),
                             "waitSeconds")
        self.expect(200, self.ask_next(self.admin, "a", project, waitSeconds=0))

    def test_an_unknown_project_is_404(self):
        self.refused(404, self.admin.post("/api/agents/a/next-task", {"projectId": "nowhere"}))


class P2OneHolder(QueueTest):
    def test_many_agents_at_once_get_a_task_each_and_never_the_same(self):
        project, _, tasks = self.workshop(tasks=20)
        got, start = [], threading.Barrier(20)

        def ask(n):
            client = Client(self.server, self.admin.token)
            start.wait(10)
            got.append(self.ask_next(client, f"a{n}", project).data["id"])
            client.close()
        threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self.assertEqual(sorted(got), sorted(task["id"] for task in tasks))

    def test_one_name_asking_at_once_from_many_places_holds_one_task(self):
        project, _, _ = self.workshop(tasks=5)
        got = []

        def ask():
            client = Client(self.server, self.admin.token)
            got.append(self.ask_next(client, "same", project).data["id"])
            client.close()
        threads = [threading.Thread(target=ask) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self.assertEqual((len(got), len(set(got))), (10, 1))
        self.assertEqual(self.read_project(project)["stats"]["runningTasks"], 1)

    def test_a_superseded_holder_gets_409_for_everything_and_changes_nothing(self):
        project, _, (task,) = self.workshop(tasks=1, leaseDurationSeconds=1)
        old = self.claim("old", project)
        self.until_status(task, "queued")
        self.claim("new", project)
        self.expect(200, self.extend(task, "new", 5))
        with self.nothing_changes_in(project):
            self.refused(409, self.complete(task, "old"))
            self.refused(409, self.fail_task(task, "old"))
            self.refused(409, self.extend(task, "old", 1))
        self.assertEqual(self.read_task(task)["leaseEpoch"], old["leaseEpoch"] + 1)

    def test_an_old_lease_token_or_epoch_of_the_same_agent_is_409(self):
        project, _, (task,) = self.workshop(tasks=1)
        old = self.expect(200, self.ask_next(self.admin, "a", project)).data
        old_token = old["task"].get("leaseToken") or old.get("leaseToken")
        self.expect(200, self.fail_task(task, "a"))
        new = self.expect(200, self.ask_next(self.admin, "a", project)).data
        new_token = new["task"].get("leaseToken") or new.get("leaseToken")
        self.assertNotEqual(new_token, old_token)
        with self.nothing_changes_in(project):
            self.refused(409, self.complete(task, "a", leaseToken=old_token))
            self.refused(409, self.complete(task, "a", leaseEpoch=1))
        self.expect(200, self.complete(task, "a", leaseToken=new_token, leaseEpoch=2))

    def test_who_never_held_it_gets_409(self):
        project, _, (task,) = self.workshop(tasks=1)
        with self.nothing_changes_in(project):
            self.refused(409, self.complete(task, "a"))
            self.refused(409, self.fail_task(task, "a"))
            self.refused(409, self.extend(task, "a", 1))


class P3TerminalOnce(QueueTest):
    def test_repeating_the_same_complete_is_200_and_a_different_one_409(self):
        project, _, (task,) = self.workshop(tasks=1)
        self.claim("a", project)
        first = self.expect(200, self.complete(task, "a", {"x": 1}, outputs={"y": 2})).data
        with self.nothing_changes_in(project):
            again = self.expect(200, self.complete(task, "a", {"x": 1}, outputs={"y": 2})).data
            self.assertEqual(again, first)
            self.refused(409, self.complete(task, "a", {"x": 2}, outputs={"y": 2}))
            self.refused(409, self.complete(task, "a", {"x": 1}, outputs={}))
            self.refused(409, self.complete(task, "b", {"x": 1}, outputs={"y": 2}))
            self.refused(409, self.fail_task(task, "a"))

    def test_a_failed_task_takes_no_completion(self):
        project, _, (task,) = self.workshop(tasks=1)
        self.claim("a", project)
        failed = self.expect(200, self.fail_task(task, "a", canRetry=False)).data
        self.assertEqual((failed["status"], failed["error"]), ("failed", "broken"))
        self.assertIn("failedAt", failed)
        with self.nothing_changes_in(project):
            self.refused(409, self.complete(task, "a"))


class A17Failing(QueueTest):
    def test_error_is_required_and_can_retry_defaults_to_true(self):
        project, _, (task,) = self.workshop(tasks=1)
        self.claim("a", project)
        path = f"/api/tasks/{task['id']}/fail"
        with self.nothing_changes_in(project):
            self.invalid(self.admin.post(path, {"agentName": "a"}), "error")
            self.invalid(self.admin.post(path, {"agentName": "a", "error": "", "canRetry": 1}),
                         "error", "canRetry")
        self.assertEqual(self.expect(200, self.fail_task(task, "a")).data["status"], "queued")

    def test_it_is_retried_while_retry_count_is_below_max_retries(self):
        project, _, (task,) = self.workshop(tasks=1, maxRetries=2)
        seen = []
        for _ in range(3):
            self.claim("a", project)
            failed = self.expect(200, self.fail_task(task, "a")).data
            seen.append((failed["status"], failed["retryCount"]))
        self.assertEqual(seen, [("queued", 1), ("queued", 2), ("failed", 2)])
        self.assertEqual(self.read_project(project)["stats"]["failedTasks"], 1)

    def test_a_retried_task_keeps_its_place_in_the_queue(self):
        project, _, (first, second, third) = self.workshop(tasks=3)
        self.claim("a", project)
        self.claim("b", project)
        self.expect(200, self.fail_task(second, "b"))
        self.expect(200, self.fail_task(first, "a"))
        self.assertEqual([self.claim(name, project)["id"] for name in "xyz"],
                         [first["id"], second["id"], third["id"]])

    def test_a_lease_that_runs_out_is_an_attempt_with_status_timeout(self):
        project, _, (task,) = self.workshop(tasks=1, leaseDurationSeconds=1, maxRetries=1)
        self.claim("a", project)
        again = self.until_status(task, "queued")
        self.assertEqual((again["retryCount"], again["attempts"][0]["status"],
                          again["attempts"][0]["agentName"]), (1, "timeout", "a"))
        self.claim("b", project)
        final = self.until_status(task, "failed")
        self.assertEqual([attempt["status"] for attempt in final["attempts"]],
                         ["timeout", "timeout"])


class A18Expiry(QueueTest):
    def test_an_expired_holders_complete_is_409_even_if_nobody_took_the_task(self):
        project, _, (task,) = self.workshop(tasks=1, leaseDurationSeconds=1)
        self.claim("a", project)
        self.until_status(task, "queued")
        with self.nothing_changes_in(project):
            self.refused(409, self.complete(task, "a"))
            self.refused(409, self.extend(task, "a", 1))

    def test_a_lease_never_ends_early(self):
        project, _, (task,) = self.workshop(tasks=1, leaseDurationSeconds=2)
        before = time.monotonic()
        self.claim("a", project)
        self.until_status(task, "queued")
        self.assertGreaterEqual(time.monotonic() - before, 2)

    def test_cleanup_leases_leaves_live_leases_alone(self):
        project, _, (task,) = self.workshop(tasks=1)
        self.claim("a", project)
        answer = self.expect(200, self.admin.post(f"/api/projects/{project['id']}/cleanup-leases"))
        self.assertEqual(answer.data, {"reclaimedTasks": 0, "cleanedAgents": 0})
        self.assertEqual(self.status_of(task), "running")

    def test_after_cleanup_leases_no_expired_lease_is_left(self):
        project, _, tasks = self.workshop(tasks=2, leaseDurationSeconds=1)
        ends = [instant(self.claim(name, project)["leaseExpiresAt"]) for name in "ab"]
        eventually(lambda: datetime.datetime.now(datetime.timezone.utc) > max(ends), "the end")
        cleaned = self.expect(200, self.admin.post(
            f"/api/projects/{project['id']}/cleanup-leases")).data
        self.assertLessEqual(cleaned["reclaimedTasks"], 2)
        self.assertLessEqual(cleaned["cleanedAgents"], cleaned["reclaimedTasks"])
        self.assertEqual([self.status_of(task) for task in tasks], ["queued", "queued"])


class A19Extend(QueueTest):
    def test_the_new_end_is_the_current_end_plus_the_extension(self):
        project, _, (task,) = self.workshop(tasks=1)
        before = self.claim("a", project)
        for minutes in (30, 0.5):
            after = self.expect(200, self.extend(task, "a", minutes)).data
            added = instant(after["leaseExpiresAt"]) - instant(before["leaseExpiresAt"])
            # The end is kept on a steady clock; as a wall clock time it is rounded.
            self.assertAlmostEqual(added.total_seconds(), minutes * 60, delta=0.01)
            self.assertEqual(self.read_task(task)["leaseExpiresAt"], after["leaseExpiresAt"])
            before = after

    def test_the_extension_is_a_number_above_0_and_at_most_1440(self):
        project, _, (task,) = self.workshop(tasks=1)
        self.claim("a", project)
        with self.nothing_changes_in(project):
            for wrong in (0, -1, 1440.5, "30", None, True):
                with self.subTest(wrong):
                    self.invalid(self.extend(task, "a", wrong), "extensionMinutes")
            self.invalid(self.admin.post(f"/api/tasks/{task['id']}/extend-lease",
                                         {"agentName": "a"}), "extensionMinutes")
        self.expect(200, self.extend(task, "a", 1440))

    def test_only_the_holder_may_extend(self):
        project, _, (task,) = self.workshop(tasks=1)
        self.claim("a", project)
        with self.nothing_changes_in(project):
            self.refused(409, self.extend(task, "b", 1))

    def test_an_extended_lease_outlives_its_first_end(self):
        project, _, (task,) = self.workshop(tasks=1, leaseDurationSeconds=1)
        first_end = instant(self.claim("a", project)["leaseExpiresAt"])
        self.expect(200, self.extend(task, "a", 1))
        eventually(lambda: datetime.datetime.now(datetime.timezone.utc)
                   > first_end + datetime.timedelta(seconds=1), "the first end has passed")
        self.expect(200, self.complete(task, "a"))


class P6Restart(unittest.TestCase):
    def running_task(self, server, admin):
        """(the project, its task as the agent "a" got it for two seconds)"""
        project = admin.post("/api/projects", {"name": "p"}).data
        kind = admin.post(f"/api/projects/{project['id']}/task-types",
                          {"name": "t", "leaseDurationSeconds": 2}).data
        admin.post(f"/api/projects/{project['id']}/tasks",
                   {"typeId": kind["id"], "instructions": "x"})
        claim = admin.post("/api/agents/a/next-task", {"projectId": project["id"]})
        self.assertEqual(claim.status, 200, str(claim))
        return project, claim.data["task"]

    def test_leases_run_out_after_a_restart_though_nobody_asks_for_the_project(self):
        with Server() as server:
            admin = Client(server, server.admin_token())
            self.running_task(server, admin)
            server.kill()
            server.restart()
            eventually(lambda: metric(admin, "lease_expirations_total") == 1,
                       "the restarted lease has run out", 15)

    def test_a_restarted_node_restarts_running_leases_in_full(self):
        with Server() as server:
            admin = Client(server, server.admin_token())
            project, claim = self.running_task(server, admin)
            server.kill()
            eventually(lambda: datetime.datetime.now(datetime.timezone.utc)
                       > instant(claim["leaseExpiresAt"]), "the lease's first end has passed")
            restarted = time.monotonic()
            server.restart()
            again = admin.post("/api/agents/a/next-task", {"projectId": project["id"]}).data["task"]
            self.assertEqual((again["id"], again["leaseEpoch"]), (claim["id"], 1))
            eventually(lambda: admin.get(f"/api/tasks/{claim['id']}").data["status"] == "queued",
                       "the restarted lease runs out too")
            self.assertGreaterEqual(time.monotonic() - restarted, 2)


if __name__ == "__main__":
    unittest.main()
