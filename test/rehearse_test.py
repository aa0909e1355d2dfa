#!/usr/bin/env python3
"""`otter rehearse` and `otter sim fleet`: tables, JSON, exit codes, what is wrong with a plan."""
import json
import unittest

from program import ProgramTest

CAREFUL = {"template": "careful"}
BLIND = {"template": "all_at_once"}
FEW = ("--devices", "500", "--interval", "7200")


class Rehearse(ProgramTest):
    def plan(self, content):
        path = self.folder / "plan.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def rehearse(self, plan, *arguments):
        return self.run_otter("rehearse", self.plan(plan), *FEW, *arguments)

    def test_a_good_release_reaches_all_that_are_on(self):
        done = self.rehearse(CAREFUL)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"(?m)^day   1  \w+ +stage 1 of 5  \|#* +\| \d\.\d %$")
        self.assertRegex(done.stdout, r"(?m)^next +none +complete ")

    def test_a_bad_release_is_stopped_in_time(self):
        for fault, cause in (("crash-at-boot", "failing"), ("crash-later", "unhealthy"),
                             ("leak", "unhealthy"), ("lose-wifi", "unhealthy")):
            done = self.rehearse(CAREFUL, "--fault", fault, "--json")
            self.assertEqual((done.returncode, done.stderr), (0, ""), fault)
            release = json.loads(done.stdout)["releases"][0]
            self.assertEqual(release["halts"][0]["cause"], cause, fault)
            self.assertLessEqual(release["ran"], 100, fault)

    def test_a_plan_that_lets_a_bad_release_pass_fails(self):
        done = self.rehearse(BLIND, "--fault", "crash-later=50%", "--json")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        outcome = json.loads(done.stdout)
        self.assertFalse(outcome["fine"])
        self.assertFalse(outcome["releases"][0]["contained"])
        self.assertEqual(outcome["violations"], [])
        done = self.rehearse(BLIND, "--fault", "crash-later=50%", "--limit", "100%")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_same_seed_plays_the_same(self):
        first, second = (self.rehearse(CAREFUL, "--seed", "7").stdout for _ in range(2))
        self.assertEqual(first, second)

    def test_what_is_wrong_is_named(self):
        for plan, reason in (("{", "not a plan, which is a JSON object"),
                             ({"gates": {"sampel": 5}}, '"gates.sampel" is no member of a plan'),
                             ({"stages": []}, "a rollout needs a stage")):
            self.refuse(reason, "rehearse", self.plan(plan))
        path = self.plan(CAREFUL)
        self.refuse("--fault fire: none, crash-at-boot", "rehearse", path, "--fault", "fire")
        self.refuse("--fault leak=2: not a share", "rehearse", path, "--fault", "leak=2")
        self.refuse("--limit x: not a share", "rehearse", path, "--limit", "x")


class SimFleet(ProgramTest):
    def test_the_bad_two_of_five_are_stopped(self):
        done = self.run_otter("sim", "fleet", "--devices", "4000", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        outcome = json.loads(done.stdout)
        self.assertEqual([release["phase"] for release in outcome["releases"]],
                         ["complete", "halted", "complete", "halted", "complete"])
        self.assertGreater(outcome["messages_lost"], 0)
        for release in outcome["releases"]:
            self.assertEqual((release["differing"], release["contained"]), (0, True))
            self.assertEqual(len(release["curve"]), 28)

    def test_people_get_a_table(self):
        done = self.run_otter("sim", "fleet", "--devices", "200", "--days", "3")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\ARELEASE +DOES +PHASE ")
        self.assertRegex(done.stdout, r"(?m)^200 boards, 3 days, seed 1: \d+ check-ins, ")


if __name__ == "__main__":
    unittest.main()
