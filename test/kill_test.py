#!/usr/bin/env python3
"""kill -9 of the server at random moments, under reports, check-ins and uploads: what it has
acknowledged is there after the restart, and no file is half there.

    test/kill_test.py --kills 100
"""
import hashlib
import os
import random
import signal
import threading

import load

KILLS = load.count("--kills", 4)
REPORTS_MAX = 400  # that are acknowledged before a kill
UPLOAD_SIZE = 4 * 1024 * 1024  # [bytes]


class Uploader(threading.Thread):
    """Sends one file after the other, whether the server is there or not."""

    def __init__(self, test):
        super().__init__()
        self.test = test
        self.stopped = threading.Event()
        self.acknowledged = []
        self.broken_off = 0

    def run(self):
        while not self.stopped.is_set():
            content = os.urandom(UPLOAD_SIZE)
            name = hashlib.sha256(content).hexdigest()
            try:
                status, _, body = self.test.request(
                    "PUT", f"/api/v1/blobs/{name}",
                    {"Authorization": f"Bearer {self.test.token}"}, content)
            except OSError:
                self.broken_off += 1
                continue
            assert status in (200, 201), body
            self.acknowledged.append(name)


class Kill(load.LoadTest):
    def setUp(self):
        super().setUp()
        self.blobs = self.folder / "otter-data/blobs"
        self.stop_server()
        self.register(100)
        self.start_server()

    def test_nothing_acknowledged_is_lost(self):
        uploader = Uploader(self)
        uploader.start()
        self.addCleanup(uploader.join)
        self.addCleanup(uploader.stopped.set)
        acknowledged = []
        for number in range(KILLS):
            acknowledged += self.kill_under_load(f"acknowledged-{number}", number % 2 == 0)
            self.start_server()
            self.assert_all_stored(acknowledged)
            self.assert_no_leftover()
        uploader.stopped.set()
        uploader.join()
        self.assert_sound()
        self.assertLessEqual(set(uploader.acknowledged), {path.name for path in
                                                          self.blobs.rglob("*")})
        self.assertGreater(uploader.broken_off, 0)
        print(f"{KILLS} kills; acknowledged and there: {len(acknowledged)} reports, "
              f"{len(uploader.acknowledged)} files")

    def kill_under_load(self, name, while_writing):
        """Gives the ids that were acknowledged. A kill while a file is written is no matter of
        chance."""
        loads = [self.reporting(name, "--duration-ms", 600_000),
                 self.start_load(*self.own_keys(), "--devices", 100, "--mode", "new",
                                 "--connections", 4, "--duration-ms", 600_000)]
        enough = random.randint(1, REPORTS_MAX)
        self.wait_for(lambda: len(self.acknowledged(name)) >= enough)
        self.wait_for(lambda: not while_writing or self.is_writing())
        self.stop_server(signal.SIGKILL)
        for process in loads:
            self.end(process)
        return self.acknowledged(name)

    def is_writing(self):
        """True if one was seen; looks often, because wait_for() does not."""
        return any(self.temporary_files() for _ in range(5000))

    def temporary_files(self):
        return list(self.blobs.glob("new-*"))

    def assert_no_leftover(self):
        """What was half written is gone when the server answers; its own process may upload."""
        own = f"new-{self.server.pid}-"
        old = [path.name for path in self.temporary_files() if not path.name.startswith(own)]
        self.assertEqual(old, [])


if __name__ == "__main__":
    load.main()
