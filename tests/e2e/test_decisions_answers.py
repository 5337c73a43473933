"""Decisions A5 to A8 of the design: errors, lists, headers, CORS and rate limits."""

import json
import time
import unittest

from api import ISO_8601, ApiTest, raw_exchange, unique

BODY_BYTES_MAX = 16 * 1024 * 1024


class A5Errors(ApiTest):
    def test_a_body_that_is_not_a_json_object_is_400(self):
        project = self.project()
        login = self.agent("a", project)
        with self.nothing_changes_in(project):
            for raw in (b"[]", b'"text"', b"1", b"null", b"{", b"", b"{} {}", b"{'a': 1}",
                        b'{"name": "\xff"}'):
                for method, path in (("POST", "/api/projects"), ("POST", "/api/auth/login"),
                                     ("PUT", f"/api/projects/{project['id']}"),
                                     ("POST", f"/api/projects/{project['id']}/tasks")):
                    with self.subTest(f"{method} {path} {raw!r}"):
                        self.refused(400, login.request(method, path, raw=raw))

    def test_a_deeply_nested_body_is_refused_and_harms_nobody(self):
        for deep in (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 5000 + b"]" * 5000,
                     b"[" * 2_000_000 + b"]" * 2_000_000,
                     b'{"a":' * 900_000 + b"1" + b"}" * 900_000):
            for raw in (deep, b'{"name":' + deep + b"}"):
                answer = self.admin.request("POST", "/api/projects", raw=raw)
                self.assertIn(answer.status, (400, 422), str(answer)[:300])
        self.expect(200, self.admin.get("/health"))

    def test_422_tells_every_wrong_field_at_once_with_its_value(self):
        error = self.invalid(self.admin.post("/api/projects", {
            "name": "bad name", "description": 7,
            "config": {"defaultMaxRetries": 101, "defaultLeaseDurationMinutes": 0,
                       "reaperIntervalMinutes": "often"}}),
            "name", "description", "config.defaultMaxRetries",
            "config.defaultLeaseDurationMinutes", "config.reaperIntervalMinutes")
        values = {each["field"]: each["value"] for each in error["validationDetails"]}
        self.assertEqual(values, {
            "name": "bad name", "description": 7, "config.defaultMaxRetries": 101,
            "config.defaultLeaseDurationMinutes": 0, "config.reaperIntervalMinutes": "often"})

    def test_422_names_the_fields_of_bulk_items_by_index(self):
        project, kind, _ = self.workshop()
        answer = self.refused(422, self.admin.post(f"/api/projects/{project['id']}/tasks/bulk", {
            "tasks": [{"typeId": "no-uuid", "instructions": "x"}, {"instructions": 3}]}))
        named = json.dumps(answer)
        for field in ("tasks[0].typeId", "tasks[1].typeId", "tasks[1].instructions"):
            self.assertIn(field, named)
        self.assertEqual(self.admin.all_tasks(project["id"]), [], kind)

    def test_422_covers_query_parameters(self):
        project = self.project()
        path = f"/api/projects/{project['id']}/tasks"
        self.invalid(self.admin.get(path, status="odd", limit=0, offset=-1, typeId="x",
                                    cursor="garbage"),
                     "status", "limit", "offset", "typeId", "cursor")
        self.invalid(self.admin.get(path, limit=1001), "limit")
        self.invalid(self.admin.get(path, limit="many"), "limit")
        self.invalid(self.admin.get("/api/projects", limit=101), "limit")
        self.invalid(self.admin.get("/api/projects", status="queued"), "status")

    def test_422_for_unknown_and_read_only_fields_in_a_put(self):
        project, kind, (task,) = self.workshop(tasks=1)
        with self.nothing_changes_in(project):
            for path, fields in (
                    (f"/api/projects/{project['id']}", {"id": "x", "createdAt": "x", "colour": 1}),
                    (f"/api/task-types/{kind['id']}", {"projectId": "x", "colour": 1}),
                    (f"/api/tasks/{task['id']}", {"status": "completed", "retryCount": 0,
                                                  "colour": 1})):
                with self.subTest(path):
                    self.invalid(self.admin.put(path, fields), *fields)

    def test_401_comes_before_404_403_and_422(self):
        stranger = self.stranger()
        for method, path in (("GET", "/api/projects"), ("POST", "/api/projects"),
                             ("GET", "/api/tasks/550e8400-e29b-41d4-a716-446655440000"),
                             ("PUT", "/api/auth/session"), ("POST", "/api/auth/logout")):
            with self.subTest(path):
                self.refused(401, stranger.request(method, path, {}))

    def test_405_carries_allow(self):
        project, kind, (task,) = self.workshop(tasks=1)
        for method, path, allowed in (
                ("PATCH", "/api/projects", {"GET", "POST"}),
                ("DELETE", "/api/projects", {"GET", "POST"}),
                ("POST", f"/api/projects/{project['id']}", {"GET", "PUT", "DELETE"}),
                ("PATCH", f"/api/task-types/{kind['id']}", {"GET", "PUT", "DELETE"}),
                ("PATCH", f"/api/tasks/{task['id']}", {"GET", "PUT", "DELETE"}),
                ("GET", "/api/auth/login", {"POST"}),
                ("GET", f"/api/tasks/{task['id']}/complete", {"POST"}),
                ("DELETE", "/api/auth/session", {"GET", "PUT"}),
                ("POST", "/health", {"GET"})):
            with self.subTest(f"{method} {path}"):
                answer = self.admin.request(method, path)
                self.refused(405, answer)
                named = {each.strip() for each in answer.headers["allow"].split(",")}
                self.assertTrue(allowed <= named <= allowed | {"HEAD", "OPTIONS"}, named)

    def test_413_above_16_mib_is_said_before_the_body_is_read(self):
        for expect in ("", "Expect: 100-continue\r\n"):
            head = ("POST /api/projects HTTP/1.1\r\nHost: e2e\r\n"
                    f"Authorization: Bearer {self.admin.token}\r\n{expect}"
                    f"Content-Length: {BODY_BYTES_MAX + 1}\r\n\r\n")
            self.assertTrue(raw_exchange(self.server, head.encode()).startswith(b"HTTP/1.1 413 "))

    def test_a_body_of_16_mib_is_read(self):
        body = b'{"name":"' + unique("big").encode() + b'"}'
        answer = self.admin.request("POST", "/api/projects", raw=body.ljust(BODY_BYTES_MAX))
        self.expect(201, answer)

    def test_the_correlation_id_is_the_requests_if_it_is_well_formed(self):
        def echoed(sent):
            answer = self.admin.request("GET", "/api/nothing", headers={"X-Correlation-ID": sent})
            self.refused(404, answer)
            return answer.json["correlationId"]
        for good in ("a", "req-123-456", "A.b_C-9", "x" * 128):
            self.assertEqual(echoed(good), good)
        for bad in ("", "x" * 129, "a b", "a/b", "é"):
            with self.subTest(bad):
                self.assertNotEqual(echoed(bad), bad)
                self.assertRegex(echoed(bad), r"^[A-Za-z0-9._-]{1,128}$")

    def test_successes_carry_the_correlation_id_header_too(self):
        answer = self.admin.request("GET", "/api/projects", headers={"X-Correlation-ID": "mine"})
        self.assertEqual(answer.headers["x-correlation-id"], "mine")
        self.assertTrue(self.admin.get("/health").headers["x-correlation-id"])

    def test_only_posts_that_create_answer_201(self):
        project, _, (task,) = self.workshop(tasks=1)  # expects 201 of its three kinds
        self.expect(200, self.ask_next(self.admin, "a", project))
        self.expect(200, self.complete(task, "a"))
        self.expect(200, self.admin.post(f"/api/projects/{project['id']}/cleanup-leases"))

    def test_escapes_in_the_path_are_decoded_and_bad_ones_refused(self):
        project = self.project()
        escaped = "".join(f"%{byte:02x}" for byte in project["id"].encode())
        self.assertEqual(self.expect(200, self.admin.get(f"/api/projects/{escaped}")).data["id"],
                         project["id"])
        for bad in ("%", "%zz", "%00", "a%2Fb"):
            answer = self.admin.get(f"/api/projects/{bad}")
            self.assertIn(answer.status, (400, 404), str(answer))


