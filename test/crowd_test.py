#!/usr/bin/env python3
"""Many boards with real sockets and a network that loses and doubles messages: what the server says
of each is what became of it."""
import json
import re
import signal
import subprocess
import unittest

from world import DEADLINE, OTTER, WorldTest

BOARDS = 40
OUTCOMES = {"confirmed", "rolled_back"}


class Crowd(WorldTest):
    def setUp(self):
        super().setUp()
        self.check_in_often()
        self.otter("product", "set", "demo", "--staged", "on")
        self.image = self.make_image("1.0.0")
        self.crowd = None

    def power_on(self, *more):
        self.crowd = subprocess.Popen(
            [OTTER, "sim", "fleet", "--devices", str(BOARDS), "--server", self.url,
             "--ca", "otter-data/certs/ca.crt", "--product", "demo", "--api-key-file", "api.key",
             "--release-key", "otter-data/keys/release-1.pem.pub", "--firmware", self.image,
             "--chip", self.chip, "--check-interval", "1s", "--retry-delay", "1s",
             "--trial-uptime", "1s", "--watchdog", "1s", "--result", "result.json",
             *map(str, more)],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(self.crowd.kill)

    def power_off(self):
        """What became of each board, by id."""
        self.crowd.send_signal(signal.SIGINT)
        told = self.crowd.communicate(timeout=DEADLINE)[0]
        self.assertEqual(self.crowd.returncode, 0, told)
        boards = json.loads((self.folder / "result.json").read_text())["boards"]
        return {board["id"]: board for board in boards}, told

    def devices(self):
        devices = json.loads(self.otter("device", "list", "--json").stdout)["devices"]
        return {device["id"]: device for device in devices}

    def roll_out(self, version, behaviour, **plan):
        self.otter("publish", self.make_image(version, behaviour=behaviour))
        (self.folder / "plan.json").write_text(json.dumps({
            "stages": [{"share": 100, "bake": "1s"}],
            "gates": {"sample": 1, "health_error_rate": 0, "failing_max": 100, "confirmed_min": 0},
            "retry_after": "1s", "attempts": 50, **plan}))
        self.otter("rollout", "start", "demo", version, "--plan", "plan.json")
        self.wait_for(lambda: self.rollout(version)["phase"] == "complete")

    def rollout(self, version):
        return json.loads(self.otter("rollout", "show", "demo", version, "--json").stdout)

    def test_the_server_is_right_about_each_board_though_messages_are_lost_and_doubled(self):
        self.power_on("--loss", "0.05", "--duplication", "0.05")
        self.wait_for(lambda: len(self.devices()) == BOARDS)
        self.roll_out("1.1.0", "healthy")
        self.roll_out("1.2.0", "selftest-fail")
        self.wait_for(lambda: sum(self.rollout("1.2.0")["devices"][end] for end in OUTCOMES)
                      == BOARDS)
        boards, _ = self.power_off()
        devices = self.devices()
        self.assertEqual(boards.keys(), devices.keys())
        for name, board in boards.items():
            device = devices[name]
            self.assertEqual((board["version"], board["outcome"], board["outcome_version"]),
                             ("1.1.0", "rolled_back", "1.2.0"), board)
            self.assertEqual((device["version"], device["outcome"], device["outcome_version"]),
                             ("1.1.0", "rolled_back", "1.2.0"), device)
            self.assertEqual(device["error"], board["error"])
        self.assertEqual(self.rollout("1.1.0")["devices"]["confirmed"], BOARDS)

    def test_it_tells_what_runs_where(self):
        self.power_on("--prefix", "lamp-", "--log", "boards.log")
        self.wait_for(lambda: len(self.devices()) == BOARDS)
        boards, told = self.power_off()
        self.assertEqual(set(boards), {f"lamp-{number:02}" for number in range(1, BOARDS + 1)})
        self.assertRegex(told, f"1.0.0: {BOARDS}")
        self.assertRegex((self.folder / "boards.log").read_text(), "lamp-07 .*starts from ota_0")

    def test_a_board_that_is_not_there_is_explained_by_what_it_said_of_itself(self):
        self.run_board(*self.create(self.image), "--revision", "2", "--run-for", "3s")
        self.otter("image", "make", "--chip", self.chip, "--project", "demo", "--version", "1.1.0",
                   "--size", "200K", "--min-rev", "3", "-o", "new.bin")
        self.otter("publish", "new.bin")
        self.otter("rollout", "start", "demo", "1.1.0", "--template", "all_at_once")
        self.wait_for(lambda: self.rollout("1.1.0")["phase"] != "waiting")
        told = self.otter("explain", "board-1").stdout
        self.assertRegex(told, re.compile("1.1.0: .*wrong_revision"), told)

    def test_wrong_use_is_told(self):
        done = subprocess.run([OTTER, "sim", "fleet", "--prefix", "x"], capture_output=True,
                              text=True, timeout=DEADLINE, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("--server", done.stderr)
        told = self.otter("sim", "fleet", "--server", self.url, "--api-key-file", "api.key",
                          "--plain", "--hmac-secret-file", "hmac.key", ok=False).stderr
        self.assertIn("needs --firmware", told)


if __name__ == "__main__":
    unittest.main()
