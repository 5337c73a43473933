"""Three nodes and an etcd of their own for a test: on loopback, or each in a network of its own.

With `networks=True` every node and etcd live in network namespaces joined by a bridge, so that a
test can cut what one of them hears from another, one way or both. HTTP stays on each node's
loopback address; a client's connection is made from inside that namespace.
"""

import contextlib
import ctypes
import fcntl
import functools
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from server import Server, dies_with_us, eventually, port_is_free

ADMIN_TOKEN = "cluster-tests-admin-token"
CLONE_NEWNET = 0x40000000
STAY = 0.95  # how likely a client goes on with the node that answered last
_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(os.getpid() % 500 * 8 + 1)
_ports = itertools.count()
_held = []


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


@contextlib.contextmanager
def inside(namespace):
    """The calling thread makes its sockets in `namespace` (None: where it is)."""
    if namespace is None:
        yield
        return
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/var/run/netns/{namespace}", os.O_RDONLY)
    try:
        if _libc.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        yield
    finally:
        _libc.setns(home, CLONE_NEWNET)
        os.close(home)
        os.close(there)


@functools.cache
def port_range():
    """The first of 100 ports that no other test process takes as long as this one lives."""
    first = os.getpid() % 200
    for slot in itertools.chain(range(first, 200), range(first)):
        held = open(Path(tempfile.gettempdir()) / f"taskdriver-ports-{slot}", "w")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            continue
        _held.append(held)
        return 10_000 + 100 * slot
    raise RuntimeError("200 test processes have all the ports")


def free_port():
    """A port that is free, and below those that the kernel gives out by itself: a node that starts
    again must find its port free."""
    while True:
        port = port_range() + next(_ports) % 100
        if port_is_free(port):
            return port


