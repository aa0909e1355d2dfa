#!/usr/bin/env python3
"""The server's clock steps forth and back while it runs, as a board without a battery or a wrong
time server makes it: nothing that devices and operators rely on goes by it. With libfaketime
(Debian's faketime), the monotonic clock left alone, as settimeofday() leaves it."""
import json
import os
import time
from pathlib import Path

import load

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
DAY = 86400  # [s]
# Not further: the devices' own clocks are right, and a certificate ends.
STEPS = (0, 30 * DAY, -30 * DAY, 365 * DAY, -5, 1, 0)


class Clock(load.LoadTest):
    def setUp(self):
        if not LIBRARIES:
            self.skipTest("libfaketime is not installed")
        super().setUp()

    def start_server(self):
        self.step_to(0)
        # The address sanitizer wants to be the first library; it works as the second, too.
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.serve_by = ("env", f"LD_PRELOAD={LIBRARIES[0]}", "FAKETIME_NO_CACHE=1",
                         f"ASAN_OPTIONS={sanitizer}",
                         f"FAKETIME_TIMESTAMP_FILE={self.folder}/clock", "DONT_FAKE_MONOTONIC=1")
        super().start_server()

    def step_to(self, offset):
        """[s] from the true time."""
        step = self.folder / "clock.new"
        step.write_text(f"{offset:+d}\n")
        step.rename(self.folder / "clock")

    def last_seen(self, name):
        return self.device(name)["last_seen"] - time.time()

    def test_the_clock_of_the_server_is_stepped(self):
        """Else the rest would prove nothing."""
        self.publish("1.0.0")
        self.step_to(30 * DAY)
        self.sketch("sketch-1")
        self.assertAlmostEqual(self.last_seen("sketch-1"), 30 * DAY, delta=DAY)

    def sketch(self, name):
        body = {"device_id": name, "status": "FAILED", "version": "1.0.0", "error": "x"}
        answer = self.request("POST", "/firmware/report", {"X-API-Key": self.key, "Content-Type":
                              "application/json"}, json.dumps(body).encode())
        self.assertEqual(answer[0], 200)

    def test_every_release_reaches_the_board(self):
        self.run_board(*self.create(self.make_image("1.0.0")), "--until", "idle")
        for number, offset in enumerate(STEPS, 1):
            self.step_to(offset)
            self.publish(f"1.0.{number}")
            self.run_board("--until", "confirmed", "--run-for", "60s")
            self.assertEqual(self.device()["version"], f"1.0.{number}", offset)
        newest = self.otter("release", "list", "--json").stdout
        self.assertEqual([release["version"] for release in json.loads(newest)["releases"]],
                         [f"1.0.{number}" for number in range(len(STEPS), 0, -1)])

    def test_reports_stay_in_the_order_of_their_arrival(self):
        self.publish("1.0.0")
        for number, offset in enumerate(STEPS):
            self.step_to(offset)
            body = {"device_id": "sketch-1", "status": "FAILED", "version": "1.0.0",
                    "error": f"step {number}"}
            self.request("POST", "/firmware/report", {"X-API-Key": self.key, "Content-Type":
                         "application/json"}, json.dumps(body).encode())
        told = self.otter("device", "reports", "sketch-1", "--json").stdout
        self.assertEqual([report["error"] for report in json.loads(told)["reports"]],
                         [f"step {number}" for number in reversed(range(len(STEPS)))])
        self.assertEqual(self.device("sketch-1")["error"], f"step {len(STEPS) - 1}")

    def test_check_ins_go_on_through_every_step(self):
        self.stop_server()
        self.register(1000)
        self.start_server()
        devices = self.start_load(*self.own_keys(), "--devices", 1000, "--connections", 4,
                                  "--duration-ms", 2000)
        while devices.poll() is None:
            for offset in STEPS:
                self.step_to(offset)
                self.assertEqual(self.request("GET", "/firmware/trust")[0], 404)
        told = self.result(devices)
        self.assertEqual(list(told["statuses"]), ["200"])
        self.otter("device", "list")


if __name__ == "__main__":
    load.main()
