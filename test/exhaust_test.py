#!/usr/bin/env python3
"""`otter sim exhaust` and `otter sim run`: JSON, exit codes, the line that replays a finding."""
import json
import os
import subprocess
import unittest

OTTER = os.environ["OTTER"]
DEADLINE = 300  # [s]
COUNTS = {"full_depth", "worlds", "power_losses", "merged", "violations"}
FAMILIES = {"single", "nested", "random", "otadata", "network", "flash"}


def sim(*arguments):
    return subprocess.run([OTTER, "sim", *arguments], text=True, capture_output=True,
                          timeout=DEADLINE, check=False)


class Exhaust(unittest.TestCase):
    def test_all_is_counted_in_json(self):
        done = sim("exhaust", "--tiny", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        result = json.loads(done.stdout)
        self.assertEqual(set(result), COUNTS | {"families", "findings", "erases_most", "seed",
                                                "seconds", "trace_hash"})
        self.assertEqual(set(result["families"]), FAMILIES)
        for count in COUNTS:
            self.assertEqual(result[count],
                             sum(family[count] for family in result["families"].values()))
        self.assertEqual((result["violations"], result["findings"]), (0, []))
        self.assertGreater(result["power_losses"], 10000)
        self.assertLessEqual(result["erases_most"], 10)

    def test_people_get_a_table(self):
        done = sim("exhaust", "--tiny", "--family", "flash")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\Afamily +worlds +power losses +merged +violations\n"
                                      r"flash( +\d+){4}\nall( +\d+){4}\nat most \d+ erases .*\n\Z")

    def test_a_finding_is_replayed_by_its_line(self):
        done = sim("exhaust", "--tiny", "--family", "single", "--forgetful-flash", "--json")
        self.assertEqual(done.returncode, 1)
        result = json.loads(done.stdout)
        self.assertGreater(result["violations"], 0)
        self.assertEqual(done.stderr.splitlines(), result["findings"])
        what, command = result["findings"][0].split(": otter sim ")
        again = sim(*command.split(), "--json")
        self.assertEqual((again.returncode, again.stderr), (1, ""))
        first = json.loads(again.stdout)["violations"][0]
        self.assertEqual(f"I{first['invariant']} {first['what']}", what)

    def test_the_same_line_gives_the_same_trace(self):
        line = ("run", "7", "--scenario", "retries", "--encrypted", "--cut", "40:torn:bias:0.97:3",
                "--cut", "2:after", "--json")
        first, second = sim(*line), sim(*line)
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertEqual(first.stdout, second.stdout)
        self.assertEqual(json.loads(first.stdout)["power_losses"], 2)

    def test_flash_takes_the_time_that_is_asked_for(self):
        busy = [json.loads(sim("update", "--json", "--flash-time", factor).stdout)["flash_busy_ms"]
                for factor in ("0", "1", "4")]
        self.assertEqual(busy[0], 0)
        self.assertGreater(busy[1], 3 * 45 + 48 * 0.6)
        self.assertAlmostEqual(busy[2], 4 * busy[1], delta=4)
        told = sim("update", "--flash-time", "4").stdout
        self.assertRegex(told, r"flash was busy for \d\.\d s\n")

    def test_a_stuck_bit_is_told_of(self):
        done = sim("update", "--stuck-bit", "0x60000:0:0")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertIn("[OTA] Reported: 1.0.1 failed\n", done.stdout)
        self.assertIn("[SIM] violation: I4 ", done.stdout)
        done = sim("update", "--stuck-bit", "0x60000:0:1")  # which an image has there
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_wrong_usage(self):
        for arguments in (["--tiny", "--quick"], ["--family", "none"], ["--hours", "1"]):
            done = sim("exhaust", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
        done = sim("run", "1", "--cut", "nonsense")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("--cut nonsense: not N:before", done.stderr)
        done = sim("update", "--stuck-bit", "1:8:0")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("--stuck-bit 1:8:0: not OFFSET:BIT:VALUE", done.stderr)


if __name__ == "__main__":
    unittest.main()
