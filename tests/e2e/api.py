"""A small client of the HTTP API for the tests, and the test case class that most of them use."""

import contextlib
import http.client
import itertools
import json
import re
import socket
import unittest
import urllib.parse

from server import Server

ISO_8601 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
NO_BODY = object()
_names = itertools.count(1)


def unique(prefix):
    """A name that no other test of this run uses."""
    return f"{prefix}-{next(_names)}"


class Unanswered(Exception):
    """No whole answer came: whether the request was carried out is unknown."""


class Answer:
    """Status, headers (names in lower case) and body of one answer."""

    def __init__(self, request, status, headers, body):
        self.request, self.status, self.body = request, status, body
        self.headers = {name.lower(): value for name, value in headers}
        try:
            self.json = json.loads(body) if body else None
        except ValueError:
            self.json = None

    @property
    def data(self):
        return self.json["data"]

    def __str__(self):
        return f"{self.request} -> {self.status} {self.body[:1500].decode(errors='replace')}"


class Client:
    """One connection to the server, kept alive. Thread: one at a time."""

    def __init__(self, server, token=None, timeout=90):
        self.server, self.token, self.timeout = server, token, timeout
        self._connection, self._generation = None, None
        server.at_close(self.close)

    def request(self, method, path, body=NO_BODY, headers=None, raw=None):
        """`body` is sent as JSON, `raw` as it is. Raises Unanswered when the connection breaks."""
        sent = dict(headers or {})
        if self.token and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not NO_BODY:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        try:
            connection = self._connected()
            connection.request(method, path, body=raw, headers=sent)
            got = connection.getresponse()
            answer = Answer(f"{method} {path}", got.status, got.getheaders(), got.read())
            if answer.status == 503:
                self.server.broken()
            return answer
        except (OSError, http.client.HTTPException) as broken:
            self.close()
            self.server.broken()
            raise Unanswered(f"{method} {path}: {broken!r}") from broken

    def _connected(self):
        host, port, generation = self.server.address()
        if self._connection is None or self._generation != generation:
            self.close()
            self._connection = http.client.HTTPConnection(host, port, timeout=self.timeout)
            self._connection._create_connection = self.server.create_connection
            self._connection.connect()
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._generation = generation
        return self._connection

    def close(self):
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def get(self, path, **query):
        text = urllib.parse.urlencode(query)
        return self.request("GET", f"{path}?{text}" if text else path)

    def post(self, path, body=NO_BODY):
        return self.request("POST", path, body)

    def put(self, path, body):
        return self.request("PUT", path, body)

    def delete(self, path):
        return self.request("DELETE", path)

    def all_tasks(self, project_id, **query):
        """Every task of a project by cursor, in the order of the lists."""
        tasks, cursor = [], {}
        while True:
            answer = self.get(f"/api/projects/{project_id}/tasks", limit=1000, **query, **cursor)
            if answer.status != 200:
                raise AssertionError(str(answer))
            tasks += answer.data
            page = answer.json["pagination"]
            if not page["hasMore"]:
                return tasks
            cursor = {"cursor": page["nextCursor"]}


def raw_exchange(server, data, seconds=20):
    """Sends bytes as they are; the head and what else came until the server has answered once."""
    with socket.create_connection(server.address()[:2], timeout=seconds) as connection:
        connection.sendall(data)
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65536)
            if not piece:
                break
            received += piece
        return received


def metric(client, name):
    """One whole number of /metrics."""
    text = client.get("/metrics").body.decode()
    found = re.search(rf"(?m)^taskdriver_{name}(?:\{{[^}}]*\}})? ([0-9.e+]+)$", text)
    if not found:
        raise AssertionError(f"no taskdriver_{name} in /metrics")
    return int(float(found.group(1)))


def parked_polls(client):
    """How many next-task requests the server holds."""
    return metric(client, "parked_polls")


