#!/usr/bin/env python3
"""Compares the bootloader model with itself, and with references that are wrong on purpose: would
tools/compare_bootloader.py see a difference, and say how to replay it?"""
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

OTTER = os.environ["OTTER"]
SOURCE = Path(os.environ["OTTER_SOURCE_DIR"])
TOOL = SOURCE / "tools/compare_bootloader.py"
STATES = "2000"

ITSELF = """#!/bin/sh
exec "$OTTER" sim boot-table
"""
# Boots `test` where nothing boots: wrong in few states only.
LENIENT = """#!/bin/sh
"$OTTER" sim boot-table | sed 's/^- /test /'
"""
# Burns nothing: wrong where anti-rollback is built in.
FORGETFUL = """#!/bin/sh
"$OTTER" sim boot-table | sed 's/ [1-9]$/ 0/'
"""
SILENT = """#!/bin/sh
cat > /dev/null
"""


class CompareBootloader(unittest.TestCase):
    def compare(self, reference, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "reference"
            program.write_text(reference)
            program.chmod(0o755)
            command = [sys.executable, str(TOOL), "--otter", OTTER, "--reference", str(program)]
            return subprocess.run([*command, "--states", STATES, *arguments],
                                  capture_output=True, text=True, check=False)

    def test_finds_no_difference_to_itself(self):
        done = self.compare(ITSELF)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, f"{STATES} states, 0 differences\n")

    def test_finds_a_wrong_reference_and_replays_the_first_difference(self):
        done = self.compare(LENIENT)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, rf"^{STATES} states, [1-9][0-9]* differences\n")
        replay = re.search(r"^  (echo .*)$", done.stdout, re.M).group(1)
        ours = re.search(r"^  model: +(.*)$", done.stdout, re.M).group(1)
        again = subprocess.run(replay, shell=True, capture_output=True, text=True, check=True)
        self.assertEqual(again.stdout.strip(), ours)
        self.assertIn("reference: test ", done.stdout)

    def test_takes_other_states_with_anti_rollback(self):
        done = self.compare(ITSELF, "--anti-rollback")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.compare(FORGETFUL).returncode, 0)
        done = self.compare(FORGETFUL, "--anti-rollback")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"echo 'a[0-2]/4 ")

    def test_looks_at_the_same_states_for_the_same_seed(self):
        first, second = self.compare(LENIENT, "--seed", "7"), self.compare(LENIENT, "--seed", "7")
        self.assertEqual(first.stdout, second.stdout)
        self.assertNotEqual(first.stdout, self.compare(LENIENT, "--seed", "8").stdout)

    def test_says_so_if_the_reference_does_not_answer(self):
        done = self.compare(SILENT)
        self.assertEqual(done.returncode, 2)
        self.assertIn("0 answers to 2000 lines", done.stderr)

    def test_refuses_a_number_of_states_that_is_none(self):
        done = self.compare(ITSELF, "--states", "many")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--states takes a number or all", done.stderr)

    def test_boot_table_refuses_a_line_of_another_form(self):
        done = subprocess.run([OTTER, "sim", "boot-table"], input="1 gg\n", capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("not a state line", done.stderr)


if __name__ == "__main__":
    unittest.main()
