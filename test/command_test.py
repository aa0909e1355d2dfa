#!/usr/bin/env python3
"""Commands to a device, with real boards: each is obeyed once, and the server knows when."""
import json
import signal
import subprocess
import time
import unittest

from world import DEADLINE, WorldTest


class Commands(WorldTest):
    def setUp(self):
        super().setUp()
        self.check_in_often()

    def board_of(self, name, *more):
        """The command of one board of several."""
        return self.board(*more, flash=f"{name}.bin", name=name)

    def run_once(self, name, *more):
        done = subprocess.run(self.board_of(name, *more), cwd=self.folder, capture_output=True,
                              text=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + self.server_log())

    def start_board(self, name):
        with open(self.folder / f"{name}.log", "w", encoding="utf-8") as log:
            board = subprocess.Popen(self.board_of(name), cwd=self.folder, stdout=log, stderr=log)
        self.addCleanup(board.wait)
        self.addCleanup(board.kill)

    def log_of(self, name):
        return (self.folder / f"{name}.log").read_text()

    def times_told(self, name):
        return self.server_log().count(f"Command told device={name} ")

    def errors_reported(self, name):
        told = json.loads(self.otter("device", "reports", name, "--json").stdout)["reports"]
        return [report["error"] for report in told]

    def command_of(self, name):
        device = self.device(name)
        return device["command"], device["command_told"]

    def make_boards(self):
        """Two have 1.0.0 to go back to, one has no other image."""
        boards = {"goes-back": "1.0.0", "reboots": "1.0.0", "cant-go-back": "1.0.1"}
        self.make_image("1.0.0")
        self.publish("1.0.1")
        for name, version in boards.items():
            self.run_once(name, *self.create(f"demo-{version}.bin"), "--until", "confirmed",
                          "--run-for", "60s")
            self.assertEqual(self.device(name)["version"], "1.0.1")
        return list(boards)

    def test_each_is_obeyed_once(self):
        """All at a time: a board obeys when it has run for a minute."""
        boards = self.make_boards()
        for name in boards:
            word = "reboot" if name == "reboots" else "rollback"
            self.assertEqual(self.otter("device", "command", name, word).stdout,
                             f"{name}: {word} at its next check-in\n")
            self.start_board(name)
        time_to_see = time.monotonic() + 5
        self.wait_for(lambda: time.monotonic() > time_to_see)
        self.assertEqual(self.command_of("reboots"), ("reboot", None))  # its boot is too young
        self.wait_for(lambda: all(self.command_of(name) == (None, None) for name in boards))
        time_to_see = time.monotonic() + 5
        self.wait_for(lambda: time.monotonic() > time_to_see)
        self.assertEqual([self.times_told(name) for name in boards], [1, 1, 1])

        log = self.log_of("reboots")
        self.assertEqual(log.count("The server asks for a reboot"), 1, log)
        self.assertEqual(log.count("(reset: software)"), 1, log)
        device = self.device("reboots")
        self.assertEqual((device["version"], device["reset_reason"], device["resets"]),
                         ("1.0.1", "software", 0))
        self.assertLess(device["uptime_s"], 60)

        log = self.log_of("goes-back")
        self.assertEqual(log.count("Going back to the other image: commanded"), 1, log)
        device = self.device("goes-back")
        self.assertEqual((device["version"], device["outcome"], device["error"]),
                         ("1.0.0", "rolled_back", "commanded"))
        self.assertEqual(self.errors_reported("cant-go-back")[0], "no_fallback")
        self.assertEqual(self.device("cant-go-back")["version"], "1.0.1")

    def test_one_that_waits_is_kept_and_can_be_withdrawn(self):
        self.run_board(*self.create(self.make_image("1.0.0")), "--until", "idle")
        self.otter("device", "command", "board-1", "reboot")
        self.stop_server(signal.SIGKILL)
        self.start_server()
        self.assertEqual(self.command_of("board-1"), ("reboot", None))
        shown = self.otter("device", "show", "board-1").stdout
        self.assertRegex(shown, r"command +reboot\n")
        self.assertRegex(shown, r"command_told +never\n")
        self.assertEqual(self.otter("device", "command", "board-1", "--withdraw").stdout,
                         "board-1: withdrawn\n")
        self.assertEqual(self.command_of("board-1"), (None, None))
        self.assertIn("no command waits", self.otter("device", "command", "board-1", "--withdraw",
                                                     ok=False).stderr)

    def test_what_no_board_obeys_is_refused(self):
        self.run_board(*self.create(self.make_image("1.0.0")), "--until", "idle")
        self.assertIn("check_now, reboot, rollback or send_logs",
                      self.otter("device", "command", "board-1", "dance", ok=False).stderr)
        self.assertIn("no such device", self.otter("device", "command", "x", "reboot",
                                                   ok=False).stderr)
        self.assertIn("or --withdraw", self.otter("device", "command", "board-1", ok=False).stderr)


if __name__ == "__main__":
    unittest.main()
