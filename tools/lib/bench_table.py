#!/usr/bin/env python3
"""Turns the reports of several rounds of tdbench into the table of docs/performance.md.

Usage: bench_table.py REPORTS_DIR PAGE [NOTE]   replaces what stands between the marks in PAGE

REPORTS_DIR holds NAME.ROUND.json, as `tools/dev bench --table` writes them, and disk.txt. Every
figure is the median of its rounds.
"""

import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

BEGIN, END = "<!-- bench table: begin -->", "<!-- bench table: end -->"


class Rounds:
    """The reports of one run of tdbench, repeated."""

    def __init__(self, folder, name):
        self.reports = [json.loads(p.read_text()) for p in sorted(folder.glob(name + ".*.json"))]

    def median(self, phase, *path):
        """The median of a number in the named phase; None if no round has it."""
        values = []
        for report in self.reports:
            at = next((p for p in report["phases"] if p["name"] == phase), None)
            for key in path:
                at = at.get(key) if isinstance(at, dict) else None
            if at is not None:
                values.append(at)
        return statistics.median(values) if values else None


def shown(value, digits=0, unit=""):
    return "–" if value is None else f"{value:,.{digits}f}{unit}"


def latency(rounds, phase, kind):
    return (f"{shown(rounds.median(phase, 'latency', kind, 'p50Ms'), 2)} / "
            f"{shown(rounds.median(phase, 'latency', kind, 'p99Ms'), 2)} ms")


def ratio(rounds, over, under, *path):
    a, b = rounds.median(over, *path), rounds.median(under, *path)
    return shown(a / b if a and b else None, 2, " ×")


def cycle_rows(rounds, name, command):
    one = lambda *path: rounds.median("cycle", *path)
    return [
        (f"cycles, {name}", shown(one("operationsPerSecond"), 0, " /s"), command),
        ("– server CPU, fsyncs, memory at most",
         f"{shown(one('server', 'cpuUsPerOperation'), 0, ' µs')}, "
         f"{shown(one('fsyncsPerOperation'), 2)} per cycle, "
         f"{shown((one('server', 'rssMaxKb') or 0) / 1024, 0, ' MiB')}", "the same"),
        ("– a cycle, p50 / p99", latency(rounds, "cycle", "cycle"), "the same"),
    ]


def read_rows(backlog):
    found = []
    for phase, what in (("first page", "the first 100 tasks of the list"),
                        ("next page", "100 tasks behind a cursor"),
                        ("peek", "peek"), ("stats", "statistics")):
        found.append((f"– {what}, p50; server CPU",
                      f"{shown(backlog.median(phase, 'latency', phase, 'p50Ms'), 2)} ms; "
                      f"{shown(backlog.median(phase, 'server', 'cpuUsPerOperation'), 0, ' µs')}",
                      "the same"))
    return found


def restart(folder):
    times = [float(p.read_text()) for p in folder.glob("restart.*.txt")]
    return shown(statistics.median(times) / 1000 if times else None, 1, " s")


def retry_rows(retries):
    cpu = lambda phase: shown(retries.median(phase, "server", "cpuUsPerOperation"), 0, " µs")
    return [(f"claim and fail, {shown(retries.median('retries', 'operations'))} times; server CPU",
             cpu("retries"), "`retries`"),
            ("– a cycle afterwards", cpu("after"), "the same")]


def deletion_rows(deletion):
    return [(f"{kind} while a project with {shown(deletion.median('load', 'operations'))} tasks is "
             "deleted, p99 (alone)",
             f"{shown(deletion.median('beside', 'latency', kind, 'p99Ms'), 1)} ms "
             f"({shown(deletion.median('alone', 'latency', kind, 'p99Ms'), 1)} ms)", "`deletion`")
            for kind in ("create", "claim", "complete")]


def tour_rows(tour):
    return [("server CPU of a cycle going through all projects, against one of them",
             ratio(tour, "all", "one", "server", "cpuUsPerOperation"), "`tour`"),
            ("– memory at most",
             shown((tour.median("all", "server", "rssMaxKb") or 0) / 1024, 0, " MiB"), "the same")]


