"""The tour of the README, run as it is printed there against a server as it assumes it."""

import json
import re
import subprocess
import unittest

from api import Client
from server import ROOT, Server, clean_environment, port_is_free

README = ROOT / "README.md"
PORT = 3000  # as printed in the README
TOUR = re.compile(r"^<!-- tour -->\n+```\w*\n(.*?)^```$", re.S | re.M)


class ReadmeTour(unittest.TestCase):
    def test_the_tour_works_as_printed(self):
        blocks = TOUR.findall(README.read_text())
        self.assertEqual(len(blocks), 1, "README.md has one block marked <!-- tour -->")
        self.assertTrue(port_is_free(PORT), f"port {PORT} is taken: the tour cannot run as printed")
        with Server(port=PORT) as server:  # its data is in <home>/data, its home the tour's folder
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", blocks[0]], cwd=server.home,
                                  env=clean_environment(), capture_output=True, text=True,
                                  timeout=60, check=False)
            shown = f"{done.stdout}\n{done.stderr}"
            self.assertEqual(done.returncode, 0, shown)
            answers = [json.loads(line) for line in done.stdout.splitlines()
                       if line.startswith("{")]
            self.assertTrue(answers, shown)
            for answer in answers:
                self.assertIs(answer["success"], True, shown)
            client = Client(server, server.admin_token())
            stats = client.get("/api/projects").data[0]["stats"]
            client.close()
            self.assertEqual(stats["completedTasks"], 1, shown)


if __name__ == "__main__":
    unittest.main()
