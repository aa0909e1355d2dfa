#!/usr/bin/env python3
"""Breaks the device core on purpose, one line at a time, and sees whether a test notices.

    tools/mutations.py              all of tools/mutations.toml, about 3 s each
    tools/mutations.py --only RE    those whose file or meaning fits
    tools/mutations.py --write      the same, and what was seen goes into docs/simulator.md
    tools/mutations.py --check      each line is still there once, and the tables are the list's
    tools/mutations.py --invariants those that are tagged `exhaust`: `otter sim exhaust --tiny`
                                    alone has to find them, by the invariant of that number

The tree is not touched: the broken file is compiled under build/mutations, with the command of
build/release, and linked in place of the one in the library. The test that noticed the last time
runs first, then all of device_test and sim_test, to the first failure.

Exit code 1: one survived, a line is not there exactly once, or a table differs."""
import argparse
import concurrent.futures
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LIST = "tools/mutations.toml"
PAGE = "docs/simulator.md"
HEADING = "## Mutations"
INVARIANTS_HEADING = "### By the invariants alone"
CORE = "device/src/ota"
PROGRAMS = ("device_test", "sim_test")
ENDLESS = 600  # [s] after which a test program that a mutation made endless is ended
SIMULATOR = "otter"
INVARIANTS = tuple(f"I{number}" for number in range(2, 10))  # sim/checker.h; I1: docs/simulator.md
HEAD = "| what is broken | in | rule | caught by |\n|---|---|---|---|\n"
INVARIANTS_HEAD = "| what is broken | in | found as |\n|---|---|---|\n"
SURVIVED = "SURVIVED"
NO_CODE = "DOES NOT COMPILE"


class Mutation(NamedTuple):
    file: str  # below CORE
    breaks: str  # what it means
    rule: str
    find: str
    put: str
    exhaust: str = ""  # the invariant by which the simulator alone finds it


def read_list(root):
    with open(root / LIST, "rb") as file:
        tables = tomllib.load(file)
    return [Mutation(file=name, **entry) for name, entries in tables.items() for entry in entries]


def broken(root, mutation):
    """The file's text with the mutation in it; None if there is not exactly one place for it."""
    path = root / CORE / mutation.file
    text = path.read_text() if path.exists() else ""
    if text.count(mutation.find) != 1 or mutation.find == mutation.put:
        return None
    return text.replace(mutation.find, mutation.put)


class Table:
    """A table in the page: what caught what."""

    def __init__(self, root, heading=HEADING, head=HEAD):
        self._path = root / PAGE
        self._text = self._path.read_text()
        self._begin = self._text.index(head, self._text.index(heading))
        rows = re.match(r"(\|.*\n)*", self._text[self._begin:]).group()
        self._end = self._begin + len(rows)
        self.rows = rows

    def catcher(self, mutation):
        """The test of the table; "" if it has none."""
        row = re.search(re.escape(f"| {mutation.breaks} |") + r".*\| `(.+)` \|\n", self.rows)
        return row.group(1) if row else ""

    def finding(self, mutation):
        """What the simulator said, by the table of the invariants; "" if that has no such row."""
        row = re.search(re.escape(f"| {mutation.breaks} | `{mutation.file}` | ") + r"(.+) \|\n",
                        self.rows)
        return row.group(1) if row else ""

    def write(self, rows):
        self._path.write_text(self._text[:self._begin] + rows + self._text[self._end:])


def rows_of(mutations, catchers):
    lines = [f"| {m.breaks} | `{m.file}` | {m.rule} | `{catcher}` |\n"
             for m, catcher in zip(mutations, catchers)]
    return HEAD + "".join(lines)


def invariants_table(root):
    return Table(root, INVARIANTS_HEADING, INVARIANTS_HEAD)


def rows_of_invariants(mutations, findings):
    lines = [f"| {m.breaks} | `{m.file}` | {finding} |\n"
             for m, finding in zip(mutations, findings)]
    return INVARIANTS_HEAD + "".join(lines)


def test_exists(root, name):
    """A test `Suite.Name` is in some test file of the core or the simulator."""
    suite, _, test = name.partition(".")
    pattern = re.compile(rf"TEST(_F|_P)?\({re.escape(suite)},\s*{re.escape(test)}\)")
    return any(pattern.search(path.read_text())
               for folder in ("device/test", "sim") for path in (root / folder).glob("*_test.cpp"))