class A6Lists(ApiTest):
    def test_lists_come_in_creation_order_100_at_a_time(self):
        project, kind, _ = self.workshop()
        path = f"/api/projects/{project['id']}/tasks"
        bulk = self.admin.post(f"{path}/bulk", {"tasks": [
            {"typeId": kind["id"], "instructions": str(n)} for n in range(120)]}).data
        created = [task["id"] for task in bulk["createdTasks"]]
        first = self.expect(200, self.admin.get(path))
        self.assertEqual([task["id"] for task in first.data], created[:100])
        page = first.json["pagination"]
        self.assertEqual((page["limit"], page["offset"], page["hasMore"]), (100, 0, True))
        second = self.expect(200, self.admin.get(path, cursor=page["nextCursor"]))
        self.assertEqual([task["id"] for task in second.data], created[100:])
        self.assertIs(second.json["pagination"]["hasMore"], False)

    def test_pages_by_offset_and_by_cursor_agree(self):
        project, _, tasks = self.workshop(tasks=7)
        path = f"/api/projects/{project['id']}/tasks"
        ids, cursor = [], {}
        for offset in range(0, 7, 2):
            by_cursor = self.expect(200, self.admin.get(path, limit=2, **cursor))
            by_offset = self.expect(200, self.admin.get(path, limit=2, offset=offset))
            self.assertEqual(by_cursor.data, by_offset.data)
            self.assertEqual(by_offset.json["pagination"]["offset"], offset)
            ids += [task["id"] for task in by_cursor.data]
            cursor = {"cursor": by_cursor.json["pagination"].get("nextCursor")}
        self.assertEqual(ids, [task["id"] for task in tasks])

    def test_a_cursor_holds_its_place_while_tasks_come_and_go(self):
        project, kind, tasks = self.workshop(tasks=6)
        path = f"/api/projects/{project['id']}/tasks"
        page = self.admin.get(path, limit=3).json["pagination"]
        self.expect(200, self.admin.delete(f"/api/tasks/{tasks[0]['id']}"))
        added = self.task(project, kind)
        rest = self.expect(200, self.admin.get(path, cursor=page["nextCursor"])).data
        self.assertEqual([task["id"] for task in rest],
                         [task["id"] for task in tasks[3:]] + [added["id"]])

    def test_projects_are_paged_by_cursor_too(self):
        for _ in range(3):
            self.project()
        everything = [each["id"] for each in self.admin.get("/api/projects", limit=100).data]
        seen, cursor = [], {}
        while len(seen) < len(everything):
            answer = self.expect(200, self.admin.get("/api/projects", limit=2, **cursor))
            seen += [each["id"] for each in answer.data]
            cursor = {"cursor": answer.json["pagination"].get("nextCursor")}
        self.assertEqual(seen, everything)
        self.assertIs(answer.json["pagination"]["hasMore"], False)

    def test_projects_default_to_status_active(self):
        project = self.project()
        self.admin.put(f"/api/projects/{project['id']}", {"status": "closed"})
        listed = self.admin.get("/api/projects", limit=100).data
        self.assertNotIn(project["id"], [each["id"] for each in listed])

    def test_absent_optional_fields_are_omitted(self):
        project, _, (task,) = self.workshop(tasks=1)
        self.lacks(task, "batchId", "assignedTo", "assignedAt", "leaseExpiresAt", "result",
                   "outputs", "error", "completedAt", "failedAt", "leaseToken")
        claimed = self.claim("a", project)
        self.lacks(claimed, "result", "outputs", "error", "completedAt", "failedAt")
        done = self.expect(200, self.complete(task, "a")).data
        self.lacks(done, "error", "failedAt", "leaseExpiresAt", "leaseToken")

    def test_times_are_iso_8601_utc_with_milliseconds(self):
        project, _, (task,) = self.workshop(tasks=1)
        claimed = self.claim("a", project)
        done = self.complete(task, "a").data
        for value in (project["createdAt"], task["createdAt"], claimed["assignedAt"],
                      claimed["leaseExpiresAt"], done["completedAt"],
                      done["attempts"][0]["startedAt"], done["attempts"][0]["completedAt"]):
            self.assertRegex(value, ISO_8601)


