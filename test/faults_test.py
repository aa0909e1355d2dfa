#!/usr/bin/env python3
"""`otter sim fault`: exit codes, both outputs, JSON and logs."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

OTTER = os.environ["OTTER"]
SOURCE = Path(os.environ["OTTER_SOURCE_DIR"])
DEADLINE = 120  # [s]
NAMES = ["corrupt", "hash", "hmac", "signature", "network", "timeout", "auth", "memory", "power",
         "rollback", "downgrade", "cert"]


class Faults(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="otter-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def play(self, *arguments):
        return subprocess.run([OTTER, "sim", "fault", *arguments], cwd=self.folder, text=True,
                              capture_output=True, timeout=DEADLINE, check=False)

    def test_all_pass_and_say_so_in_json(self):
        done = self.play("all", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        faults = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([fault["fault"] for fault in faults], NAMES)
        for fault in faults:
            self.assertTrue(fault["passed"] and fault["steps"], fault)
            for step in fault["steps"]:
                self.assertEqual(set(step), {"done", "expected", "happened", "passed"})

    def test_a_fault_is_told_in_three_words(self):
        done = self.play("downgrade")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        step = "  done:     [^\n]+\n  expected: [^\n]+\n  happened: [^\n]+\n"
        self.assertRegex(done.stdout, rf"\Adowngrade: [^\n]+\n({step})+  PASS      log: "
                                      r"logs/fault-downgrade\.log\n\Z")

    def test_the_boards_whole_log_is_kept(self):
        self.play("rollback", "hmac", "--log-dir", "here/and/there")
        log = (self.folder / "here/and/there/fault-rollback.log").read_text()
        self.assertIn("[APP] panic: reset", log)
        self.assertIn("[OTA] Current version: 1.0.0", log)
        self.assertIn("FAILED", (self.folder / "here/and/there/fault-hmac.log").read_text())

    def test_no_secret_is_in_a_log(self):
        self.play("all")
        for log in (self.folder / "logs").iterdir():
            self.assertNotRegex(log.read_text(), r"otk_|the product's secret|[0-9a-f]{64}")

    def test_names_that_are_none_are_wrong_usage(self):
        for arguments in (["nonsense"], [], ["hmac", "nonsense"]):
            done = self.play(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertNotEqual(done.stderr, "")

    def test_a_folder_that_can_not_be_made_is_one_clear_line(self):
        (self.folder / "logs").write_text("a file")
        done = self.play("hmac")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"\Aotter: logs: [^\n]+\n\Z")


class Script(unittest.TestCase):
    """What ./error_simulation.sh does before it builds anything."""

    def run_script(self, *arguments):
        return subprocess.run([SOURCE / "error_simulation.sh", *arguments], capture_output=True,
                              text=True, timeout=DEADLINE, check=False, stdin=subprocess.DEVNULL)

    def test_help_lists_every_fault_with_a_line(self):
        done = self.run_script("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for name in NAMES:
            self.assertTrue(re.search(rf"^  {name} +\S+ \S", done.stdout, re.MULTILINE), name)

    def test_an_unknown_name_is_wrong_usage(self):
        for arguments in (["nonsense"], ["--real", "memory"], ["--real", "--json", "hmac"]):
            done = self.run_script(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn("usage:", done.stderr)


if __name__ == "__main__":
    unittest.main()