def check(root):
    """What is wrong with list and table."""
    mutations, table = read_list(root), Table(root)
    for mutation in mutations:
        if broken(root, mutation) is None:
            yield f"{LIST}: {mutation.file}: not there exactly once: {mutation.find}"
    catchers = [table.catcher(mutation) for mutation in mutations]
    if rows_of(mutations, catchers) != table.rows:
        yield f"{PAGE}: the table is not that of {LIST}: run tools/mutations.py --write"
    for mutation, catcher in zip(mutations, catchers):
        if not test_exists(root, catcher):
            yield f"{PAGE}: {mutation.breaks}: there is no test {catcher or 'at all'}"
    yield from check_invariants(root, mutations)


def by_invariant(mutations):
    """Those that the simulator alone finds, in the order of the invariants."""
    return sorted((m for m in mutations if m.exhaust), key=lambda m: m.exhaust)


def check_invariants(root, mutations):
    """Each invariant has a mutation that it finds, and the page says so."""
    tagged, table = by_invariant(mutations), invariants_table(root)
    for missing in sorted(set(INVARIANTS) - {mutation.exhaust for mutation in tagged}):
        yield f"{LIST}: no mutation says exhaust = \"{missing}\""
    findings = [table.finding(mutation) for mutation in tagged]
    if rows_of_invariants(tagged, findings) != table.rows:
        yield f"{PAGE}: the invariants' table is not that of {LIST}: --invariants --write"
    for mutation, finding in zip(tagged, findings):
        if not finding.startswith(mutation.exhaust + " "):
            yield f"{PAGE}: {mutation.breaks}: not found as {mutation.exhaust}"


