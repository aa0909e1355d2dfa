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

    def test_a_release_that_makes_the_application_worse_is_stopped(self):
        watched = {**CAREFUL, "gates": {"metrics": [{"name": "latency_ms", "better": "less",
                                                     "allowance": 5}]}}
        done = self.run_otter("rehearse", self.plan(watched), "--devices", "4000", "--interval",
                              "7200", "--fault", "worse-metrics", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        halt = json.loads(done.stdout)["releases"][0]["halts"][0]
        self.assertEqual((halt["cause"], halt["detail"].split(": ")[1]),
                         ("unhealthy", "the application's latency_ms"))
        self.refuse("--fault worse-metrics: the plan has no gates.metrics", "rehearse",
                    self.plan(CAREFUL), "--fault", "worse-metrics")

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


class RehearseACopy(ProgramTest):
    """`--fleet`: boards as a server knows them."""

    def device(self, number, **facts):
        return {"id": f"lamp-{number}", "product": "lamp", "chip": "esp32c3", "version": "1.0.0",
                "outcome": None, "boot_state": "confirmed", "slot_bytes": 1048576, "revision": 3,
                "created": 1_700_000_000, "last_seen": 1_700_864_000, "standing": "enrolled",
                "tags": [], "attributes": {}, "resets": 0, "heap_bytes": 90_000, "rssi_dbm": -55,
                **facts}

    def rehearse(self, devices, plan=None, *more, status=0):
        path = self.folder / "fleet.jsonl"
        path.write_text("".join(json.dumps(device) + "\n" for device in devices))
        told = self.folder / "plan.json"
        told.write_text(json.dumps(plan or BLIND))
        done = self.run_otter("rehearse", told, "--fleet", path, "--interval", "7200",
                              "--offline", "0", "--loss", "0", "--json", *more)
        self.assertEqual((done.returncode, done.stderr), (status, ""))
        return json.loads(done.stdout)

    def confirmed(self, devices, plan=None):
        return self.rehearse(devices, plan)["releases"][0]["confirmed"]

    def test_all_that_are_on_get_it(self):
        near = [self.device(number) for number in range(300)]
        self.assertEqual(self.confirmed(near), 300)
        gone = [self.device(number, last_seen=1_690_000_000, created=1_680_000_000)
                for number in range(300, 340)]
        outcome = self.rehearse(near + gone)
        self.assertEqual(outcome["devices"], 340)
        self.assertEqual(outcome["releases"][0]["confirmed"], 300)

    def test_its_metrics_are_what_the_devices_measure(self):
        gates = {"metrics": [{"name": "errors", "better": "less"}]}
        for errors, phase in ((0, "complete"), (5, "halted")):  # 30 % worse than none is none
            boards = [self.device(number, metrics={"errors": errors}) for number in range(300)]
            boards += [self.device(number, metrics=None) for number in range(300, 310)]
            outcome = self.rehearse(boards, {"template": "normal", "gates": gates}, "--fault",
                                    "worse-metrics", "--limit", "100%")
            self.assertEqual(outcome["releases"][0]["phase"], phase)

    def test_it_goes_to_the_plans_group_and_to_who_has_not_got_it(self):
        boards = [self.device(number, tags=["kitchen"] if number < 40 else [],
                              version="1.1.0" if number < 10 else "1.0.0") for number in range(90)]
        plan = {**BLIND, "group": "tag = kitchen"}
        self.assertEqual(self.rehearse(boards, plan)["devices"], 40)
        self.assertEqual(self.rehearse(boards, {**plan, "version": "1.1.0"})["devices"], 30)

    def test_who_failed_before_fails_more_often(self):
        def failing(**facts):
            boards = [self.device(number, **facts) for number in range(500)]
            plan = {**BLIND, "attempts": 1, "gates": {"failing_max": 100}}
            return self.rehearse(boards, plan)["releases"][0]["failed"]
        self.assertGreater(failing(outcome="failed"), 5 * failing(outcome="confirmed"))

    def test_what_is_wrong_is_named(self):
        plan = self.folder / "plan.json"
        plan.write_text(json.dumps({**BLIND, "group": "tag ="}))
        fleet = self.folder / "fleet.jsonl"
        fleet.write_text(json.dumps(self.device(1)) + "\n{}\n")
        self.refuse("fleet.jsonl line 2: no device of", "rehearse", plan, "--fleet", fleet)
        fleet.write_text(json.dumps(self.device(1)) + "\n")
        self.refuse("the plan's group, column 6: ", "rehearse", plan, "--fleet", fleet)
        plan.write_text(json.dumps({**BLIND, "group": "tag = x"}))
        self.refuse("would go to none of its devices", "rehearse", plan, "--fleet", fleet)
        fleet.write_text(2 * (json.dumps(self.device(1)) + "\n"))
        plan.write_text(json.dumps(BLIND))
        self.refuse("lamp-1: a board of that name is there already", "rehearse", plan,
                    "--fleet", fleet)


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
