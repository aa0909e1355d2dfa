#!/usr/bin/env python3
"""Two releases to real boards divided by chance: the one that boots wins, and goes out to all."""
import json
import subprocess
import unittest

from world import DEADLINE, WorldTest

BOARDS = [f"board-{number}" for number in range(1, 37)]
AT_ONCE = 12  # programs that run side by side


class Experiment(WorldTest):
    def setUp(self):
        super().setUp()
        self.check_in_often()
        self.otter("product", "set", "demo", "--staged", "on")
        self.image = self.make_image("1.0.0")

    @staticmethod
    def named(name):
        return {"flash": f"{name}.bin", "name": name}

    def boards_run(self, names, *more):
        """All of them, as long as `more` says."""
        told = {}
        for first in range(0, len(names), AT_ONCE):
            running = {name: subprocess.Popen(self.board(*more, **self.named(name)),
                                              cwd=self.folder, stdout=subprocess.PIPE,
                                              stderr=subprocess.STDOUT, text=True)
                       for name in names[first:first + AT_ONCE]}
            for name, board in running.items():
                told[name] = board.communicate(timeout=DEADLINE)[0]
        return told

    def create_boards(self, names):
        self.boards_run(names, *self.create(self.image), "--run-for", "2s")

    def experiment(self, name="boots"):
        return json.loads(self.otter("experiment", "show", "demo", name, "--json").stdout)

    def versions(self):
        devices = json.loads(self.otter("device", "list", "--json").stdout)["devices"]
        return {device["id"]: device["version"] for device in devices}

    def arms_of_devices(self, name="boots"):
        told = self.otter("experiment", "devices", "demo", name, "--json").stdout
        return {device["id"]: device["arm"] for device in json.loads(told)["devices"]}

    def test_the_better_release_wins_and_goes_out(self):
        self.create_boards(BOARDS)
        self.otter("publish", self.make_image("1.1.0"))
        self.otter("publish", self.make_image("1.2.0", behaviour="selftest-fail"))
        told = self.otter("experiment", "start", "demo", "boots", "--arm", "good=1.1.0", "--arm",
                          "bad=1.2.0", "--metric", "confirmed", "--watch", "20s", "--min", "8",
                          "--failing-max", "100").stdout
        self.assertIn("demo boots: running, measures confirmed (more is better)", told)
        told = self.otter("experiment", "start", "demo", "calm", "--control", "--arm", "1.1.0",
                          "--metric", "any_reset", "--draft").stdout
        self.assertIn("demo calm: draft, measures any_reset (less is better)", told)
        self.wait_for(lambda: sum(arm["members"] for arm in self.experiment()["arms"]) ==
                      len(BOARDS))
        self.boards_run(BOARDS, "--run-for", "12s")
        divided = self.arms_of_devices()
        self.assertEqual(sorted(divided), sorted(BOARDS))
        self.stop_server()
        self.start_server()
        watched = self.otter("experiment", "watch", "demo", "boots").stdout
        self.assertIn("Concluded: arm good wins (finding)", watched)
        self.assertEqual(self.arms_of_devices(), divided)
        self.assertEqual(self.versions(), {name: "1.1.0" if arm == "good" else "1.0.0"
                                           for name, arm in divided.items()})
        bad = self.experiment()["arms"][1]
        self.assertEqual((bad["value"], bad["comparison"]["finding"]), (0, "worse"))
        self.assertLess(bad["comparison"]["p_sequential"], 0.05)
        self.let_the_winner_out(divided)

    def let_the_winner_out(self, divided):
        told = self.otter("experiment", "promote", "demo", "boots", "--template",
                          "all_at_once").stdout
        self.assertIn("It goes out: otter rollout watch demo 1.1.0", told)
        losers = [name for name, arm in divided.items() if arm == "bad"]
        self.boards_run(losers, "--run-for", "12s")
        self.assertEqual(set(self.versions().values()), {"1.1.0"})

    def test_a_control_arm_keeps_what_it_runs_while_a_rollout_waits(self):
        boards = BOARDS[:6]
        self.create_boards(boards)
        self.otter("publish", self.make_image("1.1.0"))
        self.otter("experiment", "start", "demo", "heap", "--control", "--arm", "1.1.0",
                   "--metric", "heap", "--watch", "1h")
        self.otter("publish", self.make_image("1.2.0"))
        self.otter("rollout", "start", "demo", "1.2.0", "--template", "all_at_once")
        self.boards_run(boards, "--run-for", "10s")
        divided = self.arms_of_devices("heap")
        self.assertEqual(self.versions(), {name: "1.0.0" if arm == "control" else "1.1.0"
                                           for name, arm in divided.items()})
        name, arm = next(iter(divided.items()))
        explained = self.otter("explain", name).stdout
        self.assertIn(f"(arm {arm} of experiment demo/heap)", explained)
        self.assertIn("1.2.0: belongs to an experiment while that runs", explained)
        self.otter("experiment", "stop", "demo", "heap", "--reason", "enough")
        self.boards_run(boards, "--run-for", "12s")
        self.assertEqual(set(self.versions().values()), {"1.2.0"})
        self.assertIn("enough", self.otter("audit", "export").stdout)

    def test_wrong_input_is_told(self):
        self.otter("publish", self.make_image("1.1.0"))
        start = ["experiment", "start", "demo", "x"]
        self.assertIn("an experiment needs two arms",
                      self.otter(*start, "--arm", "1.1.0", ok=False).stderr)
        self.assertIn("confirms nothing",
                      self.otter(*start, "--control", "--arm", "1.1.0", ok=False).stderr)
        self.assertIn("no release 9.9", self.otter(*start, "--arm", "1.1.0", "--arm", "9.9",
                                                   ok=False).stderr)
        for verb in ("start", "show", "watch", "stop", "conclude", "promote", "devices"):
            self.assertIn("no such experiment",
                          self.otter("experiment", verb, "demo", "x", ok=False).stderr)


if __name__ == "__main__":
    unittest.main()
