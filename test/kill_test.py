#!/usr/bin/env python3
"""kill -9 of the server at random moments, under reports, check-ins and uploads: what it has
acknowledged is there after the restart, and no file is half there.

    test/kill_test.py --kills 100
"""
import os
import random
import signal
import subprocess
import threading

import load
from world import OTTER

KILLS = load.count("--kills", 3)
REPORTS_MAX = 400  # that are acknowledged before a kill


class Publisher(threading.Thread):
    """Publishes one release after the other, whether the server is there or not."""

    def __init__(self, test):
        super().__init__()
        self.test = test
        self.stopped = threading.Event()
        self.published = []

    def run(self):
        for number in range(1, 1_000_000):
            if self.stopped.is_set():
                return
            version = f"1.0.{number}"
            image = self.test.make_image(version, size="1M")
            done = subprocess.run([OTTER, "publish", image], cwd=self.test.folder, check=False,
                                  capture_output=True)
            image.unlink()
            if done.returncode == 0:
                self.published.append(version)


class Kill(load.LoadTest):
    def test_nothing_acknowledged_is_lost(self):
        random.seed(os.environ.get("SEED", 1))
        self.stop_server()
        self.register(100)
        self.start_server()
        publisher = Publisher(self)
        publisher.start()
        self.addCleanup(publisher.join)
        self.addCleanup(publisher.stopped.set)
        acknowledged = []
        for number in range(KILLS):
            acknowledged += self.kill_under_load(f"acknowledged-{number}")
            self.start_server()
            self.assert_all_stored(acknowledged)
            self.assert_no_leftover()
        publisher.stopped.set()
        publisher.join()
        self.assert_sound()
        self.assert_published(publisher.published)
        print(f"{KILLS} kills, {len(acknowledged)} acknowledged reports, "
              f"{len(publisher.published)} acknowledged releases")

    def kill_under_load(self, name):
        """Gives the ids that were acknowledged."""
        loads = [self.reporting(name, "--duration-ms", 600_000),
                 self.start_load(*self.own_keys(), "--devices", 100, "--mode", "new",
                                 "--connections", 4, "--duration-ms", 600_000)]
        enough = random.randint(1, REPORTS_MAX)
        self.wait_for(lambda: len(self.acknowledged(name)) >= enough)
        self.stop_server(signal.SIGKILL)
        for process in loads:
            self.end(process)
        return self.acknowledged(name)

    def assert_no_leftover(self):
        """What was half written is gone when the server answers; its own process may upload."""
        blobs = self.folder / "otter-data/blobs"
        own = f"new-{self.server.pid}-"
        old = [path.name for path in blobs.glob("new-*") if not path.name.startswith(own)]
        self.assertEqual(old, [])

    def assert_published(self, versions):
        told = self.otter("release", "list", "--product", "demo").stdout
        self.assertTrue(versions)
        for version in versions:
            self.assertRegex(told, rf"\b{version}\b")


if __name__ == "__main__":
    load.main()