class Networks:
    """A namespace with an address for each host, and one with the bridge between them. Needs root.

    The bridge is not in the machine's own namespace, since there a firewall may filter what passes
    it: Docker's drops all of it.
    """

    def __init__(self, hosts):
        number = next(_numbers)
        self.switch, self.made = f"td{number}-switch", []
        self.namespace = {host: f"td{number}-{host}" for host in hosts}
        self.address = {host: f"10.64.0.{place}" for place, host in enumerate(hosts, 1)}
        self._add_namespace(self.switch)
        run("ip", "-n", self.switch, "link", "add", "bridge", "type", "bridge")
        run("ip", "-n", self.switch, "link", "set", "bridge", "up")
        for host in hosts:
            self._add_host(host)

    def _add_namespace(self, name):
        run("ip", "netns", "add", name)
        self.made.append(name)

    def _add_host(self, host):
        name = self.namespace[host]
        self._add_namespace(name)
        run("ip", "-n", self.switch, "link", "add", host, "type", "veth", "peer", "name", "eth0",
            "netns", name)
        run("ip", "-n", self.switch, "link", "set", host, "master", "bridge", "up")
        there = ("ip", "-n", name)
        run(*there, "addr", "add", f"{self.address[host]}/24", "dev", "eth0")
        run(*there, "link", "set", "eth0", "up")
        run(*there, "link", "set", "lo", "up")
        self._nft(host, "add table inet cut; add chain inet cut in "
                        "{ type filter hook input priority 0; }")

    def _nft(self, host, rules):
        run("ip", "netns", "exec", self.namespace[host], "nft", rules)

    def cut_one_way(self, source, target):
        """What `source` sends does not reach `target`."""
        self._nft(target, f"add rule inet cut in ip saddr {self.address[source]} drop")

    def cut(self, one, *others):
        for other in others:
            self.cut_one_way(one, other)
            self.cut_one_way(other, one)

    def heal(self):
        for host in self.namespace:
            self._nft(host, "flush chain inet cut in")

    def close(self):
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def may_make_networks():
    """None, or why not."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    tried = subprocess.run(["ip", "netns", "add", "tdprobe"], capture_output=True, text=True,
                           check=False)
    subprocess.run(["ip", "netns", "del", "tdprobe"], capture_output=True, check=False)
    return None if tried.returncode == 0 else f"no network namespaces: {tried.stderr.strip()}"


def within(namespace, command):
    return ["ip", "netns", "exec", namespace, *command] if namespace else command


class Etcd:
    """One etcd process after another on one directory."""

    def __init__(self, home, address="127.0.0.1", namespace=None):
        self.data, self.log_path = home / "etcd", home / "etcd.log"
        self.address, self.namespace, self.process = address, namespace, None
        self.port, self.peer_port = (2379, 2380) if namespace else (free_port(), free_port())

    @property
    def url(self):
        return f"http://{self.address}:{self.port}"

    def start(self):
        peer = f"http://{self.address}:{self.peer_port}"
        command = ["etcd", "--name", "e1", "--data-dir", str(self.data),
                   "--listen-client-urls", self.url, "--advertise-client-urls", self.url,
                   "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                   "--initial-cluster", f"e1={peer}", "--log-level", "error"]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(within(self.namespace, dies_with_us(command)),
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        eventually(self.healthy, "etcd is healthy")
        return self

    def healthy(self):
        with inside(self.namespace), contextlib.suppress(OSError):
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                return b'"true"' in answer.read()
        return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()


class Node(Server):
    """A taskdriverd that is part of a cluster."""

    def __init__(self, name, namespace, *options, **more):
        env = {"TASKDRIVER_ADMIN_TOKEN": ADMIN_TOKEN, **more.pop("env", {})}
        super().__init__(*options, env=env, **more)
        self.name, self.namespace, self.paused = name, namespace, False

    def command(self):
        return within(self.namespace, super().command())

    def create_connection(self, address, timeout=None, *_):
        with inside(self.namespace):
            return super().create_connection(address, timeout)

    def runs(self):
        return self.process is not None and self.process.poll() is None and not self.paused

    def pause(self):
        self.paused = True
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)
        self.paused = False

    def lose_disk(self):
        """The directory is gone, as with a broken disk that was replaced."""
        shutil.rmtree(self.data_dir)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
        super().close()


class Cluster:
    """Nodes n1, n2, … and their etcd. Stands in for a `server` wherever a Client takes one.

    A client's thread keeps to the node that answered it last, most of the time; after a broken
    connection it goes on with any other, as a sensible agent would.
    """

    def __init__(self, size=3, networks=False, options=(), names=None):
        self.home = Path(tempfile.mkdtemp(prefix="taskdriver-cluster-"))
        names = names or [f"n{place}" for place in range(1, size + 1)]
        self.networks = Networks([*names, "etcd"]) if networks else None
        self.etcd = Etcd(self.home, *self._place("etcd"))
        self.options, self.nodes = options, {}
        self._at_close, self._mine = [], threading.local()
        for name in names:
            self.add(name)

    def _place(self, name):
        if not self.networks:
            return "127.0.0.1", None
        return self.networks.address[name], self.networks.namespace[name]

    def add(self, name, *options, **more):
        """A node that is not started yet."""
        address, namespace = self._place(name)
        listen = f"{address}:{4000 if namespace else free_port()}"
        secure = ["--insecure-cluster"] if namespace else []
        self.nodes[name] = Node(name, namespace, "--node-id", name, "--cluster-name", "tests",
                                "--cluster-listen", listen, "--etcd", self.etcd.url,
                                "--rate-limit-ip", "0", *secure, *self.options, *options, **more)
        return self.nodes[name]

    def __getitem__(self, name):
        return self.nodes[name]

    def start(self):
        self.etcd.start()
        for node in self.nodes.values():
            node.launch()
        for node in self.nodes.values():
            node.await_start()
        return self

    # --- as a server of clients -------------------------------------------------------------------

    def admin_token(self):
        return ADMIN_TOKEN

    def at_close(self, end):
        self._at_close.append(end)

    def address(self):
        node = getattr(self._mine, "node", None)
        if node is None or not node.runs() or random.random() > STAY:
            node = self._choose()
        return (*node.address()[:2], (node.name, node.generation))

    def _choose(self):
        running = [node for node in self.nodes.values() if node.runs() and node.serves()]
        if not running:
            raise ConnectionRefusedError("no node runs")
        avoided = getattr(self._mine, "avoided", None)
        others = [node for node in running if node is not avoided]
        self._mine.node = random.choice(others or running)
        return self._mine.node

    def create_connection(self, address, timeout=None, *_):
        return self._mine.node.create_connection(address, timeout)

    def broken(self):
        """The connection of this thread broke: the next one is to any other node."""
        self._mine.avoided = getattr(self._mine, "node", None)
        self._mine.node = None

    def close(self):
        with contextlib.ExitStack() as last_first:  # a node that reports something fails its close
            last_first.callback(shutil.rmtree, self.home, ignore_errors=True)
            if self.networks:
                last_first.callback(self.networks.close)
            last_first.callback(self.etcd.close)
            for node in self.nodes.values():
                last_first.callback(node.close)
            for end in self._at_close:
                end()