class Build:
    """build/release, and how it compiles a file and links a program."""

    def __init__(self, root, programs=PROGRAMS):
        self.folder = root / "build/release"
        jobs = subprocess.check_output([root / "tools/build_jobs.sh"], text=True).strip()
        subprocess.run(["cmake", "--preset", "release"], cwd=root, check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run(["cmake", "--build", "--preset", "release", "--parallel", jobs,
                        "--target", *programs], cwd=root, check=True, stdout=subprocess.DEVNULL)
        entries = json.loads((self.folder / "compile_commands.json").read_text())
        self._compile = {entry["file"]: entry["command"] for entry in entries}
        self._link = {program: self._link_command(program) for program in programs}

    def _link_command(self, program):
        commands = subprocess.check_output(["ninja", "-t", "commands", program],
                                           cwd=self.folder, text=True)
        parts = commands.strip().split("\n")[-1].split("&&")
        return next(shlex.split(part) for part in parts if f" -o {program} " in part)

    def compile(self, original, source, target):
        """False if the compiler refuses it."""
        command = shlex.split(self._compile[str(original)])
        command[command.index("-o") + 1] = str(target)
        command[command.index("-c") + 1] = str(source)
        return subprocess.run(command + ["-O1", "-w"], cwd=self.folder, check=False).returncode == 0

    def link(self, program, instead, target):
        """An object in front of the libraries keeps the library's own out."""
        command = list(self._link[program])
        at = command.index("-o") + 1
        command[at:at + 1] = [str(target), str(instead)]
        subprocess.run(command, cwd=self.folder, check=True)


def first_failure(program, test_filter):
    """The test that failed first, without what parameters add to its name; "" if none did."""
    command = [program, "--gtest_fail_fast", "--gtest_brief=0", f"--gtest_filter={test_filter}"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, errors="replace",
                             timeout=ENDLESS, check=False)
        output, ended = run.stdout, run.returncode
    except subprocess.TimeoutExpired as endless:
        output, ended = (endless.stdout or b"").decode(errors="replace"), 1
    if ended == 0:
        return ""
    names = (re.findall(r"^\[  FAILED  \] ([\w/.]+)", output, re.M)
             or re.findall(r"^\[ RUN      \] ([\w/.]+)", output, re.M)[-1:])
    suite, _, test = names[0].partition(".")
    return suite.split("/")[-1] + "." + test.split("/")[0]


def try_one(build, mutation, likely, folder):
    """The test that caught it, or SURVIVED, or NO_CODE."""
    folder.mkdir(parents=True, exist_ok=True)
    source, target = folder / "broken.cpp", folder / "broken.o"
    source.write_text(broken(ROOT, mutation))
    if not build.compile(ROOT / CORE / mutation.file, source, target):
        return NO_CODE
    caught = ""
    for program in PROGRAMS:
        build.link(program, target, folder / program)
        caught = caught or (likely and first_failure(folder / program, f"{likely}:*/{likely}/*"))
    for program in PROGRAMS:
        caught = caught or first_failure(folder / program, "*")
    shutil.rmtree(folder)
    return caught or SURVIVED


def finding_of(program, invariant):
    """The first finding of a short campaign of the simulator that is about `invariant`; what it
    found instead, or SURVIVED."""
    command = [program, "sim", "exhaust", "--tiny", "--json", "--jobs", "1"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=ENDLESS, check=False)
        findings = json.loads(run.stdout)["findings"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return SURVIVED + ": no result"
    findings = [finding.split(": otter sim run ")[0] for finding in findings]
    right = [finding for finding in findings if finding.startswith(invariant + " ")]
    return right[0] if right else f"{SURVIVED}: {findings}"


def try_invariant(build, mutation, folder):
    """What the simulator found, or SURVIVED, or NO_CODE."""
    folder.mkdir(parents=True, exist_ok=True)
    source, target = folder / "broken.cpp", folder / "broken.o"
    source.write_text(broken(ROOT, mutation))
    if not build.compile(ROOT / CORE / mutation.file, source, target):
        return NO_CODE
    build.link(SIMULATOR, target, folder / SIMULATOR)
    found = finding_of(folder / SIMULATOR, mutation.exhaust)
    shutil.rmtree(folder)
    return found


def campaign_of_invariants(mutations, jobs, write):
    """True if each was found by its invariant."""
    build = Build(ROOT, (SIMULATOR,))
    with concurrent.futures.ThreadPoolExecutor(jobs) as threads:
        tries = [threads.submit(try_invariant, build, mutation,
                                ROOT / "build/mutations" / f"invariant-{number}")
                 for number, mutation in enumerate(mutations)]
        findings = []
        for mutation, one in zip(mutations, tries):
            findings.append(one.result())
            print(f"{mutation.exhaust}  {mutation.breaks}  {findings[-1]}", flush=True)
    if write:
        table = invariants_table(ROOT)
        found = [finding if finding.startswith(mutation.exhaust + " ") else table.finding(mutation)
                 for mutation, finding in zip(mutations, findings)]
        table.write(rows_of_invariants(mutations, found))
    return all(finding.startswith(mutation.exhaust + " ")
               for mutation, finding in zip(mutations, findings))


def campaign(mutations, jobs):
    build, table = Build(ROOT), Table(ROOT)
    width = max(len(mutation.breaks) for mutation in mutations)
    with concurrent.futures.ThreadPoolExecutor(jobs) as threads:
        tries = [threads.submit(try_one, build, mutation, table.catcher(mutation),
                                ROOT / "build/mutations" / str(number))
                 for number, mutation in enumerate(mutations)]
        catchers = []
        for mutation, one in zip(mutations, tries):
            catchers.append(one.result())
            print(f"{mutation.breaks:{width}}  {catchers[-1]}", flush=True)
    failed = catchers.count(SURVIVED) + catchers.count(NO_CODE)
    print(f"{len(mutations)} mutations, {len(mutations) - failed} caught, {failed} not")
    return catchers


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="list and table only, nothing is run")
    parser.add_argument("--write", action="store_true", help="what was seen into the table")
    parser.add_argument("--invariants", action="store_true",
                        help="what the simulator's invariants alone find")
    parser.add_argument("--only", metavar="REGEX", default="",
                        help="those whose file or meaning fits")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (default 2)")
    arguments = parser.parse_args()
    mutations = read_list(ROOT)
    wanted = [mutation for mutation in mutations
              if re.search(arguments.only, f"{mutation.file} {mutation.breaks}")]
    misses = [mutation for mutation in wanted if broken(ROOT, mutation) is None]
    if arguments.check or misses:
        findings = list(check(ROOT))
        print("\n".join(findings), end="\n" if findings else "")
        return 1 if findings else 0
    if arguments.invariants:
        tagged = by_invariant(mutations if arguments.write else wanted)
        return 0 if campaign_of_invariants(tagged, arguments.jobs, arguments.write) else 1
    catchers = campaign(wanted, arguments.jobs)
    if arguments.write:
        seen, table = dict(zip(wanted, catchers)), Table(ROOT)
        table.write(rows_of(mutations, [seen.get(m) or table.catcher(m) for m in mutations]))
    return 1 if {SURVIVED, NO_CODE} & set(catchers) else 0


if __name__ == "__main__":
    sys.exit(main())
