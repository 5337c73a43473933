"""HTTP itself on the real server: bodies in chunks, pipelining, old clients, malformed requests."""

import json
import socket
import unittest

from api import ApiTest, unique


class Http(ApiTest):
    def send(self, data, answers=1):
        """What comes back for these bytes: until so many answers are there, or the end."""
        with socket.create_connection(self.server.address()[:2], timeout=20) as connection:
            connection.sendall(data)
            received = b""
            while True:
                piece = connection.recv(65536)
                received += piece
                if not piece or self.whole_answers(received) >= answers:
                    return received

    def whole_answers(self, received):
        count = 0
        while received:
            head, mark, rest = received.partition(b"\r\n\r\n")
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                           if line.lower().startswith(b"content-length:")), 0)
            if not mark or len(rest) < length:
                break
            count, received = count + 1, rest[length:]
        return count

    def head(self, method, path, *more):
        lines = [f"{method} {path} HTTP/1.1", "Host: e2e",
                 f"Authorization: Bearer {self.admin.token}", *more]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def test_a_body_in_chunks_is_read(self):
        name = unique("chunked")
        body = json.dumps({"name": name}).encode()
        chunks = b"".join(b"%x;note=1\r\n%c\r\n" % (1, byte) for byte in body) + b"0\r\n\r\n"
        answer = self.send(self.head("POST", "/api/projects", "Transfer-Encoding: chunked")
                           + chunks)
        self.assertTrue(answer.startswith(b"HTTP/1.1 201 "), answer)
        self.assertIn(name.encode(), answer)

    def test_pipelined_requests_are_answered_in_order(self):
        data = b"".join(self.head("GET", f"/api/nothing-{n}", f"X-Correlation-ID: n{n}")
                        for n in range(20))
        answer = self.send(data, answers=20)
        self.assertEqual(answer.count(b"HTTP/1.1 404 "), 20)
        places = [answer.index(f'"correlationId":"n{n}"'.encode()) for n in range(20)]
        self.assertEqual(places, sorted(places))

    def test_connection_close_and_http_1_0_end_the_connection(self):
        closing = self.head("GET", "/health", "Connection: close")
        for data in (closing, b"GET /health HTTP/1.0\r\n\r\n"):
            answer = self.send(data, answers=99)  # until the server closes
            self.assertRegex(answer, rb"^HTTP/1\.[01] 200 ")
            self.assertEqual(self.whole_answers(answer), 1)

    def test_expect_100_continue_is_answered(self):
        with socket.create_connection(self.server.address()[:2], timeout=20) as connection:
            body = json.dumps({"name": unique("expected")}).encode()
            connection.sendall(self.head("POST", "/api/projects", "Expect: 100-continue",
                                         f"Content-Length: {len(body)}"))
            self.assertTrue(connection.recv(1000).startswith(b"HTTP/1.1 100 "))
            connection.sendall(body)
            self.assertTrue(connection.recv(1000).startswith(b"HTTP/1.1 201 "))

    def test_malformed_requests_get_a_4xx_and_harm_nobody(self):
        with socket.create_connection(self.server.address()[:2], timeout=20) as bystander:
            for data in (
                    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n",
                    b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\nHost: e\r\n\r\n",
                    b"GET /health HTTP/1.1\r\nHost e\r\n\r\n",
                    b"GET /health HTTP/1.1\r\nHost: e\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
                    b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: e\r\n\r\n",
                    self.head("POST", "/api/projects", "Content-Length: -1"),
                    self.head("POST", "/api/projects", "Content-Length: 5x"),
                    self.head("POST", "/api/projects", "Content-Length: 5", "Content-Length: 6"),
                    self.head("POST", "/api/projects", "Content-Length: 5",
                              "Transfer-Encoding: chunked"),
                    self.head("POST", "/api/projects", "Transfer-Encoding: chunked")
                    + b"zz\r\n\r\n"):
                with self.subTest(data[:60]):
                    answer = self.send(data)
                    self.assertRegex(answer, rb"^HTTP/1\.1 (4\d\d|505) ")
            bystander.sendall(self.head("GET", "/health"))
            self.assertTrue(bystander.recv(1000).startswith(b"HTTP/1.1 200 "))

    def test_large_answers_reach_a_client_that_reads_slowly(self):
        project, kind, _ = self.workshop()
        for _ in range(8):
            self.task(project, kind, instructions="x" * 1_000_000)
        path = f"/api/projects/{project['id']}/tasks"
        with socket.create_connection(self.server.address()[:2], timeout=20) as slow:
            slow.sendall(self.head("GET", path, "Connection: close"))
            self.expect(200, self.admin.get(path, limit=1))  # others are served meanwhile
            received = 0
            while piece := slow.recv(4096):
                received += len(piece)
        self.assertGreater(received, 8_000_000)


if __name__ == "__main__":
    unittest.main()
