"""A cluster with the certificates of deploy/make-certificates."""

import subprocess
import tempfile
import unittest

import tdctl
from cluster_test import ClusterTest
from server import ROOT, START_SECONDS, eventually

SCRIPT = ROOT / "deploy/make-certificates"


def make_certificates(folder, *nodes):
    done = subprocess.run([str(SCRIPT), folder, *nodes], capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    return done.stdout


class Script(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = folder.name

    def test_what_is_there_is_kept_and_new_nodes_are_signed_by_the_same_authority(self):
        self.assertIn("made n1.pem", make_certificates(self.path, "n1=10.0.0.1,n1.example.org"))
        again = make_certificates(self.path, "n1", "n2")
        self.assertIn("kept n1.pem", again)
        self.assertIn("made n2.pem", again)
        for node in ("n1", "n2"):
            subprocess.run(["openssl", "verify", "-CAfile", f"{self.path}/ca.pem",
                            f"{self.path}/{node}.pem"], check=True, capture_output=True)
        text = subprocess.run(["openssl", "x509", "-in", f"{self.path}/n1.pem", "-noout", "-text"],
                              check=True, capture_output=True, text=True).stdout
        for name in ("DNS:n1.node.taskdriver", "IP Address:10.0.0.1", "DNS:n1.example.org"):
            self.assertIn(name, text)

    def test_wrong_usage_makes_nothing(self):
        self.assertEqual(subprocess.run([str(SCRIPT), self.path], capture_output=True,
                                        check=False).returncode, 2)
        self.assertNotEqual(subprocess.run([str(SCRIPT), self.path, "a/b"], capture_output=True,
                                           check=False).returncode, 0)


class Cluster(ClusterTest):
    """Each node with a certificate that is valid for it alone."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        names = [f"n{place}" for place in range(1, self.size + 1)]
        make_certificates(folder.name, *names)
        self.files = {name: ("--cluster-ca", f"{folder.name}/ca.pem", "--cluster-cert",
                             f"{folder.name}/{name}.pem", "--cluster-key",
                             f"{folder.name}/{name}.key") for name in names}
        super().setUp()

    def make_cluster(self):
        cluster = super().make_cluster()
        for name, node in cluster.nodes.items():
            node.options += self.files[name]
        return cluster

    def test_nodes_accept_each_other_and_nobody_is_missing(self):
        status = tdctl.of_cluster(self.cluster)  # nodes tell each other every 2 s
        eventually(lambda: "All is well" in status.run("status", "--strict", code=None).stdout,
                   "the certificates are accepted and every shard is served")

    def test_a_node_with_a_wrong_key_does_not_start_and_nobody_has_heard_of_it(self):
        *files, _ = self.files["n1"]
        stranger = self.cluster.add("n4", *files, self.files["n2"][-1])
        stranger.launch()
        self.assertEqual(stranger.wait(START_SECONDS), 1)
        self.assertIn("n2.key: key values mismatch", stranger.log())
        nodes = tdctl.of_cluster(self.cluster).run("nodes").stdout
        self.assertIn("n3", nodes)
        self.assertNotIn("n4", nodes)


if __name__ == "__main__":
    unittest.main()
