#!/usr/bin/env python3
"""Whom a product takes as devices, with real boards: one waits for an operator, one is named
before, one is shut out and let in again."""
import json
import unittest

from world import WorldTest


class Enrolment(WorldTest):
    def setUp(self):
        super().setUp()
        self.image = self.make_image("1.0.0")

    def standing(self):
        device = self.device()
        return device and device["standing"]

    def start_board(self):
        """What a new board tells in its first seconds."""
        return self.run_board(*self.create(self.image), "--run-for", "3s")

    def test_a_board_waits_until_it_is_let_in(self):
        self.otter("product", "set", "demo", "--enrolment", "approve")
        self.assertIn("Enrolment failed: server_busy", self.start_board())
        waiting = self.otter("device", "list", "--standing", "pending", "--json").stdout
        self.assertEqual([one["id"] for one in json.loads(waiting)["devices"]], ["board-1"])
        self.assertEqual(self.otter("device", "approve", "board-1").stdout, "board-1: allowed\n")
        self.assertIn("Enrolled as board-1", self.run_board("--until", "idle"))
        self.assertEqual(self.standing(), "enrolled")

    def test_a_board_that_was_named_is_let_in(self):
        self.otter("product", "set", "demo", "--enrolment", "listed")
        self.assertIn("Enrolment failed: unauthorized", self.start_board())
        self.assertIsNone(self.standing())
        (self.folder / "serials.txt").write_text("# of the first box\nboard-1\n\nboard-2\r\n")
        for changed in ("2", "0"):
            told = self.otter("device", "allow", "--product", "demo", "--file", "serials.txt")
            self.assertEqual(told.stdout, f"2 devices of demo named: {changed} more get a key when "
                             "they ask\n")
        self.assertIn("Enrolled as board-1", self.run_board("--until", "idle"))

    def test_a_revoked_board_gets_nothing_until_it_is_let_in(self):
        self.assertIn("Enrolled as board-1", self.start_board())
        self.publish("1.0.1")
        self.assertEqual(self.otter("device", "revoke", "board-1").stdout, "board-1: revoked\n")
        told = self.run_board("--run-for", "5s")
        self.assertIn("Enrolment failed: unauthorized", told)
        self.assertNotIn("1.0.1", told)
        self.assertEqual(self.standing(), "revoked")
        self.assertIn("board-1 stays revoked", self.otter("device", "allow", "--product", "demo",
                                                          "board-1").stderr)
        self.assertEqual(self.otter("device", "approve", "board-1").stdout, "board-1: enrolled\n")
        self.run_board("--until", "confirmed", "--run-for", "60s")
        self.assertEqual(self.device()["version"], "1.0.1")
        self.assertEqual(self.standing(), "enrolled")

    def test_wrong_input_is_told(self):
        self.assertIn("no such device", self.otter("device", "revoke", "ghost", ok=False).stderr)
        self.assertIn("say what is to change", self.otter("product", "set", "demo",
                                                          ok=False).stderr)
        self.assertIn("name the devices", self.otter("device", "allow", "--product", "demo",
                                                     ok=False).stderr)
        (self.folder / "serials.txt").write_text("\na\n../b\n")
        self.assertIn('serials.txt line 3: "../b"', self.otter(
            "device", "allow", "--product", "demo", "--file", "serials.txt", ok=False).stderr)
        self.assertIn("no device id, at place 2", self.otter("device", "allow", "--product", "demo",
                                                             "a", "../b", ok=False).stderr)


if __name__ == "__main__":
    unittest.main()
