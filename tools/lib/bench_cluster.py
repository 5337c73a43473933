"""Measures a cluster of three nodes on loopback: tools/dev bench cluster.

Every part starts its own cluster (tests/e2e/cluster.py), with data below build/, since /tmp may be
in memory, where fsync costs nothing. Prints one line per figure, with its conditions.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from api import Client, Unanswered  # noqa: E402
from cluster import ADMIN_TOKEN, Cluster  # noqa: E402
from server import Server, eventually  # noqa: E402

BIN = ROOT / "build/release/bin"
QUIET = ("--log-requests", "errors", "--rate-limit-session", "0")


def say(text):
    print(text, flush=True)


def tdbench(mode, urls, seconds, *options):
    """One run of tdbench; the last phase of its report."""
    with tempfile.NamedTemporaryFile("w", suffix=".token") as token:
        token.write(ADMIN_TOKEN)
        token.flush()
        where = [word for url in urls for word in ("--url", url)]
        done = subprocess.run([BIN / "tdbench", mode, *where, "--admin-token-file", token.name,
                               "--seconds", str(seconds), "--json", *options],
                              capture_output=True, text=True, check=False)
    if not done.stdout:
        raise RuntimeError(f"tdbench {mode}: {done.stderr[-500:]}")
    return json.loads(done.stdout)["phases"][-1]


def cpu_seconds(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Bench:
    """A cluster with a project to work on. Also a context manager."""

    def __init__(self):
        self.cluster = Cluster(3, options=QUIET)

    def __enter__(self):
        self.cluster.start()
        self.admin = Client(self.cluster, ADMIN_TOKEN)
        self.await_replicas()
        self.project = self.made("/api/projects", {"name": "bench"})
        self.kind = self.made(f"/api/projects/{self.project['id']}/task-types", {"name": "work"})
        return self

    def __exit__(self, *_):
        self.cluster.close()

    def made(self, path, body):
        answer = self.admin.post(path, body)
        if answer.status != 201:
            raise RuntimeError(str(answer))
        return answer.data

    def shards(self, **query):
        with contextlib.suppress(Unanswered, ConnectionRefusedError):
            answer = self.admin.get("/api/cluster/shards", **query)
            if answer.status == 200:
                return answer.data
        return []

    def shard(self):
        return eventually(lambda: self.shards(project=self.project["id"]), "the shard is shown")[0]

    def all_in_sync(self, count=3):
        shards = self.shards()
        return shards and all(each["serving"] and len(each["inSync"]) >= count
                              for each in shards)

    def await_replicas(self, count=3, seconds=600):
        eventually(lambda: self.all_in_sync(count), f"every shard has {count} replicas", seconds,
                   pause=0.05)

    def urls(self):
        return [node.base for node in self.cluster.nodes.values() if node.runs()]

    def create(self, text, count=1000):
        tasks = [{"typeId": self.kind["id"], "instructions": text}] * count
        answer = self.admin.post(f"/api/projects/{self.project['id']}/tasks/bulk",
                                 {"tasks": tasks})
        if answer.status != 201:
            raise RuntimeError(str(answer)[:300])


class Cycles(threading.Thread):
    """Agents that create, claim and complete one after another; when each request was answered."""

    def __init__(self, bench, name):
        super().__init__(daemon=True)
        self.bench, self.agent, self.stopping = bench, name, False
        self.answers, self.failures = [], []  # (kind, started, ended)

    def run(self):
        client = Client(self.bench.cluster, ADMIN_TOKEN, timeout=20)
        tasks = f"/api/projects/{self.bench.project['id']}/tasks"
        while not self.stopping:
            self.ask(client, "create", tasks, {"typeId": self.bench.kind["id"],
                                               "instructions": "x" * 300})
            claim = self.ask(client, "claim", f"/api/agents/{self.agent}/next-task",
                             {"projectId": self.bench.project["id"]})
            if claim and claim.json["success"]:
                self.ask(client, "complete", f"/api/tasks/{claim.data['id']}/complete",
                         {"agentName": self.agent, "result": "y" * 200})

    def ask(self, client, kind, path, body):
        started = time.monotonic()
        try:
            answer = client.post(path, body)
        except Unanswered:
            answer = None
        ended = time.monotonic()
        if answer is None or answer.status >= 500:
            self.failures.append((kind, started, ended, str(answer)[:200]))
            time.sleep(0.005)
            return None
        self.answers.append((kind, started, ended))
        return answer


@contextlib.contextmanager
def load(bench, agents):
    workers = [Cycles(bench, f"agent{n}") for n in range(agents)]
    for worker in workers:
        worker.start()
    try:
        yield workers
    finally:
        for worker in workers:
            worker.stopping = True
        for worker in workers:
            worker.join(30)


def first_claim_after(workers, moment, seconds=30):
    """When the first claim that was asked after `moment` was answered."""
    def found():
        ended = [ended for worker in workers for kind, started, ended in worker.answers[-50:]
                 if kind == "claim" and started > moment]
        return min(ended, default=None)
    return eventually(found, "a claim succeeds again", seconds, pause=0.002)


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


# --- the figures ----------------------------------------------------------------------------------

def settle():
    """What the run before has left to the disk does not count for the next one."""
    os.sync()
    time.sleep(2)


def measure_cycles(seconds, rounds=3):
    one, three, ratios = [], [], []
    for _ in range(rounds):
        settle()
        with Server(*QUIET, env={"TASKDRIVER_ADMIN_TOKEN": ADMIN_TOKEN}) as server:
            one.append(tdbench("cycle", [server.base], seconds)["operationsPerSecond"])
        settle()
        with Bench() as bench:
            before = [cpu_seconds(node.process) for node in bench.cluster.nodes.values()]
            report = tdbench("cycle", bench.urls(), seconds)
            spent = sum(cpu_seconds(node.process) for node in bench.cluster.nodes.values()) \
                - sum(before)
            three.append(report["operationsPerSecond"])
        ratios.append(three[-1] / one[-1])
        say(f"cycles/s, 64 workers: one node {one[-1]:.0f}, three nodes {three[-1]:.0f} "
            f"({100 * ratios[-1]:.0f} %), CPU of all three {spent:.1f} s")
    say(f"cycles: three nodes at {100 * statistics.median(ratios):.0f} % of one "
        f"(median of {rounds} alternating rounds of {seconds} s; target 40 %)")


def measure_failover(_, rounds=10):
    gaps = []
    with Bench() as bench, load(bench, 16) as workers:
        for _ in range(rounds):
            time.sleep(1)
            victim = bench.cluster[bench.shard()["primary"]]
            killed = time.monotonic()
            victim.kill()
            gaps.append(first_claim_after(workers, killed) - killed)
            victim.restart()
            bench.await_replicas()
    say(f"failover: kill -9 of the primary under load, next claim after "
        f"{statistics.median(gaps):.2f} s (median of {rounds}), {max(gaps):.2f} s at most")


def measure_handover(_, rounds=10):
    with Bench() as bench, load(bench, 16) as workers:
        time.sleep(2)
        began = time.monotonic()
        usual = [ended - started for worker in workers for _, started, ended in worker.answers]
        moves = []
        for _ in range(rounds):
            shard = bench.shard()
            to = next(name for name in shard["inSync"] if name != shard["primary"])
            moves.append(time.monotonic())
            bench.admin.post(f"/api/cluster/shards/{shard['shard']}/transfer", {"to": to})
            eventually(lambda to=to: bench.shard()["primary"] == to, "the primary moved", 10)
            time.sleep(0.7)
    slowest = [max((ended - started for worker in workers
                    for _, started, ended in worker.answers
                    if started < moment + 0.7 and ended > moment), default=0) for moment in moves]
    failed = [each for worker in workers for each in worker.failures if each[1] > began]
    say(f"hand-over under load, {rounds} times: {len(failed)} failed requests; slowest request "
        f"during one {1000 * statistics.median(slowest):.0f} ms (median), "
        f"{1000 * max(slowest):.0f} ms at most; otherwise p99 "
        f"{1000 * quantile(usual, 0.99):.0f} ms")
    for each in failed[:3]:
        say(f"  failed: {each}")


def measure_idle(seconds):
    with Bench() as bench:
        time.sleep(5)
        processes = [node.process for node in bench.cluster.nodes.values()]
        before = [cpu_seconds(process) for process in processes]
        time.sleep(max(seconds, 10))
        used = [(cpu_seconds(process) - start) / max(seconds, 10) * 100
                for process, start in zip(processes, before)]
    say("idle: " + ", ".join(f"{each:.1f} %" for each in used) + " of a core per node")


def measure_catchup(_):
    with Bench() as bench:
        primary = bench.shard()["primary"]
        away = next(name for name in bench.cluster.nodes if name != primary)
        bench.cluster[away].kill()
        with load(bench, 4) as workers:
            for _ in range(100):
                bench.create("z" * 300)
            started = time.monotonic()
            bench.cluster[away].restart()
            bench.await_replicas()
            took = time.monotonic() - started
            during = [ended - begun for worker in workers
                      for _, begun, ended in worker.answers if begun > started]
    say(f"catch-up: a node that missed 100,000 tasks was in sync {took:.1f} s after its start, "
        f"with 4 agents working (p99 of their requests meanwhile "
        f"{1000 * quantile(during, 0.99):.0f} ms)")


def measure_checkpoint(_, megabytes=1024):
    with Bench() as bench:
        for _ in range(megabytes):
            bench.create("".join(chr(33 + byte % 90) for byte in os.urandom(10_000)), 100)
        primary = bench.shard()["primary"]
        lost = bench.cluster[next(name for name in bench.cluster.nodes if name != primary)]
        lost.kill()
        lost.lose_disk()
        time.sleep(20)  # compaction of what was created goes on for a while
        urls = [node.base for node in bench.cluster.nodes.values() if node is not lost]
        before = [p99_ms(urls) for _ in range(3)]
        started = time.monotonic()
        lost.launch()
        during = [p99_ms(urls)]
        while not bench.all_in_sync():
            during.append(p99_ms(urls))
        took = time.monotonic() - started
    say(f"checkpoint: about {megabytes} MB moved to an empty node within {took:.0f} s; p99 of "
        f"requests to another project {statistics.median(before):.1f} ms before, "
        f"{statistics.median(during):.1f} ms meanwhile (medians of {len(before)} and {len(during)} "
        f"slices of 5 s; the worst {max(before):.1f} and {max(during):.1f} ms)")


def p99_ms(urls, seconds=5):
    """Of the slowest of create, claim and complete at 50 cycles/s, in a project of its own."""
    latency = tdbench("latency", urls, seconds, "--rate", "50")["latency"]
    return max(latency[kind]["p99Ms"] for kind in ("create", "claim", "complete"))


FIGURES = {"cycles": measure_cycles, "failover": measure_failover, "handover": measure_handover,
           "idle": measure_idle, "catchup": measure_catchup, "checkpoint": measure_checkpoint}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures", nargs="*", metavar="FIGURE",
                        help=f"any of {', '.join(FIGURES)}; default: all")
    parser.add_argument("--seconds", type=int, default=10)
    chosen = parser.parse_args()
    unknown = [name for name in chosen.figures if name not in FIGURES]
    if unknown:
        parser.error(f"unknown figure {unknown[0]}; there are {', '.join(FIGURES)}")
    home = ROOT / "build/bench.cluster"
    home.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(home)
    for name in chosen.figures or FIGURES:
        FIGURES[name](chosen.seconds)


if __name__ == "__main__":
    main()
