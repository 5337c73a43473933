"""Both example clients of the API reference, unchanged, against a server as they expect it."""

import contextlib
import hashlib
import io
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from api import Client
from server import ROOT, Server, port_is_free

CLIENTS = Path(__file__).resolve().parent / "clients"
NODE_FOLDER = ROOT / "build/e2e-clients"
# What both examples say: localhost:3000, and a project given by this name.
DOCUMENTED_PORT, PROJECT, AGENT = 3000, "project-id", "my-agent"
DONE = "Task completed successfully"


def example(language):
    """The code of one client: (its class, its usage lines), exactly as in the reference."""
    text = (CLIENTS / "reference_clients.md").read_text()
    code = re.search(rf"^```{language}\n(.*?)^```$", text, re.S | re.M).group(1)
    definition, mark, usage = re.split(r"(?m)(^(?:#|//) Usage$\n)", code)
    return definition, mark + usage


def install_axios():
    """node_modules by the lock file, in the build tree; installed again when the lock changes."""
    lock = (CLIENTS / "package-lock.json").read_bytes()
    stamp = NODE_FOLDER / f"installed-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not stamp.exists():
        shutil.rmtree(NODE_FOLDER, ignore_errors=True)
        NODE_FOLDER.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CLIENTS / name, NODE_FOLDER)
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NODE_FOLDER,
                              capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise AssertionError(f"npm ci failed:\n{done.stdout}\n{done.stderr}")
        stamp.touch()


class ExampleClients(unittest.TestCase):
    def setUp(self):
        free = port_is_free(DOCUMENTED_PORT)
        self.server = Server("--bootstrap-project", PROJECT, port=DOCUMENTED_PORT if free else 0)
        self.addCleanup(self.server.close)
        self.server.start()
        # With port 3000 taken by another process the clients get their address as an argument.
        self.base_argument = "" if free else repr(f"{self.server.base}/api")
        self.admin = Client(self.server, self.server.admin_token())
        self.addCleanup(self.admin.close)
        project = self.admin.get("/api/projects").data[0]
        self.assertEqual(project["name"], PROJECT)
        kind = self.admin.post(f"/api/projects/{project['id']}/task-types", {"name": "any"}).data
        self.task = self.admin.post(f"/api/projects/{project['id']}/tasks",
                                    {"typeId": kind["id"], "instructions": "Do it."}).data

    def usage(self, language):
        definition, usage = example(language)
        return definition, usage.replace("TaskDriverClient()",
                                         f"TaskDriverClient({self.base_argument})")

    def check_task_is_completed(self):
        task = self.admin.get(f"/api/tasks/{self.task['id']}").data
        self.assertEqual(
            (task["status"], task["assignedTo"], task["result"], task["outputs"]),
            ("completed", AGENT, DONE, {}))

    def test_python_example_runs_unchanged(self):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile("".join(self.usage("python")), "python example", "exec"),  # noqa: S102
                 {"__name__": "example"})
        self.check_task_is_completed()

    def test_python_example_raises_the_documented_error_when_there_is_no_task(self):
        definition, _ = self.usage("python")
        names = {"__name__": "example"}
        exec(definition, names)  # noqa: S102
        client = names["TaskDriverClient"](f"{self.server.base}/api")
        client.login("first", PROJECT)
        client.get_next_task("first", PROJECT)
        with self.assertRaisesRegex(Exception, "^No tasks available for assignment$"):
            client.get_next_task("second", PROJECT)

    def run_node(self, code):
        """The usage lines await at top level, which `require` rules out: a wrapper takes them."""
        script = NODE_FOLDER / "example.js"
        script.write_text(code)
        return subprocess.run(["node", script.name], cwd=NODE_FOLDER, capture_output=True,
                              text=True, timeout=60, check=False)

    @unittest.skipUnless(shutil.which("npm") and shutil.which("node"),
                         "npm or node is not installed: the JavaScript example was not run")
    def test_javascript_example_runs_unchanged(self):
        install_axios()
        definition, usage = self.usage("javascript")
        done = self.run_node(f"{definition}(async () => {{\n{usage}}})()"
                             ".catch((e) => { console.error(e); process.exit(1); });\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_task_is_completed()


if __name__ == "__main__":
    unittest.main()
