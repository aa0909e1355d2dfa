#!/usr/bin/env python3
"""A backup of a server that devices report to meanwhile: restored elsewhere and served again, every
report that was acknowledged before the backup began is there."""
import contextlib
import json
import os
import secrets
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import unittest
from http.client import HTTPException
from pathlib import Path

from world import OTTER, WorldTest


class Reporter(threading.Thread):
    """Sends one report after the other from a device of its own, and notes which were taken."""

    def __init__(self, world, name):
        super().__init__(daemon=True)
        self.world, self.name_of_device, self.taken = world, name, []
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.is_set():
            body = {"device_id": self.name_of_device, "status": "FAILED", "version": "1.0.0",
                    "error": "timeout", "report_id": secrets.token_hex(16)}
            try:
                status, _, _ = self.world.request(
                    "POST", "/firmware/report", self.world.headers, json.dumps(body).encode())
            except (OSError, HTTPException):
                continue
            if status == 200:
                self.taken.append(body["report_id"])


class BackupTest(WorldTest):
    @property
    def headers(self):
        return {"X-API-Key": self.key, "Content-Type": "application/json"}

    def reports_of(self, device):
        """All of them: the API shows the newest."""
        with contextlib.closing(sqlite3.connect(self.folder / "otter-data/otter.sqlite")) as file:
            rows = file.execute("SELECT report_id FROM reports WHERE device = ?", (device,))
            return {row[0] for row in rows}

    def test_keeps_what_was_acknowledged_before_it_began(self):
        image = self.publish("1.0.0")
        reporters = [Reporter(self, f"sketch-{number}") for number in range(3)]
        for reporter in reporters:
            reporter.start()
        self.wait_for(lambda: all(len(reporter.taken) >= 5 for reporter in reporters))
        before = [list(reporter.taken) for reporter in reporters]
        self.otter("backup", "b.tar")
        for reporter in reporters:
            reporter.is_over.set()
            reporter.join()
        self.assertEqual(stat.S_IMODE(os.stat(self.folder / "b.tar").st_mode), 0o600)
        self.assertEqual(self.stop_server(), 0)
        self.serve_from_backup()
        for reporter, taken in zip(reporters, before):
            self.assertLessEqual(set(taken), self.reports_of(reporter.name_of_device))
        status, _, served = self.request("GET", "/firmware/1.0.0.bin", self.headers)
        self.assertEqual((status, served), (200, image.read_bytes()))

    def serve_from_backup(self):
        """In the same place, so that certificates and URL stay; all that was there is gone."""
        shutil.rmtree(self.folder / "otter-data")
        (self.folder / "otter.toml").unlink()
        self.otter("restore", "b.tar", "--into", "new")
        for name in ("otter.toml", "otter-data"):
            (self.folder / "new" / name).rename(self.folder / name)
        self.start_server()

    def test_refuses_what_would_do_harm(self):
        self.otter("backup", "b.tar")
        self.otter("backup", "b.tar", ok=False)
        self.otter("restore", "b.tar", "--into", ".", ok=False)
        self.otter("restore", "otter.toml", "--into", "new", ok=False)
        self.assertFalse((self.folder / "new").exists())
        whole = (self.folder / "b.tar").read_bytes()
        (self.folder / "cut.tar").write_bytes(whole[:len(whole) // 2])
        self.otter("restore", "cut.tar", "--into", "new", ok=False)
        self.assertFalse((self.folder / "new").exists())

    def test_says_what_is_not_in_it(self):
        settings = self.folder / "otter.toml"
        settings.write_text(settings.read_text().replace(
            '# certificate = "fullchain.pem"', 'certificate = "outside.pem"'))
        done = self.otter("backup", "b.tar", "--json")
        self.assertRegex(done.stderr, r"\Aotter: not in the backup, [^\n]*outside\.pem\n\Z")
        self.assertEqual(json.loads(done.stdout)["left_out"], [])


class Repair(WorldTest):
    """An image that was lost comes back the way that `otter fsck` advises."""

    def test_puts_a_lost_image_back(self):
        self.publish("1.0.0")
        blob = next(path for path in (self.folder / "otter-data/blobs").glob("*/*"))
        blob.unlink()
        self.assertIn("otter publish --image-only", self.fsck(1))
        other = self.make_image("1.0.0", size="300K")
        self.assertIn("is another one than", self.otter("publish", "--image-only", other,
                                                        ok=False).stderr)
        image = self.make_image("1.0.0")
        self.assertIn("not_found", self.otter("publish", "--image-only", "--version", "9.9.9",
                                              image, ok=False).stderr)
        self.assertEqual(self.otter("publish", "--image-only", image).stdout,
                         "put the image of demo 1.0.0 back\n")
        self.assertIn(" 0 findings", self.fsck(0))

    def fsck(self, status):
        done = subprocess.run([OTTER, "fsck"], cwd=self.folder, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def test_says_in_json_where_it_serves_and_what_it_cant_read(self):
        self.stop_server()
        before = len(self.server_log())
        settings = self.folder / "otter.toml"
        settings.write_text(settings.read_text().replace(
            'log = "human"', 'log = "json"\nmetrics_token_file = "none"'))
        self.start_server()
        self.publish("1.0.0")
        lines = [json.loads(line) for line in self.server_log()[before:].splitlines()]
        self.assertIn(self.url, [line.get("url") for line in lines])
        warned = [line for line in lines if "token can't be read" in str(line)]
        self.assertEqual([Path(line["path"]).name for line in warned], ["none"])


if __name__ == "__main__":
    sys.exit(unittest.main())