class A7Headers(ApiTest):
    def test_strict_transport_security_is_not_sent_without_tls(self):
        self.assertNotIn("strict-transport-security", self.admin.get("/health").headers)

    def test_a_preflight_is_204_for_every_route_without_a_token(self):
        for path in ("/api/projects", "/api/auth/login", "/api/agents/a/next-task"):
            answer = self.stranger().request("OPTIONS", path, headers={
                "Origin": "http://elsewhere.example", "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization, content-type"})
            self.assertEqual((answer.status, answer.body), (204, b""))
            headers = answer.headers
            self.assertEqual(headers["access-control-allow-origin"], "*")
            self.assertIn("POST", headers["access-control-allow-methods"])
            named = headers["access-control-allow-headers"].lower()
            self.assertTrue("authorization" in named and "content-type" in named, named)
            self.assertNotIn("access-control-allow-credentials", headers)

    def test_head_answers_like_get_without_a_body(self):
        answer = self.stranger().request("HEAD", "/health")
        self.assertEqual((answer.status, answer.body), (200, b""))


class A8RateLimit(ApiTest):
    def test_the_101st_request_without_a_token_is_429_with_retry_after(self):
        project = self.project()
        body = {"agentName": "a", "projectId": "no-such-project"}
        stranger = self.stranger()
        for n in range(100):
            answer = self.expect(404, stranger.post("/api/auth/login", body))
            self.assertEqual(answer.headers["x-ratelimit-limit"], "100")
            self.assertEqual(answer.headers["x-ratelimit-remaining"], str(99 - n))
        with self.nothing_changes_in(project):
            late = stranger.post("/api/auth/login", {**body, "projectId": project["id"]})
            self.refused(429, late)
        self.assertTrue(1 <= int(late.headers["retry-after"]) <= 900, late.headers)
        self.assertEqual(late.headers["x-ratelimit-remaining"], "0")
        self.refused(429, self.stranger("no-valid-token").get("/api/projects"))
        self.expect(200, self.admin.get("/api/projects"))
        self.expect(200, stranger.get("/health"))


