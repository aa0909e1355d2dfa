#!/usr/bin/env python3
"""A fleet that comes back after an outage, each device once and again until it is served, as the
device's library does it (5 s, doubling, a quarter of jitter, Retry-After first).

    test/outage_test.py --devices 10000
"""
import time

import load
from world import SANITIZED, THREADS_SANITIZED

DEVICES = load.count("--devices", 200)
# [bytes] of the server, whatever the size of the fleet. The address sanitizer keeps 256 MiB of what
# was freed (quarantine_size_mb); the thread sanitizer's shadow is several times of what is used.
MEMORY_MAX = (320 + (256 if SANITIZED else 0)) * 1024 * 1024
DURATION_MS = 1_800_000


class Outage(load.LoadTest):
    def setUp(self):
        super().setUp()
        self.stop_server()
        self.register(DEVICES)

    def returning(self, spread_ms, addresses=DEVICES):
        return self.start_load(*self.own_keys(), "--mode", "return", "--devices", DEVICES,
                               "--addresses", addresses, "--spread-ms", spread_ms,
                               "--duration-ms", DURATION_MS)

    def assert_all_served(self, fleet, title):
        told = self.result(fleet)
        self.assertEqual(told["devices"], DEVICES)
        self.assertEqual(told["answers"], DEVICES)
        # No answer, or the word to come again later: what a device knows to take.
        self.assertLessEqual(set(told["statuses"]), {"0", "200", "429", "503"})
        memory = self.memory_bytes()
        if not THREADS_SANITIZED:
            self.assertLess(memory, MEMORY_MAX)
        print(f"{title}: {DEVICES} devices in {told['seconds']:.1f} s, at most "
              f"{told['attempts_max']} attempts, answers by status {told['statuses']}, server at "
              f"most {memory / 2**20:.0f} MiB")
        return told

    def test_all_in_the_same_second(self):
        self.start_server()
        self.assert_all_served(self.returning(1000), "in one second")

    def test_all_at_the_same_moment(self):
        self.start_server()
        self.assert_all_served(self.returning(0), "at one moment")

    def test_all_behind_one_address(self):
        self.start_server()
        self.assert_all_served(self.returning(1000, addresses=1), "in one second, one address")

    def test_spread_by_jitter(self):
        self.start_server()
        self.assert_all_served(self.returning(5000), "over 5 s")

    def test_knocking_while_the_server_is_down(self):
        fleet = self.returning(1000)
        time.sleep(2)  # until each has knocked in vain
        self.start_server()
        told = self.assert_all_served(fleet, "knocking before the start")
        self.assertGreater(told["statuses"].get("0", 0), DEVICES // 2)

    def test_more_connections_than_the_shell_allows_files(self):
        """systemd and shells begin with 1024, and let a program raise it."""
        self.serve_by = ("prlimit", "--nofile=64:4096")
        self.start_server()
        idle = self.start_load(*self.own_keys(), "--mode", "idle", "--connections", 100)
        self.assertEqual(idle.stdout.readline(), "idle\n")
        self.assertEqual(self.request("GET", "/firmware/trust")[0], 404)


if __name__ == "__main__":
    load.main()
