"""The files of deploy/ name options that taskdriverd knows, with values that it takes."""

import os
import re
import subprocess
import unittest
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
VARIABLE = re.compile(r"\b(TASKDRIVER_[A-Z_]+)(?:: |=)(\S+)")


def variables(text):
    """What a text sets by NAME: value or NAME=value, outside of comments."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return {name: re.sub(r"\$\{.*", "x" * 16, value)
            for line in lines for name, value in VARIABLE.findall(line)}


def compose_nodes():
    """The variables of each node of the compose file, with those that all of them share."""
    text = (DEPLOY / "compose.yaml").read_text()
    shared, services, _ = re.split("\n(?:services|volumes):\n", text)
    blocks = re.split(r"^  (\w+):\n", services, flags=re.MULTILINE)[1:]
    return {name: {**variables(shared), **variables(block)}
            for name, block in zip(blocks[::2], blocks[1::2]) if name != "etcd"}


def print_config(environment):
    return subprocess.run([os.environ["TASKDRIVERD_BIN"], "--print-config"], env=environment,
                          capture_output=True, text=True, timeout=30, check=False)


class Deploy(unittest.TestCase):
    def assert_known(self, environment):
        done = print_config(environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        unknown = [name for name in environment if name != "TASKDRIVER_URL"  # tdctl's
                   and not re.search(rf"environment variable {name}$", done.stdout, re.MULTILINE)]
        self.assertEqual(unknown, [])

    def test_the_nodes_of_the_compose_file_can_start(self):
        nodes = compose_nodes()
        self.assertEqual(list(nodes), ["n1", "n2", "n3"])
        for name, environment in nodes.items():
            with self.subTest(node=name):
                self.assertEqual(environment["TASKDRIVER_NODE_ID"], name)
                self.assert_known(environment)

    def test_the_compose_file_gives_every_node_its_own_addresses(self):
        for option in ("TASKDRIVER_HTTP", "TASKDRIVER_CLUSTER_LISTEN"):
            addresses = {environment[option] for environment in compose_nodes().values()}
            self.assertEqual(len(addresses), 3, option)

    def test_a_node_with_the_example_environment_and_the_drop_in_can_start(self):
        example = (DEPLOY / "environment.example").read_text()
        drop_in = variables((DEPLOY / "taskdriverd.service").read_text())
        drop_in |= variables((DEPLOY / "cluster.conf").read_text())
        managed = variables(example.replace("#TASKDRIVER", "TASKDRIVER"))
        del managed["TASKDRIVER_ETCD_CA"]
        for environment in (variables(example), managed):
            environment["TASKDRIVER_ADMIN_TOKEN"] = "0123456789abcdef"
            self.assert_known({**environment, **drop_in})

    def test_the_token_of_the_example_is_refused(self):
        done = print_config(variables((DEPLOY / "environment.example").read_text()))
        self.assertEqual(done.returncode, 2)
        self.assertIn("admin-token", done.stderr)

    def test_the_image_names_an_option(self):
        image = variables((DEPLOY / "Dockerfile").read_text())
        self.assertEqual(image["TASKDRIVER_DATA_DIR"], "/data")
        self.assert_known(image)


if __name__ == "__main__":
    unittest.main()
