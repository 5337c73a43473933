"""Decisions A1 to A4 of the design: who may do what, and how sessions live."""

import datetime
import unittest

from api import ApiTest, Client, unique
from server import Server, run_binary


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class A1AdminToken(ApiTest):
    options = ("--bootstrap-project", "first-project")

    def test_the_file_is_readable_by_its_owner_only(self):
        mode = (self.server.data_dir / "admin.token").stat().st_mode & 0o777
        self.assertEqual(mode, 0o600)

    def test_the_admin_token_may_do_everything_in_every_project(self):
        project, kind, (task,) = self.workshop(tasks=1)
        self.claim("any", project)
        self.expect(200, self.admin.post(f"/api/tasks/{task['id']}/extend-lease",
                                         {"agentName": "any", "extensionMinutes": 1}))
        self.expect(200, self.complete(task, "any"))
        self.expect(200, self.admin.delete(f"/api/tasks/{task['id']}"))
        self.expect(200, self.admin.delete(f"/api/task-types/{kind['id']}"))
        self.expect(200, self.admin.delete(f"/api/projects/{project['id']}"))

    def test_bootstrap_project_is_created_if_absent_and_its_id_is_logged(self):
        found = [each for each in self.admin.get("/api/projects", limit=100).data
                 if each["name"] == "first-project"]
        self.assertEqual(len(found), 1)
        self.assertIn(found[0]["id"], self.server.log())

    def test_a_restart_keeps_the_token_and_the_bootstrap_project(self):
        with Server("--bootstrap-project", "kept") as server:
            token = server.admin_token()
            before = Client(server, token).get("/api/projects").data
            server.stop()
            server.restart()
            self.assertEqual(server.admin_token(), token)
            self.assertEqual(Client(server, token).get("/api/projects").data, before)

    def test_the_token_of_the_environment_wins_and_no_file_is_made(self):
        with Server(env={"TASKDRIVER_ADMIN_TOKEN": "from-the-environment-0123456789"}) as server:
            self.assertEqual(Client(server, "from-the-environment-0123456789")
                             .get("/api/projects").status, 200)
            self.assertFalse((server.data_dir / "admin.token").exists())


class A2Login(ApiTest):
    def test_login_takes_the_name_of_the_project_in_place_of_its_id(self):
        project = self.project()
        body = {"agentName": "a", "projectId": project["name"]}
        token = self.expect(200, self.stranger().post("/api/auth/login", body)).data["token"]
        self.assertEqual(self.stranger(token).get("/api/auth/session").data["projectId"],
                         project["id"])

    def test_login_to_an_unknown_project_is_404(self):
        for unknown in ("no-such-project", "550e8400-e29b-41d4-a716-446655440000"):
            self.refused(404, self.stranger().post(
                "/api/auth/login", {"agentName": "a", "projectId": unknown}))

    def test_login_without_its_fields_is_422_for_both(self):
        self.invalid(self.stranger().post("/api/auth/login", {}), "agentName", "projectId")

    def test_a_session_may_list_create_and_read_projects(self):
        mine, other = self.project(), self.project()
        agent = self.agent("a", mine)
        listed = self.expect(200, agent.get("/api/projects", limit=100)).data
        self.assertTrue({mine["id"], other["id"]} <= {each["id"] for each in listed})
        self.expect(201, agent.post("/api/projects", {"name": unique("project")}))
        self.expect(200, agent.get(f"/api/projects/{other['id']}"))

    def test_changes_and_everything_inside_another_project_is_403(self):
        mine = self.project()
        other, kind, (task, _) = self.workshop(tasks=2)
        self.claim("b", other)
        agent = self.agent("a", mine)
        inside = f"/api/projects/{other['id']}"
        with self.nothing_changes_in(other):
            for method, path, body in (
                    ("PUT", inside, {"description": "x"}),
                    ("DELETE", inside, None),
                    ("GET", f"{inside}/task-types", None),
                    ("POST", f"{inside}/task-types", {"name": "t"}),
                    ("GET", f"/api/task-types/{kind['id']}", None),
                    ("PUT", f"/api/task-types/{kind['id']}", {"maxRetries": 1}),
                    ("DELETE", f"/api/task-types/{kind['id']}", None),
                    ("GET", f"{inside}/tasks", None),
                    ("POST", f"{inside}/tasks", {"typeId": kind["id"], "instructions": "x"}),
                    ("POST", f"{inside}/tasks/bulk",
                     {"tasks": [{"typeId": kind["id"], "instructions": "x"}]}),
                    ("GET", f"/api/tasks/{task['id']}", None),
                    ("PUT", f"/api/tasks/{task['id']}", {"instructions": "x"}),
                    ("DELETE", f"/api/tasks/{task['id']}", None),
                    ("GET", f"{inside}/agents", None),
                    ("GET", f"{inside}/peek-next-task", None),
                    ("POST", f"{inside}/cleanup-leases", None),
                    ("POST", "/api/agents/a/next-task", {"projectId": other["id"]}),
                    ("POST", "/api/agents/a/next-task", {"projectId": other["name"]}),
                    ("POST", f"/api/tasks/{task['id']}/complete",
                     {"agentName": "b", "result": "x"}),
                    ("POST", f"/api/tasks/{task['id']}/fail", {"agentName": "b", "error": "x"}),
                    ("POST", f"/api/tasks/{task['id']}/extend-lease",
                     {"agentName": "b", "extensionMinutes": 1})):
                with self.subTest(f"{method} {path}"):
                    answer = (agent.request(method, path) if body is None
                              else agent.request(method, path, body))
                    self.refused(403, answer)

    def test_open_mode_refuses_an_address_that_is_not_loopback(self):
        with Server() as spare:
            spare.stop()
            done = run_binary("--data-dir", spare.data_dir, "--http", "0.0.0.0:0", "--auth", "open")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("loopback", done.stderr)


