"""The reference's routes on sessions and monitoring, its error format, headers and status codes."""

import unittest

from api import ISO_8601, UUID, ApiTest, unique

NUMBER = (int, float)


class Sessions(ApiTest):
    def test_post_login_with_the_documented_body(self):
        project = self.project()
        answer = self.expect(200, self.stranger().post("/api/auth/login", {
            "agentName": "my-agent",
            "projectId": project["id"],
        }))
        self.assertIs(answer.json["success"], True)
        self.has_fields(answer.data, sessionId=str, token=str, expiresAt=str)
        self.assertRegex(answer.data["expiresAt"], ISO_8601)

    def test_the_token_is_taken_from_the_authorization_header(self):
        project = self.project()
        token = self.login("my-agent", project)["token"]
        self.expect(200, self.stranger(token).get("/api/projects"))
        self.refused(401, self.stranger().get("/api/projects"))
        self.refused(401, self.stranger("no-such-token").get("/api/projects"))

    def test_post_logout_ends_the_session(self):
        agent = self.agent(unique("agent"), self.project())
        answer = self.expect(200, agent.post("/api/auth/logout"))
        self.assertIs(answer.json["success"], True)
        self.has_fields(answer.data, message=str)
        self.refused(401, agent.get("/api/auth/session"))

    def test_get_session(self):
        project = self.project()
        login = self.login("security-analysis-agent", project)
        answer = self.expect(200, self.stranger(login["token"]).get("/api/auth/session"))
        session = answer.data
        self.assertEqual((session["sessionId"], session["agentName"], session["projectId"]),
                         (login["sessionId"], "security-analysis-agent", project["id"]))
        for name in ("createdAt", "expiresAt", "lastActivity"):
            self.assertRegex(session[name], ISO_8601)
        self.assertEqual(session["expiresAt"], login["expiresAt"])
        self.lacks(session, "token")

    def test_put_session_with_the_documented_body(self):
        agent = self.agent(unique("agent"), self.project())
        before = agent.get("/api/auth/session").data
        answer = self.expect(200, agent.put("/api/auth/session", {"extendBy": 3600}))
        self.assertEqual(answer.data["sessionId"], before["sessionId"])
        self.assertGreater(answer.data["expiresAt"], before["expiresAt"])


class Monitoring(ApiTest):
    def test_get_health(self):
        answer = self.expect(200, self.stranger().get("/health"))
        self.assertIs(answer.json["success"], True)
        health = answer.data
        self.assertEqual(health["status"], "healthy")
        self.assertRegex(health["timestamp"], ISO_8601)
        self.has_fields(health, uptime=NUMBER, storage=dict)
        self.assertIs(health["storage"]["healthy"], True)
        self.has_fields(health["storage"], provider=str)

    def test_get_metrics_in_prometheus_format(self):
        answer = self.stranger().get("/metrics")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["content-type"].startswith("text/plain"))
        text = answer.body.decode()
        self.assertRegex(text, r"(?m)^# TYPE \w+ (counter|gauge|histogram)$")
        self.assertRegex(text, r"(?m)^\w+(\{[^}]*\})? [0-9.e+-]+$")

    def test_get_metrics_json(self):
        answer = self.expect(200, self.stranger().get("/metrics/json"))
        self.assertIs(answer.json["success"], True)
        self.has_fields(answer.data, requests_total=int, requests_success=int,
                        requests_error=int, response_time_avg=NUMBER, active_sessions=int,
                        system=dict)
        self.has_fields(answer.data["system"], memory_usage=NUMBER, cpu_usage=NUMBER,
                        uptime=NUMBER)

    def test_get_api_docs(self):
        answer = self.stranger().get("/api/docs")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["content-type"].startswith("text/html"))
        self.assertIn(b"swagger", answer.body.lower())


class Errors(ApiTest):
    def test_the_documented_validation_error(self):
        error = self.refused(422, self.admin.post("/api/projects", {"name": "invalid name!"}))
        message = "Project name can only contain letters, numbers, hyphens, and underscores"
        self.assertEqual(error["error"], f"Validation failed: name: {message}")
        self.assertEqual(error["validationDetails"],
                         [{"field": "name", "message": message, "value": "invalid name!"}])

    def test_401_without_authentication(self):
        self.refused(401, self.stranger().get("/api/projects"))

    def test_404_for_what_does_not_exist(self):
        missing = "550e8400-e29b-41d4-a716-446655440000"
        for path in (f"/api/projects/{missing}", f"/api/task-types/{missing}",
                     f"/api/tasks/{missing}", "/api/nothing", "/"):
            self.refused(404, self.admin.get(path))

    def test_409_for_a_name_that_is_taken(self):
        project = self.project()
        self.refused(409, self.admin.post("/api/projects", {"name": project["name"]}))

    def test_400_for_a_body_that_is_not_json(self):
        self.refused(400, self.admin.request("POST", "/api/projects", raw=b"{name:"))

    def test_ids_are_uuids(self):
        project, kind, (task,) = self.workshop(tasks=1)
        for each in (project, kind, task):
            self.assertRegex(each["id"], UUID)


class Headers(ApiTest):
    def test_rate_limit_headers_are_in_api_answers(self):
        answer = self.admin.get("/api/projects")
        for name in ("limit", "remaining", "reset"):
            self.assertRegex(answer.headers[f"x-ratelimit-{name}"], r"^\d+$")

    def test_security_headers_are_in_every_answer(self):
        project = self.project()
        answers = [self.admin.get("/api/projects"),
                   self.admin.get(f"/api/projects/{project['id']}"),
                   self.admin.get("/health"), self.admin.get("/metrics"),
                   self.admin.get("/api/docs"), self.admin.get("/nothing"),
                   self.stranger().get("/api/projects"),
                   self.admin.request("POST", "/api/projects", raw=b"{")]
        for answer in answers:
            with self.subTest(answer.request):
                self.assertEqual(answer.headers.get("x-content-type-options"), "nosniff")
                self.assertEqual(answer.headers.get("x-frame-options"), "DENY")
                self.assertEqual(answer.headers.get("x-xss-protection"), "1; mode=block")

    def test_cross_origin_requests_are_allowed(self):
        answer = self.admin.request("GET", "/api/projects",
                                    headers={"Origin": "http://elsewhere.example"})
        self.assertEqual(answer.headers.get("access-control-allow-origin"), "*")


if __name__ == "__main__":
    unittest.main()
