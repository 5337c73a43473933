"""Runs tdctl as an operator does: the binary beside the server's, with addresses and the token."""

import json
import subprocess
from pathlib import Path

from server import binary, clean_environment

SECONDS_MAX = 120


class Tdctl:
    """tdctl for one server or cluster. `urls`: asked anew for every command, as ports change."""

    def __init__(self, urls, token):
        self.urls, self.token = urls, token

    def environment(self):
        return clean_environment({"TASKDRIVER_URL": ",".join(self.urls()),
                                  "TASKDRIVER_ADMIN_TOKEN": self.token})

    def run(self, *arguments, code=0):
        """The finished process; fails when its exit code is not `code` (None: any)."""
        command = [str(Path(binary()).with_name("tdctl")), *map(str, arguments)]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=SECONDS_MAX, check=False)
        if code is not None and done.returncode != code:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}, not {code}\n"
                                 f"{done.stdout}{done.stderr}")
        return done

    def text(self, *arguments, code=0):
        return self.run(*arguments, code=code).stdout

    def data(self, *arguments, code=0):
        return json.loads(self.run(*arguments, "--json", code=code).stdout)


def of_server(server):
    return Tdctl(lambda: [server.base], server.admin_token())


def of_cluster(cluster):
    """Asks the nodes that run, all of them in turn."""
    return Tdctl(lambda: [node.base for node in cluster.nodes.values()
                          if node.runs() and node.serves()], cluster.admin_token())