class A3Sessions(ApiTest):
    def test_a_new_login_ends_the_earlier_sessions_of_that_agent_only(self):
        project, other = self.project(), self.project()
        first, neighbour = self.agent("a", project), self.agent("b", project)
        elsewhere = self.agent("a", other)
        second = self.agent("a", project)
        self.refused(401, first.get("/api/auth/session"))
        for client in (second, neighbour, elsewhere):
            self.expect(200, client.get("/api/auth/session"))

    def test_allow_multiple_sessions_keeps_the_earlier_ones(self):
        project = self.project()
        first = self.agent("a", project)
        second = self.agent("a", project, allowMultipleSessions=True)
        self.expect(200, first.get("/api/auth/session"))
        self.expect(200, second.get("/api/auth/session"))

    def test_resume_existing_renews_the_newest_session_with_a_new_token(self):
        project = self.project()
        first = self.login("a", project)
        again = self.login("a", project, resumeExisting=True)
        self.assertEqual(again["sessionId"], first["sessionId"])
        self.assertNotEqual(again["token"], first["token"])
        self.expect(200, self.stranger(again["token"]).get("/api/auth/session"))
        self.refused(401, self.stranger(first["token"]).get("/api/auth/session"))

    def test_resume_existing_without_a_session_makes_one(self):
        self.login("never-seen", self.project(), resumeExisting=True)

    def test_sessions_live_8_hours_and_do_not_slide(self):
        agent = self.agent("a", self.project())
        session = agent.get("/api/auth/session").data
        lifetime = instant(session["expiresAt"]) - instant(session["createdAt"])
        self.assertEqual(lifetime, datetime.timedelta(hours=8))
        self.assertEqual(agent.get("/api/auth/session").data["expiresAt"], session["expiresAt"])

    def test_extend_by_is_1_to_86400_seconds_and_at_most_7_days_ahead(self):
        agent = self.agent("a", self.project())
        for wrong in (0, -1, 86401, 1.5, "60", None):
            with self.subTest(wrong):
                self.invalid(agent.put("/api/auth/session", {"extendBy": wrong}), "extendBy")
        self.invalid(agent.put("/api/auth/session", {}), "extendBy")
        before = agent.get("/api/auth/session").data
        after = self.expect(200, agent.put("/api/auth/session", {"extendBy": 60})).data
        self.assertEqual(instant(after["expiresAt"]) - instant(before["expiresAt"]),
                         datetime.timedelta(seconds=60))
        for _ in range(8):
            last = agent.put("/api/auth/session", {"extendBy": 86400})
        ahead = instant(agent.get("/api/auth/session").data["expiresAt"]) - datetime.datetime.now(
            datetime.timezone.utc)
        self.assertLessEqual(ahead, datetime.timedelta(days=7, seconds=1), str(last))

    def test_sessions_and_logouts_survive_a_crash(self):
        with Server() as server:
            admin = Client(server, server.admin_token())
            project = admin.post("/api/projects", {"name": "p"}).data
            tokens = [admin.post("/api/auth/login", {"agentName": name, "projectId": project["id"]})
                      .data["token"] for name in ("stays", "leaves")]
            Client(server, tokens[1]).post("/api/auth/logout")
            server.kill()
            server.restart()
            self.assertEqual([Client(server, token).get("/api/auth/session").status
                              for token in tokens], [200, 401])

    def test_no_token_is_stored_as_it_is(self):
        with Server() as server:
            admin = Client(server, server.admin_token())
            project = admin.post("/api/projects", {"name": "p"}).data
            token = admin.post("/api/auth/login", {"agentName": "a", "projectId": project["id"]}
                               ).data["token"]
            server.stop()
            holding = [path for path in server.data_dir.rglob("*")
                       if path.is_file() and token.encode() in path.read_bytes()]
            self.assertEqual(holding, [])


class A3ConfiguredSessions(ApiTest):
    options = ("--session-hours", "1")

    def test_the_life_of_a_session_is_configurable(self):
        session = self.agent("a", self.project()).get("/api/auth/session").data
        self.assertEqual(instant(session["expiresAt"]) - instant(session["createdAt"]),
                         datetime.timedelta(hours=1))


class A4Agents(ApiTest):
    def test_the_agent_is_the_sessions_where_the_body_omits_it(self):
        project, _, tasks = self.workshop(tasks=2)
        agent = self.agent("a", project)
        self.claim("a", project, agent)
        done = self.expect(200, agent.post(f"/api/tasks/{tasks[0]['id']}/complete",
                                           {"result": "r"})).data
        self.assertEqual(done["assignedTo"], "a")
        self.claim("a", project, agent)
        self.expect(200, agent.post(f"/api/tasks/{tasks[1]['id']}/extend-lease",
                                    {"extensionMinutes": 1}))
        self.expect(200, agent.post(f"/api/tasks/{tasks[1]['id']}/fail", {"error": "e"}))

    def test_the_agent_is_the_one_named_in_path_or_body(self):
        project, _, (task,) = self.workshop(tasks=1)
        agent = self.agent("a", project)
        claimed = self.claim("b", project, agent)
        self.assertEqual(claimed["assignedTo"], "b")
        with self.nothing_changes_in(project):
            self.refused(409, agent.post(f"/api/tasks/{task['id']}/complete", {"result": "r"}))
        self.expect(200, self.complete(task, "b", client=agent))


if __name__ == "__main__":
    unittest.main()
