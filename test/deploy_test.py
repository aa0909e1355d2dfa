#!/usr/bin/env python3
"""Holds deploy/ to the server: what unit, image, rules and board say of it is so."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest

from world import DEADLINE, OTTER, SANITIZED, SOURCE, WorldTest

DEPLOY = SOURCE / "deploy"
RULES = DEPLOY / "prometheus/alerts.yml"
BOARD = DEPLOY / "grafana/boards/otter.json"
# Prometheus makes these of each histogram.
HISTOGRAM_PARTS = ("_bucket", "_sum", "_count")


def board_expressions():
    board = json.loads(BOARD.read_text())
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def rule_expressions():
    """The lines of each `expr:`, up to the next member."""
    return re.findall(r"expr:(.*?)\n +(?:for|labels):", RULES.read_text(), re.S)


class Metrics(WorldTest):
    def setUp(self):
        super().setUp()
        self.publish("1.0.0")
        self.request("GET", "/firmware/manifest", {"X-API-Key": self.key})
        self.request("POST", "/firmware/report",
                     {"X-API-Key": self.key, "Content-Type": "application/json"},
                     json.dumps({"device_id": "board-1", "status": "FAILED", "version": "1.0.0",
                                 "error": "timeout"}).encode())
        status, _, text = self.request("GET", "/metrics",
                                       {"Authorization": f"Bearer {self.token}"})
        self.assertEqual(status, 200)
        self.text = text.decode()

    def test_rules_and_board_name_what_the_server_gives(self):
        given = set(re.findall(r"^# TYPE (\w+) ", self.text, re.M))
        for name in re.findall(r"^# TYPE (\w+) histogram", self.text, re.M):
            given |= {name + part for part in HISTOGRAM_PARTS}
        for expressions in (rule_expressions(), board_expressions()):
            named = set(re.findall(r"\botter_\w+", " ".join(expressions)))
            self.assertGreater(len(named), 5)
            self.assertLessEqual(named, given)

    def test_routes_and_outcomes_are_spelled_as_the_server_spells_them(self):
        expressions = " ".join(rule_expressions() + board_expressions())
        named = set(re.findall(r'(otter_\w+){[^}]*(route="[^"]*")', expressions))
        self.assertGreater(len(named), 1)
        for metric, label in named:
            self.assertRegex(self.text, rf"(?m)^{metric}{{[^}}]*{re.escape(label)}")
        self.assertRegex(self.text,
                         r'otter_outcomes_total\{product="demo",.*outcome="failed"\} 1\n')
        known = set(re.findall(r"`(\w+)`", (SOURCE / "docs/spec/report.md").read_text()))
        for outcomes in set(re.findall(r'outcome=~"([^"]*)"', expressions)):
            self.assertLessEqual(set(outcomes.split("|")), known)

    def test_each_rule_says_what_to_do(self):
        text = RULES.read_text()
        alerts = text.count("- alert: ")
        self.assertGreater(alerts, 8)
        for member in ("expr:", "severity: ", "summary: ", "what_to_do: "):
            self.assertEqual(text.count(member), alerts, member)

    def test_each_rule_fires_in_a_test(self):
        alerts = set(re.findall(r"- alert: (\w+)", RULES.read_text()))
        tests = (DEPLOY / "prometheus/alerts_test.yml").read_text()
        self.assertEqual(alerts, set(re.findall(r'alertname="(\w+)"\}', tests)))

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_promtool_passes_the_rules(self):
        for arguments in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
            done = subprocess.run(["promtool", *arguments], cwd=DEPLOY / "prometheus", text=True,
                                  capture_output=True, timeout=DEADLINE, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Image(unittest.TestCase):
    @unittest.skipUnless(shutil.which("readelf") and shutil.which("dpkg"), "no readelf or dpkg")
    @unittest.skipUnless("ID=debian" in open("/etc/os-release").read(), "other package names")
    def test_has_the_libraries_that_otter_names(self):
        told = subprocess.run(["readelf", "-d", OTTER], text=True, capture_output=True, check=True)
        if SANITIZED:
            self.skipTest("a program with sanitizers needs more than what is shipped")
        listed = set(re.findall(r"^ {6}([a-z][\w.+-]+) \\$", self.text(), re.M))
        needed = {self.package_of(name) for name in re.findall(r"NEEDED.*\[(.*)\]", told.stdout)}
        always = {"libc6", "libgcc-s1"}  # of every Debian
        self.assertEqual(needed - always, listed - {"ca-certificates"})

    def package_of(self, library):
        told = subprocess.run(["dpkg", "-S", f"*-linux-gnu/{library}"], text=True,
                              capture_output=True, check=True)
        return told.stdout.split(":")[0]

    def text(self):
        return (DEPLOY / "Containerfile").read_text()

    def test_runs_as_nobody_in_particular(self):
        self.assertRegex(self.text(), r"(?m)^USER [1-9]\d*:[1-9]\d*$")
        compose = (DEPLOY / "compose.yaml").read_text()
        services = len(re.findall(r"^  (?:otter|prometheus|grafana):\n    (?:build|image)", compose,
                                  re.M))
        self.assertEqual(services, 3)
        for line in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true"):
            self.assertEqual(compose.count(line), services, line)

    def test_takes_no_secret_from_a_working_copy(self):
        ignored = (SOURCE / ".dockerignore").read_text().split("\n")
        for path in ("/otter-data", "/otter.toml", "/deploy/secrets", "/.git"):
            self.assertIn(path, ignored)


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
class Unit(unittest.TestCase):
    def test_is_shut_in(self):
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=15",
             DEPLOY / "otter.service"], text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-200:] + done.stderr)


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
@unittest.skipUnless(shutil.which("strace"), "strace is not installed")
class SystemCalls(WorldTest):
    """A server that is traced while it does what servers do."""

    def start_server(self):
        with open(self.folder / "serve.log", "ab") as log:
            self.server = subprocess.Popen(
                ["strace", "-f", "-qq", "-o", "trace", OTTER, "serve"], cwd=self.folder,
                stdout=log, stderr=log)
        self.addCleanup(self.stop_server)
        self.wait_for(self.is_serving)

    def stop_server(self, how=signal.SIGTERM):
        """strace ends with what it traces."""
        if self.server is None:
            return
        traced = subprocess.run(["pgrep", "-P", str(self.server.pid)], text=True,
                                capture_output=True, check=False).stdout.split()
        if traced:
            os.kill(int(traced[0]), how)
        self.server.wait(DEADLINE)
        self.server = None

    def allowed(self):
        """The system calls that the unit's filters leave, in their order."""
        names = set()
        unit = (DEPLOY / "otter.service").read_text()
        for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
            group = self.members(line.lstrip("~").split())
            names = names - group if line.startswith("~") else names | group
        return names

    def members(self, names):
        """Groups of system calls, opened."""
        found = set()
        for name in names:
            if not name.startswith("@"):
                found.add(name)
                continue
            told = subprocess.run(["systemd-analyze", "syscall-filter", name], text=True,
                                  capture_output=True, check=True).stdout.split("\n")[1:]
            words = [line.strip() for line in told]
            found |= self.members([word for word in words if word and not word.startswith("#")])
        return found

    def test_are_in_the_units_list(self):
        self.publish("1.0.0")
        status, _, _ = self.request("GET", "/firmware/1.0.0.bin", {"X-API-Key": self.key})
        self.assertEqual(status, 200)
        self.stop_server()
        trace = (self.folder / "trace").read_text(errors="replace")
        called = set(re.findall(r"^\d+ +(\w+)\(", trace, re.M))
        self.assertIn("fsync", called)
        called.discard("execve")  # of strace
        if os.geteuid() == 0:
            called.discard("fchown")  # of SQLite for root alone: robustFchown() in os_unix.c
        self.assertLessEqual(called, self.allowed())


if __name__ == "__main__":
    sys.exit(unittest.main())
