"""A server under load for one test: many devices of `build/.../server_load` that report, check in
and come back, and what must hold of the data folder after all of it. Counts are small in the test
suite; larger ones are arguments: `test/kill_test.py --kills 100`."""
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
import unittest
from pathlib import Path

from world import OTTER, WorldTest

LOAD = Path(OTTER).with_name("server_load")
REGISTER = Path(OTTER).with_name("server_register")


def count(option, default):
    """The number behind `option` on the command line, which unittest then does not see."""
    if option not in sys.argv:
        return default
    at = sys.argv.index(option)
    value = int(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    return value


class LoadTest(WorldTest):
    def start_load(self, *options):
        """Options name the product's key, or the master secret for devices' own keys."""
        load = subprocess.Popen(
            [LOAD, "--port", str(self.port), "--product", "demo", *map(str, options)],
            cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, load)
        return load

    def end(self, process):
        process.kill()
        process.communicate()

    def result(self, load):
        """What it told when it was through by itself."""
        told, errors = load.communicate()
        self.assertEqual((load.returncode, errors), (0, ""))
        return json.loads(told)

    def reporting(self, acknowledged, *options):
        return self.start_load("--api-key", self.key, "--request", "report", "--connections", 32,
                               "--acknowledged", acknowledged, *options)

    def own_keys(self):
        return ("--master", self.folder / "otter-data/secrets/master.key")

    def acknowledged(self, name):
        """Ids of reports; a last line that was cut off is none."""
        path = self.folder / name
        return path.read_text().split("\n")[:-1] if path.exists() else []

    def register(self, devices):
        """Straight into the data folder, while no server runs."""
        subprocess.run([REGISTER, "otter-data", "demo", "0", str(devices)], cwd=self.folder,
                       check=True)

    def memory_bytes(self, kind="VmHWM"):
        """Of the server: resident, at most so far (VmHWM) or now (VmRSS)."""
        status = Path(f"/proc/{self.server.pid}/status").read_text()
        return int(re.search(rf"{kind}:\s+(\d+) kB", status).group(1)) * 1024

    def stored_reports(self):
        with sqlite3.connect(self.folder / "otter-data/otter.sqlite") as database:
            return [row[0] for row in database.execute("select report_id from reports")]

    def assert_all_stored(self, acknowledged):
        stored = self.stored_reports()
        self.assertEqual(len(stored), len(set(stored)))
        missing = set(acknowledged) - set(stored)
        self.assertFalse(missing, f"{len(missing)} of {len(acknowledged)} are not there")

    def assert_sound(self):
        """The database is whole; each file is what its name says, and all that releases need."""
        data = self.folder / "otter-data"
        with sqlite3.connect(data / "otter.sqlite") as database:
            self.assertEqual(database.execute("pragma integrity_check").fetchall(), [("ok",)])
            self.assertEqual(database.execute("pragma foreign_key_check").fetchall(), [])
            needed = {row[0].hex() for row in database.execute("select image_sha256 from releases")}
        files = {path.name: path for path in (data / "blobs").rglob("*") if path.is_file()}
        for name, path in files.items():
            self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), name)
        self.assertLessEqual(needed, set(files))
        self.otter("fsck")


def main():
    unittest.main()