class A8SharedAddress(ApiTest):
    def test_a_valid_session_is_served_though_strangers_used_up_its_address(self):
        project = self.project()
        used, fresh = self.agent("used", project), self.agent("fresh", project)
        self.expect(200, used.get("/api/projects"))
        stranger = self.stranger("no-valid-token")
        while stranger.get("/api/projects").status != 429:
            pass
        for client in (used, fresh):
            mine = self.expect(200, client.get("/api/projects"))
            self.assertEqual(mine.headers["x-ratelimit-limit"], "1000000")


class A7ConfiguredOrigins(ApiTest):
    options = ("--cors-origins", "https://one.example,https://two.example")

    def allowed(self, origin):
        answer = self.admin.request("GET", "/api/projects", headers={"Origin": origin})
        self.expect(200, answer)
        return answer.headers.get("access-control-allow-origin")

    def test_only_the_configured_origins_are_allowed(self):
        for origin in ("https://one.example", "https://two.example"):
            self.assertEqual(self.allowed(origin), origin)
        for origin in ("https://three.example", "http://one.example", "null",
                       "https://one.example.evil"):
            self.assertIsNone(self.allowed(origin), origin)


class A8Off(ApiTest):
    options = ("--rate-limit-ip", "0", "--rate-limit-session", "0")

    def test_a_limit_of_0_is_off_and_sends_no_headers(self):
        agent = self.agent("a", self.project())
        for client in (self.stranger(), agent, self.admin):
            for _ in range(120):
                answer = client.get("/api/projects")
                self.assertIn(answer.status, (200, 401), str(answer))
            self.assertFalse([name for name in answer.headers if "ratelimit" in name])


class A8Small(ApiTest):
    options = ("--rate-limit-session", "5")

    def test_each_session_has_a_budget_of_its_own(self):
        project = self.project()
        first, second = self.agent("a", project), self.agent("b", project)
        for _ in range(5):
            self.expect(200, first.get("/api/projects"))
        refused = first.get("/api/projects")
        self.refused(429, refused)
        self.assertIn("retry-after", refused.headers)
        self.expect(200, second.get("/api/projects"))


class A8Budgets(ApiTest):
    def test_the_headers_show_the_budget_that_applies(self):
        agent = self.agent("a", self.project())
        for client, limit in ((agent, 1_000_000), (self.admin, 100_000_000)):
            first, second = client.get("/api/projects").headers, client.get("/api/projects").headers
            self.assertEqual(int(first["x-ratelimit-limit"]), limit)
            self.assertEqual(int(second["x-ratelimit-remaining"]),
                             int(first["x-ratelimit-remaining"]) - 1)

    def test_the_reset_time_is_within_15_minutes(self):
        reset = int(self.stranger().get("/api/projects").headers["x-ratelimit-reset"])
        self.assertTrue(0 <= reset - time.time() <= 901 or 0 <= reset <= 900, reset)


if __name__ == "__main__":
    unittest.main()
