#!/usr/bin/env python3
"""Types what the README says, from the first device to the three endpoints, and looks at what comes
out. Only the port is another, and `otter serve` runs in the background."""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

OTTER = Path(os.environ["OTTER"])
SOURCE = Path(os.environ["OTTER_SOURCE_DIR"])
FIRST, LAST = "## The first device", "## What works"

START_SERVER = """otter serve > serve.log 2>&1 &
SERVER=$!
trap 'kill $SERVER; wait $SERVER' EXIT
for _ in $(seq 150); do otter product list > /dev/null 2>&1 && break; sleep 0.1; done"""


def commands():
    """The README's shell blocks between the two headings, in one script."""
    text = (SOURCE / "README.md").read_text()
    section = text[text.index(FIRST):text.index(LAST)]
    return "\n".join(re.findall(r"```sh\n(.*?)```", section, re.S))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def script_for(port):
    script = commands().replace("8443", str(port))
    script = script.replace("./setup.sh\n", f"otter init --listen 127.0.0.1:{port}\n")
    script = re.sub(r"export PATH=.*\n", "", script)
    script = re.sub(r"^otter serve$", lambda _: START_SERVER, script, flags=re.M)
    return f"set -euo pipefail\n{script}\notter device list --json\n"


class Readme(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.script = script_for(free_port())
        environment = dict(os.environ, PATH=f"{OTTER.parent}:{os.environ['PATH']}")
        environment.pop("OTTER_CONFIG", None)
        run = subprocess.run(["bash", "-c", cls.script], cwd=cls.folder.name, env=environment,
                             capture_output=True, text=True, timeout=300, check=False)
        cls.status, cls.output = run.returncode, run.stdout
        cls.errors = run.stderr

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.assertEqual(self.status, 0, self.output + self.errors)

    def manifest(self):
        line = re.search(r'^\{.*?"hmac":.*?\}\]\}\}', self.output, re.M).group()
        return json.loads(line)

    def devices(self):
        last = self.output.strip().split("\n")[-1]
        return {device["id"]: device for device in json.loads(last)["devices"]}

    def test_replaces_all_that_depends_on_the_machine(self):
        self.assertNotIn("./setup.sh", self.script)
        self.assertIn("SERVER=$!", self.script)

    def test_serves_the_newest_release(self):
        self.assertEqual(self.manifest()["version"], "1.0.1")
        self.assertEqual(self.manifest()["release_notes"], "Dims smoothly")

    def test_gives_the_hash_that_sha256sum_computes(self):
        self.assertIn(self.manifest()["sha256"] + "  1.0.1.bin", self.output)

    def test_gives_the_hmac_that_openssl_computes(self):
        self.assertRegex(self.output, r"SHA2-256\(1\.0\.1\.bin\)= " + self.manifest()["hmac"])

    def test_updates_the_virtual_board(self):
        device = self.devices()["lamp-1"]
        self.assertEqual((device["version"], device["outcome"]), ("1.0.1", "confirmed"))

    def test_takes_the_report_of_a_sketch(self):
        self.assertIn('{"ok":true}', self.output)
        self.assertIn("sketch-1", self.devices())


if __name__ == "__main__":
    sys.exit(unittest.main())
