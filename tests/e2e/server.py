"""A taskdriverd of its own for a test: started, stopped, killed and restarted on one directory."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30
STOP_SECONDS = 15  # the server promises 10
# What a sanitizer or a broken invariant writes before it ends the process.
REPORT = re.compile(r"(?m)(?:ERROR|WARNING): \w+Sanitizer|: runtime error: |^check failed: ")
REPORT_BYTES = 8000
LISTENING = re.compile(r"\blistening\b.*?http\"?[=:]\s*\"?127\.0\.0\.1:(\d+)")


def binary():
    path = Path(os.environ.get("TASKDRIVER_BIN", ROOT / "build/release/bin/taskdriverd"))
    if not path.is_file():
        raise RuntimeError(f"no server at {path}: run 'tools/dev build', or set TASKDRIVER_BIN")
    return str(path.resolve())


def clean_environment(extra=None):
    """The environment without the settings of whoever runs the tests."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TASKDRIVER_")}
    return {**kept, **(extra or {})}


def eventually(probe, why, seconds=30, pause=0.02):
    """The first truthy answer of `probe`, asked until then; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not: {why}")
        time.sleep(pause)


def run_binary(*options, env=None, seconds=30, cwd=None):
    """Runs taskdriverd for cases where it ends by itself; the finished process with its output."""
    return subprocess.run([binary(), *map(str, options)], env=clean_environment(env), cwd=cwd,
                          capture_output=True, text=True, timeout=seconds, check=False)


def dies_with_us(command):
    """What a test starts must not outlive a test run that is killed."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", *command] if setpriv else command


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Server:
    """One server process after another on one data directory.

    The kernel chooses the port of every start unless `port` is given, so that no other process
    can take it in between; ask `address()` again after a restart. Also a context manager.
    Thread: start, stop and kill from one thread; the rest from any.
    """

    def __init__(self, *options, port=0, data_dir=None, env=None):
        self.options = [str(option) for option in options]
        self.home = Path(tempfile.mkdtemp(prefix="taskdriver-e2e-"))
        self.data_dir = Path(data_dir) if data_dir else self.home / "data"
        self.wanted_port = port
        self.env = env or {}
        self.program = None  # another taskdriverd than binary()
        self.process = None
        self.generation = 0  # grows with every start: tells clients to connect anew
        self._address = None  # (host, port, generation) while it runs
        self._at_close = []

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    @property
    def log_path(self):
        return self.home / f"log.{self.generation}"

    @property
    def port(self):
        return self.address()[1]

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def address(self):
        """(host, port, generation) of the running server."""
        if self._address is None:
            raise ConnectionRefusedError("the server is down")
        return self._address

    def log(self):
        """What this start of the server has written to stderr so far."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def all_logs(self):
        return "".join(path.read_text(errors="replace") for path in sorted(self.home.glob("log.*")))

    def reports(self):
        """What all starts of the server wrote of broken memory, data races or invariants."""
        logs = self.all_logs()
        found = REPORT.search(logs)
        return logs[found.start():][:REPORT_BYTES] if found else ""

    def admin_token(self):
        given = self.env.get("TASKDRIVER_ADMIN_TOKEN")
        return given or (self.data_dir / "admin.token").read_text().strip()

    def command(self):
        return dies_with_us([self.program or binary(), "--data-dir", str(self.data_dir),
                             "--http", f"127.0.0.1:{self.wanted_port}", *self.options])

    def launch(self):
        """Starts the process without waiting until it serves."""
        self.generation += 1
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.home,
                                            env=clean_environment(self.env))

    def start(self):
        self.launch()
        return self.await_start()

    def await_start(self):
        """Waits until a launched process serves."""
        try:
            port = eventually(self._listening_port, "a line with event=listening in the log",
                              START_SECONDS)
            eventually(lambda: self._healthy(port), "GET /health answers", START_SECONDS)
        except AssertionError as failure:
            log = self.log()[-3000:]
            self.close()
            raise AssertionError(f"the server did not start: {failure}\n{log}") from None
        self._address = ("127.0.0.1", port, self.generation)
        return self

    def _listening_port(self):
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with code {self.process.returncode}")
        found = LISTENING.search(self.log())
        return int(found.group(1)) if found else None

    def _healthy(self, port):
        try:
            with self.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(
                    b"GET /health HTTP/1.1\r\nHost: e2e\r\nConnection: close\r\n\r\n")
                return connection.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def serves(self):
        return self._address is not None

    def create_connection(self, address, timeout=None, *_):
        return socket.create_connection(address, timeout)

    def broken(self):
        """Told by clients when a connection broke."""

    def terminate(self):
        """Asks the server to stop, without waiting for it."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds=STOP_SECONDS):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server still ran {seconds} s after SIGTERM") from None

    def stop(self):
        """SIGTERM; the exit code."""
        self.terminate()
        code = self.wait()
        self._address = None
        return code

    def kill(self):
        """SIGKILL: what a crash looks like."""
        self._address = None
        self.process.kill()
        self.process.wait()

    def restart(self):
        """After a kill (or a stop): the same directory again, on a new port."""
        if self.process.poll() is None:
            self.kill()
        return self.start()

    def at_close(self, end):
        """Has `end` called when all is over, e.g. for a client's connection."""
        self._at_close.append(end)

    def close(self):
        for end in self._at_close:
            end()
        if self.process and self.process.poll() is None:
            self.kill()
        reports = self.reports()
        shutil.rmtree(self.home, ignore_errors=True)
        if reports:
            raise AssertionError(f"the server reported:\n{reports}")
