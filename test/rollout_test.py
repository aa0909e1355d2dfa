#!/usr/bin/env python3
"""A release goes out in stages to real boards: a good one to all of them, a bad one no further than
its first stage, and what had been let out comes back."""
import json
import subprocess
import unittest

from world import DEADLINE, WorldTest

BOARDS = [f"board-{number}" for number in range(1, 5)]
FAST = {"sample": 1, "health_error_rate": 0}


class Rollout(WorldTest):
    def setUp(self):
        super().setUp()
        self.check_in_often()
        self.otter("product", "set", "demo", "--staged", "on")
        self.image = self.make_image("1.0.0")
        for name in BOARDS:
            self.run_board(*self.create(self.image), "--run-for", "2s", **self.named(name))

    @staticmethod
    def named(name):
        return {"flash": f"{name}.bin", "name": name}

    def start(self, version, stages, **more):
        plan = {"stages": stages, "gates": FAST, **more}
        (self.folder / "plan.json").write_text(json.dumps(plan))
        return self.otter("rollout", "start", "demo", version, "--plan", "plan.json").stdout

    def rollout(self, name):
        return json.loads(self.otter("rollout", "show", "demo", name, "--json").stdout)

    def boards_run(self, *more):
        """All boards at once, as long as `more` says."""
        running = [subprocess.Popen(self.board(*more, **self.named(name)), cwd=self.folder,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                   for name in BOARDS]
        return {name: board.communicate(timeout=DEADLINE)[0]
                for name, board in zip(BOARDS, running)}

    def versions(self):
        devices = json.loads(self.otter("device", "list", "--json").stdout)["devices"]
        return [device["version"] for device in devices]

    def explained(self, name):
        return self.otter("explain", name).stdout

    def test_a_good_release_goes_out_in_stages(self):
        told = self.otter("publish", self.make_image("1.1.0")).stderr
        self.assertIn("staged: no device is offered it until a rollout begins", told)
        self.boards_run("--run-for", "3s")
        self.assertEqual(self.versions(), ["1.0.0"] * 4)
        self.assertIn("demo 1.1.0", self.start("1.1.0", [{"share": 50, "bake": "2s"},
                                                         {"share": 100, "bake": "1s"}]))
        self.wait_for(lambda: self.rollout("1.1.0")["phase"] == "filling")
        reasons = [self.explained(name) for name in BOARDS]
        self.assertEqual(sum("its stage has not begun" in told for told in reasons), 2, reasons)
        self.boards_run("--run-for", "20s")
        self.wait_for(lambda: self.rollout("1.1.0")["stage"] == 2)
        self.boards_run("--run-for", "20s")
        self.wait_for(lambda: self.rollout("1.1.0")["phase"] == "complete")
        self.assertEqual(self.versions(), ["1.1.0"] * 4)
        self.assertIn("4 confirmed, 0 failing", self.otter("rollout", "watch", "demo",
                                                           "1.1.0").stdout)

    def test_a_bad_release_is_halted_and_another_one_taken_back(self):
        self.otter("publish", self.make_image("1.1.0", behaviour="crash"))
        self.start("1.1.0", [{"share": 50, "bake": "1s"}, {"share": 100}])
        self.wait_for(lambda: self.rollout("1.1.0")["phase"] == "filling")
        self.boards_run("--run-for", "25s")
        self.wait_for(lambda: self.rollout("1.1.0")["phase"] == "halted")
        halted = self.rollout("1.1.0")
        self.assertEqual(halted["cause"], "failing")
        self.assertLessEqual(halted["devices"]["started"], 2)
        self.assertEqual(self.versions(), ["1.0.0"] * 4)
        self.otter("publish", self.make_image("1.2.0"))
        self.start("1.2.0", [{"share": 100, "bake": "1h"}])
        self.wait_for(lambda: self.rollout("1.2.0")["phase"] == "filling")
        self.boards_run("--run-for", "25s")
        self.assertEqual(self.versions(), ["1.2.0"] * 4)
        self.otter("rollout", "back", "demo", "1.2.0", "--reason", "it hums")
        told = self.boards_run("--stable-uptime", "1s", "--run-for", "15s")
        self.assertEqual(self.versions(), ["1.0.0"] * 4, told)
        self.wait_for(lambda: self.rollout("1.2.0")["phase"] == "returned")
        self.assertIn("it hums", self.otter("audit", "export").stdout)

    def test_who_cannot_take_a_release_is_known_before_it_begins(self):
        self.otter("publish", self.make_image("1.1.0"))
        told = self.otter("rollout", "start", "demo", "1.1.0", "--dry-run").stdout
        self.assertIn("0 of 4 can't take it; 0 run it, 4 can take it", told)
        self.otter("device", "delete", BOARDS[3])
        dry = self.otter("rollout", "start", "demo", "1.1.0", "--dry-run", "--group",
                         f"id = {BOARDS[3]}", "--json").stdout
        self.assertEqual(json.loads(dry)["devices"], 0)
        self.assertIn("no such rollout", self.otter("rollout", "show", "demo", "1.1.0",
                                                    ok=False).stderr)
        self.assertIn("no such device", self.otter("device", "show", BOARDS[3], ok=False).stderr)
        self.run_board("--run-for", "2s", **self.named(BOARDS[3]))  # enrolment is open
        self.assertEqual(len(self.versions()), 4)

    def test_wrong_input_is_told(self):
        self.otter("publish", self.make_image("1.1.0"))
        (self.folder / "plan.json").write_text('{"stages":[{"shares":1}]}')
        told = self.otter("rollout", "start", "demo", "1.1.0", "--plan", "plan.json", ok=False)
        self.assertIn('"stages[0].shares" is no member of a plan', told.stderr)
        self.assertIn("no release 9.9", self.otter("rollout", "start", "demo", "9.9",
                                                   ok=False).stderr)
        self.assertIn("no such rollout", self.otter("rollout", "pause", "demo", "1.1.0",
                                                    ok=False).stderr)
        self.assertIn("no such device", self.otter("explain", "ghost", ok=False).stderr)


class Gates(WorldTest):
    """What an operator sees of a rollout's gates, and changes."""

    def test_gates_on_metrics(self):
        self.otter("product", "set", "demo", "--staged", "on")
        self.otter("publish", self.make_image("1.1.0"))
        self.otter("rollout", "start", "demo", "1.1.0", "--template", "careful")
        told = self.gates("--metric", "latency_ms:less:5", "--metric", "heap:more").stdout
        self.assertRegex(told, r"(?m)^heap +0 +- +0 % of what halts it$")
        self.assertRegex(told, r"(?m)^application's heap +0 +-")
        shown = self.otter("rollout", "show", "demo", "1.1.0").stdout
        self.assertEqual(shown, told)
        for wrong, reason in ((("--metric", "x:less:nan"), "NAME:less or NAME:more, and :PERCENT"),
                              (("--metric", "x:best"), 'must be "more" or "less"'),
                              (("--health-error-rate", "0"), "otter rollout gates --no-metrics")):
            self.assertIn(reason, self.gates(*wrong, ok=False).stderr)
        told = self.gates("--health-error-rate", "0", "--no-metrics").stdout
        self.assertNotIn("HEALTH", told)

    def gates(self, *more, ok=True):
        return self.otter("rollout", "gates", "demo", "1.1.0", *more, ok=ok)


if __name__ == "__main__":
    unittest.main()
