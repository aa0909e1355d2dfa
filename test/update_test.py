#!/usr/bin/env python3
"""From a firmware file to a confirmed device, and what happens when something goes wrong on the
way: real server, real sockets, real engine."""
import csv
import os
import random
import signal
import subprocess
import time
import unittest
from pathlib import Path

from world import DEADLINE, SOURCE, WorldTest

REAL_IMAGES = Path(os.environ.get("OTTER_REAL_IMAGES", SOURCE / "../shared/data"))


class Update(WorldTest):
    def test_a_release_is_confirmed_byte_for_byte(self):
        first = self.publish("1.0.0")
        second = self.publish("1.0.1")
        said = self.run_board(*self.create(first), "--until", "confirmed")
        for line in ("Current version: 1.0.0", "Download progress: 45%",
                     "SHA256 verification: PASSED", "Firmware written successfully",
                     "Rebooting to new firmware...", "Current version: 1.0.1"):
            self.assertIn(f"[OTA] {line}\n", said)
        self.assertEqual(self.slot(1, second.stat().st_size), second.read_bytes())
        device = self.device()
        self.assertEqual((device["version"], device["outcome"]), ("1.0.1", "confirmed"))

    def test_each_bad_release_is_rolled_back_and_says_why(self):
        first = self.publish("1.0.0")
        self.run_board(*self.create(first), "--until", "idle")
        reasons = {"crash": "crashed", "hang": "watchdog", "selftest-fail": "selftest_failed",
                   "no-network": "no_network"}
        for number, (behaviour, reason) in enumerate(reasons.items()):
            version = f"1.1.{number}"
            self.publish(version, behaviour=behaviour)
            self.run_board("--until", "rolled_back")
            device = self.device()
            told = (device["version"], device["outcome"], device["outcome_version"],
                    device["error"])
            self.assertEqual(told, ("1.0.0", "rolled_back", version, reason))
            self.run_board("--until", "idle")

    def test_plain_mode_checks_the_hmac(self):
        first = self.publish("1.0.0")
        self.publish("1.0.1")
        said = self.run_board(*self.create(first), "--plain", "--hmac-secret-file", "hmac.key",
                              "--until", "confirmed")
        self.assertIn("[OTA] HMAC verification: PASSED\n", said)
        (self.folder / "hmac.key").write_text("another secret")
        self.publish("1.0.2")
        said = self.run_board("--plain", "--hmac-secret-file", "hmac.key", "--until", "refused")
        self.assertIn("[OTA] HMAC verification: FAILED\n", said)

    def test_a_release_key_that_the_device_does_not_know_installs_nothing(self):
        first = self.publish("1.0.0")
        path = self.make_image("1.0.1")
        self.otter("publish", path, "--key", "otter-data/keys/release-2.pem")
        said = self.run_board(*self.create(first), "--run-for", "4s")
        self.assertIn("unknown_key", said)
        self.assertNotIn("Download progress", said)

    def test_a_wrong_authority_is_refused_and_the_device_keeps_running(self):
        first = self.publish("1.0.0")
        self.otter("certs", "make", "--folder", "other", "--name", "localhost")
        command = self.board(*self.create(first), "--run-for", "4s")
        command[command.index("--ca") + 1] = "other/ca.crt"
        said = subprocess.run(command, cwd=self.folder, capture_output=True, text=True,
                              timeout=DEADLINE, check=True).stdout
        self.assertGreaterEqual(said.count("tls_untrusted"), 2)
        self.assertIsNone(self.device())

    def test_a_server_that_comes_back_finds_the_device_waiting(self):
        first = self.publish("1.0.0")
        self.publish("1.0.1")
        self.stop_server()
        board = subprocess.Popen(self.board(*self.create(first), "--until", "confirmed"),
                                 cwd=self.folder, stdout=subprocess.PIPE, text=True)
        lines = []
        while not any("network_unreachable" in line for line in lines):
            lines.append(board.stdout.readline())
            self.assertNotEqual(lines[-1], "", lines)
        self.start_server()
        board.communicate(timeout=DEADLINE)
        self.assertEqual(board.returncode, 0)

    def test_kill_9_at_any_moment_is_a_power_cut_that_does_no_harm(self):
        """Too many cuts of its trial may cost a release its chance; never the device."""
        first = self.publish("1.0.0")
        self.run_board(*self.create(first), "--until", "confirmed")
        self.publish("1.0.1", size="1M")
        chance = random.Random(1)
        for _ in range(12):
            board = subprocess.Popen(self.board("--quiet"), cwd=self.folder)
            time.sleep(chance.uniform(0.02, 0.4))  # the moment of the cut, not a wait for anything
            board.send_signal(signal.SIGKILL)
            board.wait(DEADLINE)
        self.run_board("--until", "idle")
        device = self.device()
        self.assertIn((device["version"], device["outcome"], device["error"]),
                      (("1.0.1", "confirmed", None), ("1.0.0", "rolled_back", "trial_interrupted")))
        last = self.publish("1.0.2", size="1M").read_bytes()
        self.run_board("--until", "confirmed")
        self.assertEqual(self.device()["version"], "1.0.2")
        self.assertIn(last, (self.slot(0, len(last)), self.slot(1, len(last))))


@unittest.skipUnless((REAL_IMAGES / "index.tsv").exists(), "no real images beside the checkout")
class RealUpdate(WorldTest):
    """Old and new firmware of a real product."""

    def setUp(self):
        with open(REAL_IMAGES / "index.tsv", encoding="utf-8") as table:
            rows = list(csv.DictReader(table, delimiter="\t"))
        self.row = next(row for row in rows if row["pair"] == "tasmota-esp32c3-20260719-20260724")
        self.chip = self.row["chip"]
        super().setUp()

    def image(self, which):
        return REAL_IMAGES / "firmware" / f"{self.row[which + '_sha256'][:16]}.bin"

    def test_a_real_pair_is_updated_byte_for_byte(self):
        for which in ("old", "new"):
            self.otter("publish", self.image(which), "--product", "demo", "--version",
                       self.row[f"{which}_version"])
        self.run_board(*self.create(self.image("old")), "--until", "confirmed")
        new = self.image("new").read_bytes()
        self.assertEqual(self.slot(1, len(new)), new)
        self.assertEqual(self.device()["outcome"], "confirmed")


if __name__ == "__main__":
    unittest.main()