def rows(folder):
    load = lambda name: Rounds(folder, name)
    found = cycle_rows(load("cycle"), "64 workers", "`cycle`")
    found += cycle_rows(load("single"), "1 worker", "`cycle -- --workers 1`")
    at_rate, backlog, parked = load("latency"), load("backlog"), load("parked")
    for kind in ("create", "claim", "complete"):
        found.append((f"{kind} at 200 cycles/s, p50 / p99", latency(at_rate, "latency", kind),
                      "`latency`"))
    found.append(("bulk create", shown(load("bulk").median("bulk", "operationsPerSecond"), 0,
                                       " tasks/s"), "`bulk`"))
    tasks = backlog.median("load", "operations")
    found.append((f"loading {shown(tasks)} tasks",
                  shown(backlog.median("load", "operationsPerSecond"), 0, " tasks/s"),
                  "`backlog`"))
    found.append(("– cycles then, against an empty queue",
                  ratio(backlog, "loaded", "empty", "operationsPerSecond"), "the same"))
    found.append(("– server CPU of a cycle then, against an empty queue",
                  ratio(backlog, "loaded", "empty", "server", "cpuUsPerOperation"), "the same"))
    if backlog.median("drained", "operations"):
        found.append((f"– the same after {shown(backlog.median('drain', 'operations'))} of them "
                      "were completed",
                      ratio(backlog, "drained", "empty again", "server", "cpuUsPerOperation"),
                      "the same"))
    for phase in ("load", "loaded", "drain"):
        found.append((f"– memory at most, {phase}",
                      shown((backlog.median(phase, "server", "rssMaxKb") or 0) / 1024, 0, " MiB"),
                      "the same"))
    found += read_rows(backlog)
    found.append(("– served again after kill -9", restart(folder), "the same"))
    found += retry_rows(load("retries"))
    found.append(("a parked poll is given its task, p50 / p99", latency(parked, "parked",
                                                                        "delivery"), "`parked`"))
    polls = parked.median("parked", "parked", "polls")
    memory = ((parked.median("parked", "parked", "rssParkedKb") or 0) -
              (parked.median("parked", "parked", "rssWithoutKb") or 0))
    found.append((f"– memory of each of {shown(polls)} polls, with session and connection",
                  shown(memory / polls if polls else None, 1, " KiB"), "the same"))
    beside = load("neighbour")
    for kind in ("create", "claim", "complete"):
        found.append((f"{kind} beside a project with 64 workers, p99 against alone",
                      ratio(beside, "beside", "alone", "latency", kind, "p99Ms"), "`neighbour`"))
    found += deletion_rows(load("deletion")) + tour_rows(load("tour"))
    ceiling = load("ceiling")
    for phase, what in (("page", "the HTTP layer alone (a page)"),
                        ("peek", "the HTTP layer and an actor (peek)")):
        found.append((what, f"{shown(ceiling.median(phase, 'operationsPerSecond'))} /s, "
                      f"{shown(ceiling.median(phase, 'server', 'cpuUsPerOperation'), 1, ' µs')}",
                      "`ceiling`"))
    found.append(("the disk alone: 4 KiB appended and synced, one after the other",
                  (folder / "disk.txt").read_text().strip() + " /s", "the start of each run"))
    return found


def main():
    folder, page = Path(sys.argv[1]), Path(sys.argv[2])
    note = sys.argv[3] if len(sys.argv) > 3 else ""
    count = len(list(folder.glob("cycle.*.json")))
    lines = [BEGIN, "",
             f"Medians of {count} rounds on {time.strftime('%Y-%m-%d')}, "
             f"{os.cpu_count()} cores ({platform.machine()}, Linux {platform.release()}). {note}",
             "", "| what | figure | `tools/dev bench …` |", "|---|---|---|"]
    lines += [f"| {a} | {b} | {c} |" for a, b, c in rows(folder)]
    lines += ["", END]
    text = page.read_text()
    before, rest = text.split(BEGIN)
    page.write_text(before + "\n".join(lines) + rest.split(END)[1])


if __name__ == "__main__":
    main()
