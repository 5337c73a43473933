"""Decision A20 of the design: health, metrics, the API's own description, statistics."""

import re
import unittest

from api import ApiTest


class A20Monitoring(ApiTest):
    def test_none_of_these_needs_a_token(self):
        for path in ("/health", "/metrics", "/metrics/json", "/api/docs", "/api/openapi.json"):
            with self.subTest(path):
                self.assertEqual(self.stranger().get(path).status, 200)

    def test_openapi_describes_every_documented_route(self):
        document = self.expect(200, self.stranger().get("/api/openapi.json")).json
        self.assertTrue(document["openapi"].startswith("3.1"))
        described = {(method.upper(), path) for path, methods in document["paths"].items()
                     for method in methods if method in ("get", "post", "put", "delete")}
        documented = {
            ("POST", "/api/auth/login"), ("POST", "/api/auth/logout"),
            ("GET", "/api/auth/session"), ("PUT", "/api/auth/session"),
            ("GET", "/api/projects"), ("POST", "/api/projects"),
            ("GET", "/api/projects/{projectId}"), ("PUT", "/api/projects/{projectId}"),
            ("DELETE", "/api/projects/{projectId}"), ("GET", "/api/projects/{projectId}/stats"),
            ("GET", "/api/projects/{projectId}/task-types"),
            ("POST", "/api/projects/{projectId}/task-types"),
            ("GET", "/api/task-types/{typeId}"), ("PUT", "/api/task-types/{typeId}"),
            ("DELETE", "/api/task-types/{typeId}"), ("GET", "/api/projects/{projectId}/tasks"),
            ("POST", "/api/projects/{projectId}/tasks"),
            ("POST", "/api/projects/{projectId}/tasks/bulk"), ("GET", "/api/tasks/{taskId}"),
            ("PUT", "/api/tasks/{taskId}"), ("DELETE", "/api/tasks/{taskId}"),
            ("GET", "/api/projects/{projectId}/agents"),
            ("GET", "/api/projects/{projectId}/peek-next-task"),
            ("POST", "/api/agents/{agentName}/next-task"),
            ("POST", "/api/tasks/{taskId}/complete"), ("POST", "/api/tasks/{taskId}/fail"),
            ("POST", "/api/projects/{projectId}/cleanup-leases"),
            ("POST", "/api/tasks/{taskId}/extend-lease")}
        self.assertEqual(documented - described, set())

    def test_every_route_of_openapi_exists(self):
        document = self.stranger().get("/api/openapi.json").json
        for path, methods in document["paths"].items():
            real = re.sub(r"\{\w+\}", "x", path)
            for method in methods:
                if method not in ("get", "post", "put", "delete") or path.endswith("/{file}"):
                    continue
                answer = self.stranger().request(method.upper(), real)
                with self.subTest(f"{method} {path}"):
                    self.assertNotIn(answer.status, (404, 405, 500), str(answer))

    def test_docs_pull_nothing_from_outside(self):
        page = self.stranger().get("/api/docs").body.decode()
        self.assertNotRegex(page, r"(src|href)=[\"']?(https?:)?//")
        links = re.findall(r"(?:src|href)=\"([^\"]+)\"", page)
        self.assertTrue(links)
        for link in links:
            path = link if link.startswith("/") else f"/api/docs/{link.removeprefix('./')}"
            with self.subTest(path):
                self.assertEqual(self.stranger().get(path).status, 200)

    def test_metrics_count_requests(self):
        before = self.admin.get("/metrics/json").data["requests_total"]
        for _ in range(10):
            self.admin.get("/api/projects")
        self.assertGreaterEqual(self.admin.get("/metrics/json").data["requests_total"],
                                before + 10)

    def test_active_sessions_are_counted(self):
        before = self.admin.get("/metrics/json").data["active_sessions"]
        project = self.project()
        for name in "abc":
            self.login(name, project)
        self.assertEqual(self.admin.get("/metrics/json").data["active_sessions"], before + 3)


class A20Statistics(ApiTest):
    def stats(self, project):
        return self.expect(200, self.admin.get(f"/api/projects/{project['id']}/stats")).data

    def test_statistics_of_the_last_hour(self):
        project, _, tasks = self.workshop(tasks=4, maxRetries=0)
        for task in tasks[:3]:
            self.claim("a", project)
            self.expect(200, self.complete(task, "a"))
        self.claim("a", project)
        self.expect(200, self.fail_task(tasks[3], "a"))
        recent = self.stats(project)["recentActivity"]
        self.assertEqual((recent["tasksCompletedLastHour"], recent["tasksFailedLastHour"]), (3, 1))
        self.assertGreaterEqual(recent["averageTaskDuration"], 0)

    def test_a_new_project_has_quiet_statistics(self):
        stats = self.stats(self.project())
        self.assertEqual((stats["queueDepth"], stats["activeAgents"], stats["recentActivity"]),
                         (0, 0, {"tasksCompletedLastHour": 0, "tasksFailedLastHour": 0,
                                 "averageTaskDuration": 0}))


if __name__ == "__main__":
    unittest.main()