class ApiTest(unittest.TestCase):
    """Tests against one server per class; every test makes its own project."""

    options = ()
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.options).start()
        cls.addClassCleanup(cls.server.close)
        cls.admin = Client(cls.server, cls.server.admin_token())
        cls.addClassCleanup(cls.admin.close)

    # --- making things -----------------------------------------------------------------------
    def project(self, **fields):
        body = {"name": unique("project"), **fields}
        return self.expect(201, self.admin.post("/api/projects", body)).data

    def task_type(self, project, **fields):
        body = {"name": unique("type"), **fields}
        path = f"/api/projects/{project['id']}/task-types"
        return self.expect(201, self.admin.post(path, body)).data

    def task(self, project, task_type, **fields):
        body = {"typeId": task_type["id"], "instructions": unique("do this"), **fields}
        return self.expect(201, self.admin.post(f"/api/projects/{project['id']}/tasks", body)).data

    def login(self, agent, project, **fields):
        """The data of a login. As the admin, so that it costs nothing of the per-IP limit."""
        body = {"agentName": agent, "projectId": project["id"], **fields}
        return self.expect(200, self.admin.post("/api/auth/login", body)).data

    def agent(self, name, project, **fields):
        client = Client(self.server, self.login(name, project, **fields)["token"])
        self.addCleanup(client.close)
        return client

    def stranger(self, token=None):
        """A client without a token, or with this one."""
        client = Client(self.server, token)
        self.addCleanup(client.close)
        return client

    def workshop(self, tasks=0, project=None, **type_fields):
        """A project, a type in it and some queued tasks."""
        project = self.project(**(project or {}))
        task_type = self.task_type(project, **type_fields)
        return project, task_type, [self.task(project, task_type) for _ in range(tasks)]

    def ask_next(self, client, agent, project, **fields):
        return client.post(f"/api/agents/{agent}/next-task",
                           {"projectId": project["id"], **fields})

    def claim(self, agent, project, client=None):
        """The task that the agent gets; fails when there is none."""
        answer = self.expect(200, self.ask_next(client or self.admin, agent, project))
        self.assertTrue(answer.json["success"], str(answer))
        return answer.data["task"]

    def complete(self, task, agent, result="done", client=None, **fields):
        body = {"agentName": agent, "result": result, **fields}
        return (client or self.admin).post(f"/api/tasks/{task['id']}/complete", body)

    def fail_task(self, task, agent, error="broken", client=None, **fields):
        body = {"agentName": agent, "error": error, **fields}
        return (client or self.admin).post(f"/api/tasks/{task['id']}/fail", body)

    def read_task(self, task):
        return self.expect(200, self.admin.get(f"/api/tasks/{task['id']}")).data

    def read_project(self, project):
        return self.expect(200, self.admin.get(f"/api/projects/{project['id']}")).data

    # --- judging answers ---------------------------------------------------------------------
    def expect(self, status, answer):
        """The answer, which has this status and says so in its body."""
        self.assertEqual(answer.status, status, str(answer))
        self.assertIsInstance(answer.json, dict, str(answer))
        return answer

    def refused(self, status, answer):
        """The error that the answer is, in the reference's format."""
        self.expect(status, answer)
        error = answer.json
        self.assertIs(error["success"], False, str(answer))
        self.assertTrue(error["error"] and isinstance(error["error"], str), str(answer))
        self.assertRegex(error["timestamp"], ISO_8601)
        self.assertEqual(error["correlationId"], answer.headers["x-correlation-id"])
        return error

    def invalid(self, answer, *fields):
        """422, whose details name just these fields."""
        error = self.refused(422, answer)
        self.assertTrue(error["error"].startswith("Validation failed: "), str(answer))
        for detail in error["validationDetails"]:
            self.assertTrue(detail["message"], str(answer))
        named = sorted(detail["field"] for detail in error["validationDetails"])
        self.assertEqual(named, sorted(fields), str(answer))
        return error

    def has_fields(self, value, **types):
        for name, kind in types.items():
            self.assertIn(name, value)
            self.assertIsInstance(value[name], kind, f"{name} of {value}")
            if isinstance(value[name], bool) and kind is not bool:
                self.fail(f"{name} is a boolean in {value}")

    def lacks(self, value, *names):
        self.assertEqual([name for name in names if name in value], [], str(value))

    def snapshot(self, project):
        """All that the API shows of a project."""
        path = f"/api/projects/{project['id']}"
        return {
            "project": self.admin.get(path).json,
            "stats": self.admin.get(f"{path}/stats").json,
            "types": self.admin.get(f"{path}/task-types").json,
            "tasks": self.admin.all_tasks(project["id"]),
            "agents": self.admin.get(f"{path}/agents").json,
        }

    @contextlib.contextmanager
    def nothing_changes_in(self, project):
        before = self.snapshot(project)
        yield
        self.assertEqual(self.snapshot(project), before, "a refused request changed something")
