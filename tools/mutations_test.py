#!/usr/bin/env python3
"""mutations.py says so when a line has gone, a table differs or a test noticed nothing."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
import mutations  # noqa: E402

ENTRY = '[["a.cpp"]]\nbreaks = "it lies"\nrule = "I5"\nfind = "return 1;"\nput = "return 2;"\n'
ROW = "| it lies | `a.cpp` | I5 | `Truth.IsTold` |\n"
TEST = "TEST_F(Truth, IsTold) {}\n"


class Check(unittest.TestCase):
    def setUp(self):
        self.invariants, mutations.INVARIANTS = mutations.INVARIANTS, ()

    def tearDown(self):
        mutations.INVARIANTS = self.invariants

    def findings(self, code="return 1;", entry=ENTRY, row=ROW, test=TEST, invariant_row=""):
        page = (f"# T\n\n## Mutations\n{mutations.HEAD}{row}\n{mutations.INVARIANTS_HEADING}\n"
                f"{mutations.INVARIANTS_HEAD}{invariant_row}")
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in {"device/src/ota/a.cpp": code, "tools/mutations.toml": entry,
                               "device/test/a_test.cpp": test,
                               "docs/simulator.md": page}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return [finding.split(": ", 1)[1] for finding in mutations.check(root)]

    def test_finds_nothing_where_all_is_well(self):
        self.assertEqual(self.findings(), [])

    def test_finds_a_line_that_is_gone_or_there_twice(self):
        message = ["a.cpp: not there exactly once: return 1;"]
        self.assertEqual(self.findings(code="return 3;"), message)
        self.assertEqual(self.findings(code="return 1; return 1;"), message)

    def test_finds_a_mutation_that_changes_nothing(self):
        entry = ENTRY.replace("return 2;", "return 1;")
        self.assertEqual(len(self.findings(entry=entry)), 1)

    def test_finds_a_table_of_another_list(self):
        message = "the table is not that of tools/mutations.toml: run tools/mutations.py --write"
        self.assertEqual(self.findings(row=ROW + ROW), [message])
        self.assertIn(message, self.findings(row=""))

    def test_finds_a_test_that_does_not_exist(self):
        self.assertEqual(self.findings(test="TEST(Truth, IsToldTwice) {}\n"),
                         ["it lies: there is no test Truth.IsTold"])
        row = ROW.replace("Truth.IsTold", mutations.SURVIVED)
        self.assertEqual(self.findings(row=row),
                         [f"it lies: there is no test {mutations.SURVIVED}"])


    def test_finds_an_invariant_that_finds_nothing(self):
        mutations.INVARIANTS = ("I5",)
        entry = ENTRY + 'exhaust = "I5"\n'
        row = "| it lies | `a.cpp` | I5 it lied |\n"
        self.assertEqual(self.findings(entry=entry, invariant_row=row), [])
        self.assertIn('no mutation says exhaust = "I5"', self.findings())
        self.assertEqual(len(self.findings(entry=entry)), 2)
        wrong = row.replace("I5 it", "I4 it")
        self.assertEqual(self.findings(entry=entry, invariant_row=wrong),
                         ["it lies: not found as I5"])


class FindingOf(unittest.TestCase):
    def of(self, output):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "program"
            program.write_text(f"#!/bin/sh\necho '{output}'\nexit 1\n")
            program.chmod(0o755)
            return mutations.finding_of(program, "I5")

    def test_is_the_first_about_that_invariant_without_how_to_replay_it(self):
        output = ('{"findings":["I4 late: otter sim run 1","I5 it lied: otter sim run 2",'
                  '"I5 again: otter sim run 3"]}')
        self.assertEqual(self.of(output), "I5 it lied")

    def test_is_none_where_others_were_broken_or_nothing_came(self):
        self.assertIn(mutations.SURVIVED, self.of('{"findings":["I4 late: otter sim run 1"]}'))
        self.assertIn(mutations.SURVIVED, self.of('{"findings":[]}'))
        self.assertIn(mutations.SURVIVED, self.of("nothing"))


class FirstFailure(unittest.TestCase):
    def of(self, output, status):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "program"
            program.write_text(f"#!/bin/sh\ncat <<'END'\n{output}\nEND\nexit {status}\n")
            program.chmod(0o755)
            return mutations.first_failure(program, "*")

    def test_is_the_test_that_failed_without_its_parameters(self):
        output = "[ RUN      ] Each/Cut.Heals/3\n[  FAILED  ] Each/Cut.Heals/3, where it is (1 ms)"
        self.assertEqual(self.of(output, 1), "Cut.Heals")

    def test_is_the_test_that_ran_when_the_program_fell(self):
        output = "[ RUN      ] A.B\n[       OK ] A.B (0 ms)\n[ RUN      ] A.C"
        self.assertEqual(self.of(output, 134), "A.C")

    def test_is_none_where_all_passed(self):
        self.assertEqual(self.of("[ RUN      ] A.B\n[  PASSED  ] 1 test.", 0), "")


if __name__ == "__main__":
    unittest.main()
