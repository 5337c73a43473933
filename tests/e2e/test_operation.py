"""Running the server: exit codes, data directories, stopping, options, logs, restarts."""

import hashlib
import json
import re
import socket
import subprocess
import threading
import unittest

from api import ApiTest, Client, Unanswered, parked_polls, unique
from history import wrong_counts
from server import STOP_SECONDS, Server, clean_environment, eventually, run_binary

LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\dT[0-9:.]{12}Z level=(debug|info|warn|error) event=\S")


def content_of(folder):
    """Every file of a directory with the hash of its bytes."""
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


class Options(unittest.TestCase):
    def is_refused(self, done, *words):
        self.assertEqual(done.returncode, 2, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def config_file(self, text):
        server = Server()  # only for its temporary directory
        self.addCleanup(server.close)
        path = server.home / "config.toml"
        path.write_text(text)
        return path

    def test_an_unknown_option_ends_with_2_and_its_name(self):
        self.is_refused(run_binary("--no-such-option", "1"), "--no-such-option")

    def test_a_wrong_value_ends_with_2_and_names_the_option(self):
        for option, value in (("--http", "nonsense"), ("--http", "127.0.0.1:70000"),
                              ("--log-format", "xml"), ("--auth", "odd")):
            with self.subTest(option):
                self.is_refused(run_binary(option, value), option.lstrip("-"), value)

    def test_a_wrong_value_in_the_environment_ends_with_2_too(self):
        done = run_binary(env={"TASKDRIVER_HTTP": "nonsense"})
        self.is_refused(done, "TASKDRIVER_HTTP", "nonsense")

    def test_a_config_file_that_is_missing_or_invalid_ends_with_2(self):
        self.is_refused(run_binary("--config", "/no/such/file.toml"), "/no/such/file.toml")
        for text in ("http = ", "no-such-option = 1", 'http = "nonsense"'):
            with self.subTest(text):
                path = self.config_file(text)
                self.is_refused(run_binary("--config", path), str(path))

    def test_help_lists_the_options_with_their_variables(self):
        done = run_binary("--help")
        self.assertEqual(done.returncode, 0)
        for name in ("data-dir", "http", "node-id", "config", "auth", "bootstrap-project",
                     "log-format"):
            self.assertIn(f"--{name}", done.stdout)
            self.assertIn(f"TASKDRIVER_{name.upper().replace('-', '_')}", done.stdout)

    def test_precedence_is_flag_environment_file_default(self):
        path = self.config_file('node-id = "file"\nlog-level = "warn"\nlog-format = "json"\n')
        done = run_binary("--config", path, "--node-id", "flag", "--print-config",
                          env={"TASKDRIVER_NODE_ID": "variable", "TASKDRIVER_LOG_LEVEL": "error"})
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in ('node-id = "flag"', 'log-level = "error"', 'log-format = "json"',
                     'http = "127.0.0.1:3000"', 'data-dir = "./data"'):
            self.assertIn(line, done.stdout)

    def test_print_config_masks_secrets_and_changes_nothing(self):
        server = Server()
        self.addCleanup(server.close)
        done = run_binary("--print-config", cwd=server.home,
                          env={"TASKDRIVER_ADMIN_TOKEN": "very-secret-token-0123456789"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("very-secret", done.stdout + done.stderr)
        self.assertIn("***", done.stdout)
        self.assertEqual(list(server.home.iterdir()), [])

    def test_what_print_config_prints_is_a_config_file(self):
        first = run_binary("--print-config", "--node-id", "n7", "--bootstrap-project", "p")
        again = run_binary("--print-config", "--config", self.config_file(first.stdout))
        self.assertEqual(again.returncode, 0, again.stderr)

        def values(text):
            return [line.split("  #")[0] for line in text.splitlines() if " = " in line]
        self.assertEqual(values(again.stdout), values(first.stdout))


class DataDirectories(unittest.TestCase):
    def stopped_server(self):
        server = Server()
        self.addCleanup(server.close)
        server.start()
        client = Client(server, server.admin_token())
        client.post("/api/projects", {"name": "p"})
        client.close()
        self.assertEqual(server.stop(), 0, server.log())
        return server

    def ends_with_1(self, *options):
        done = run_binary("--http", "127.0.0.1:0", *options)
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stderr

    def test_a_directory_in_use_is_refused_and_its_user_goes_on(self):
        with Server() as server:
            said = self.ends_with_1("--data-dir", server.data_dir)
            self.assertIn(str(server.data_dir), said)
            self.assertIn("in use", said)
            self.assertEqual(Client(server, server.admin_token()).get("/api/projects").status, 200)

    def test_a_foreign_directory_is_refused_and_left_as_it_is(self):
        server = Server()
        self.addCleanup(server.close)
        (server.data_dir / "photos").mkdir(parents=True)
        (server.data_dir / "photos" / "one.jpg").write_bytes(b"picture")
        before = content_of(server.data_dir)
        self.assertIn(str(server.data_dir), self.ends_with_1("--data-dir", server.data_dir))
        self.assertEqual(content_of(server.data_dir), before)

    def test_a_newer_format_is_refused_and_left_as_it_is(self):
        server = self.stopped_server()
        path = server.data_dir / "FORMAT"
        text = path.read_text()
        newer = re.sub(r"(?m)^format \d+$", "format 999", text)
        self.assertNotEqual(newer, text)
        path.write_text(newer)
        self.is_refused_untouched(server, "999")

    def test_a_damaged_directory_is_refused_and_left_as_it_is(self):
        for name, damage in (("FORMAT", b"garbage"), ("CURRENT", b"no manifest\n"),
                             ("MANIFEST-*", b"\x00" * 64)):
            with self.subTest(name):
                server = self.stopped_server()
                path = next(server.data_dir.rglob(name))
                path.write_bytes(damage)
                self.is_refused_untouched(server)

    def is_refused_untouched(self, server, *words):
        """RocksDB may add to its own LOG files; nothing that was there is changed or gone."""
        def kept():
            return {name: digest for name, digest in content_of(server.data_dir).items()
                    if not re.search(r"(^|/)LOG(\.|$)", name)}
        before = kept()
        said = self.ends_with_1("--data-dir", server.data_dir)
        for word in (str(server.data_dir), *words):
            self.assertIn(word, said)
        after = kept()
        self.assertEqual({name: after.get(name) for name in before}, before)

    def test_a_path_that_is_a_file_is_refused(self):
        server = Server()
        self.addCleanup(server.close)
        server.data_dir.write_text("a file")
        self.ends_with_1("--data-dir", server.data_dir)
        self.assertEqual(server.data_dir.read_text(), "a file")

    def test_a_port_that_is_taken_ends_with_1_and_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            server = Server()
            self.addCleanup(server.close)
            port = taken.getsockname()[1]
            done = run_binary("--data-dir", server.data_dir, "--http", f"127.0.0.1:{port}")
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(str(port), done.stderr)

    def test_two_servers_do_not_share_a_port(self):
        with Server() as first:
            spare = Server()
            self.addCleanup(spare.close)
            done = run_binary("--data-dir", spare.data_dir, "--http", f"127.0.0.1:{first.port}")
            self.assertEqual(done.returncode, 1, done.stderr)


class Stopping(ApiTest):
    def setUp(self):
        self.own = Server()
        self.addCleanup(self.own.close)
        self.own.start()
        self.client = Client(self.own, self.own.admin_token())
        self.addCleanup(self.client.close)
        self.where = self.client.post("/api/projects", {"name": unique("project")}).data
        self.kind = self.client.post(f"/api/projects/{self.where['id']}/task-types",
                                     {"name": "t"}).data

    def test_sigterm_answers_parked_polls_and_exits_0(self):
        answers = []

        def poll(n):
            client = Client(self.own, self.client.token)
            try:
                answers.append(client.post(f"/api/agents/a{n}/next-task", {
                    "projectId": self.where["id"], "waitSeconds": 60}))
            except Unanswered as cut:
                answers.append(cut)
            client.close()
        threads = [threading.Thread(target=poll, args=(n,)) for n in range(10)]
        for thread in threads:
            thread.start()
        eventually(lambda: parked_polls(self.client) == 10, "ten polls are parked")
        self.own.terminate()
        for thread in threads:
            thread.join(30)
        self.assertEqual(self.own.wait(10), 0, self.own.log())
        for answer in answers:
            self.assertNotIsInstance(answer, Unanswered)
            self.assertIn(answer.status, (200, 503), str(answer))
            self.assertIs(answer.json["success"], False, str(answer))

    def test_sigterm_answers_a_request_whose_body_is_still_on_its_way(self):
        body = json.dumps({"typeId": self.kind["id"], "instructions": "last one"}).encode()
        with socket.create_connection(self.own.address()[:2], timeout=20) as connection:
            connection.sendall((f"POST /api/projects/{self.where['id']}/tasks HTTP/1.1\r\n"
                                f"Host: e2e\r\nAuthorization: Bearer {self.client.token}\r\n"
                                "Expect: 100-continue\r\n"
                                f"Content-Length: {len(body)}\r\n\r\n").encode())
            self.assertTrue(connection.recv(1000).startswith(b"HTTP/1.1 100 "))
            self.own.terminate()
            eventually(self.is_not_accepting, "the server accepts no more connections")
            connection.sendall(body)
            status = connection.recv(1000)[:13]
        self.assertIn(status, (b"HTTP/1.1 201 ", b"HTTP/1.1 503 "))
        self.assertEqual(self.own.wait(10), 0, self.own.log())
        self.own.start()
        tasks = self.client.all_tasks(self.where["id"])
        self.assertEqual(len(tasks), 1 if b"201" in status else 0)

    def is_not_accepting(self):
        try:
            socket.create_connection(self.own.address()[:2], timeout=5).close()
            return False
        except OSError:
            return True

    def test_what_was_acknowledged_before_sigterm_is_there_after_the_restart(self):
        acknowledged, stopping = [], threading.Event()

        def produce(n):
            client = Client(self.own, self.client.token)
            while not stopping.is_set():
                try:
                    answer = client.post(f"/api/projects/{self.where['id']}/tasks",
                                         {"typeId": self.kind["id"], "instructions": f"by {n}"})
                except Unanswered:
                    break
                if answer.status == 201:
                    acknowledged.append(answer.data["id"])
            client.close()
        threads = [threading.Thread(target=produce, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(acknowledged) > 100, "some load")
        self.own.terminate()
        self.assertEqual(self.own.wait(10), 0, self.own.log())
        stopping.set()
        for thread in threads:
            thread.join(30)
        self.own.start()
        stored = {task["id"] for task in self.client.all_tasks(self.where["id"])}
        self.assertEqual(set(acknowledged) - stored, set())

    def test_idle_connections_do_not_hold_the_stop(self):
        idle = [socket.create_connection(self.own.address()[:2]) for _ in range(20)]
        self.own.terminate()
        self.assertEqual(self.own.wait(10), 0, self.own.log())
        for connection in idle:
            connection.close()

    def test_a_restart_with_many_tasks_shows_them_all_in_order(self):
        path = f"/api/projects/{self.where['id']}/tasks"
        for first in range(0, 20_000, 1000):
            answer = self.client.post(f"{path}/bulk", {"tasks": [
                {"typeId": self.kind["id"], "instructions": str(n)}
                for n in range(first, first + 1000)]})
            self.assertEqual(answer.status, 201, str(answer)[:500])
        self.assertEqual(self.own.stop(), 0)
        self.own.start()
        tasks = self.client.all_tasks(self.where["id"])
        self.assertEqual([task["instructions"] for task in tasks],
                         [str(n) for n in range(20_000)])
        stats = self.client.get(f"/api/projects/{self.where['id']}/stats").data
        self.assertEqual(wrong_counts(stats, tasks), [])
        claimed = self.client.post("/api/agents/a/next-task", {"projectId": self.where["id"]})
        self.assertEqual(claimed.data["task"]["instructions"], "0")


class StoppingAtTheStart(unittest.TestCase):
    def test_a_node_that_waits_for_etcd_stops_in_order(self):
        server = Server("--etcd", "http://127.0.0.1:1", "--cluster-listen", "127.0.0.1:4999")
        self.addCleanup(server.close)
        server.launch()
        eventually(lambda: "storage open" in server.log(), "it has begun to start")
        server.terminate()
        self.assertEqual(server.wait(), 1)
        self.assertNotIn("second signal", server.log())
        self.assertIn("cannot start", server.log())


class Logs(ApiTest):
    def lines_of(self, correlation):
        """The request's lines; written after the answer was sent."""
        later = unique("later")  # lines keep their order: before its line all others are out
        self.admin.request("GET", "/api/projects", headers={"X-Correlation-ID": later})
        eventually(lambda: later in self.server.log(), "the request is in the log")
        return [line for line in self.server.log().splitlines() if correlation in line]

    def test_every_request_is_one_line_with_correlation_id_status_and_duration(self):
        for path, status in (("/api/projects", 200), ("/api/nothing", 404)):
            correlation = unique("logged")
            self.admin.request("GET", path, headers={"X-Correlation-ID": correlation})
            line, = self.lines_of(correlation)
            self.assertRegex(line, LOG_LINE)
            self.assertRegex(line, rf"\bstatus={status}\b")
            self.assertRegex(line, r"\bduration\w*=[0-9.]+")
            self.assertIn(path, line)

    def test_no_secret_is_logged(self):
        project = self.project()
        token = self.login("a", project)["token"]
        self.stranger(token).get("/api/auth/session")
        self.admin.get(f"/api/projects?token={token}")
        self.task(project, self.task_type(project))
        claim = self.expect(200, self.ask_next(self.admin, "a", project))
        lease = claim.data["task"].get("leaseToken") or claim.data.get("leaseToken")
        correlation = unique("last")
        self.admin.request("GET", "/api/projects", headers={"X-Correlation-ID": correlation})
        self.lines_of(correlation)
        for secret in (self.admin.token, token, lease):
            self.assertNotIn(secret, self.server.log())

    def test_line_ends_in_a_request_cannot_forge_a_line(self):
        forged = "2026-01-01T00:00:00.000Z%20level=info%20event=forged"
        self.admin.request("GET", f"/api/x%0d%0a{forged}")
        correlation = unique("after")
        self.admin.request("GET", "/api/projects", headers={"X-Correlation-ID": correlation})
        self.lines_of(correlation)
        for line in self.server.log().splitlines():
            self.assertRegex(line, LOG_LINE)
            self.assertNotIn("event=forged", line.split(" ", 3)[2])

    def test_json_lines_are_valid_and_say_the_same(self):
        with Server("--log-format", "json") as server:
            client = Client(server, server.admin_token())
            client.request("GET", "/api/nothing", headers={"X-Correlation-ID": "in-json"})
            eventually(lambda: "in-json" in server.log(), "the request is in the log")
            lines = [json.loads(line) for line in server.log().splitlines()]
            for line in lines:
                self.assertTrue({"time", "level", "event"} <= set(line), str(line))
            request, = [line for line in lines if "in-json" in line.values()]
            self.assertEqual(request["status"], 404)
            client.close()


class UnreadLog(unittest.TestCase):
    """The log goes into a pipe that nobody reads, as with a pager left at its first page."""

    def setUp(self):
        place = Server("--log-format", "json")  # for its directory and command line
        self.addCleanup(place.close)
        self.process = subprocess.Popen(place.command(), stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env=clean_environment())
        self.addCleanup(self.process.stderr.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)

    def test_the_server_goes_on_and_says_how_much_was_lost(self):
        address = next(event["http"] for event in map(json.loads, self.process.stderr)
                       if event["event"] == "listening")
        # A line is some 500 bytes, and all together are more than the 4 MiB that are kept.
        request = (f"GET /{'x' * 300} HTTP/1.1\r\nHost: e2e\r\n"
                   f"X-Correlation-ID: {'c' * 128}\r\n\r\n").encode()
        rounds, at_once = 240, 50
        host, port = address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), 20) as connection:
            for _ in range(rounds):
                connection.sendall(request * at_once)
                answers = b""
                while answers.count(b"HTTP/1.1 404 ") < at_once:
                    answers += connection.recv(65536) or self.fail("the connection was closed")
        events = []
        reader = threading.Thread(
            target=lambda: events.extend(map(json.loads, self.process.stderr)))
        reader.start()
        eventually(lambda: any("lines" in event for event in list(events)), "the gap is told")
        self.process.terminate()
        self.assertEqual(self.process.wait(STOP_SECONDS), 0)
        reader.join()
        lost = sum(event["lines"] for event in events if "lines" in event)
        told = sum(event["event"] == "http_request" for event in events)
        self.assertGreater(told, 0)
        self.assertEqual(lost + told, rounds * at_once)
        self.assertEqual(events[-1]["event"], "stopped")


class Environment(unittest.TestCase):
    def test_every_option_is_taken_from_the_environment_too(self):
        with Server(env={"TASKDRIVER_BOOTSTRAP_PROJECT": "from-env"}) as server:
            listed = Client(server, server.admin_token()).get("/api/projects").data
            self.assertEqual([project["name"] for project in listed], ["from-env"])
        self.assertNotIn("TASKDRIVER_BOOTSTRAP_PROJECT", clean_environment())


if __name__ == "__main__":
    unittest.main()
