"""A server with people and boards for a browser: what the tests of the dashboard begin with.
web/test/ has what is played there. Pictures of what was seen are kept beside the program, in
dashboard_pictures/."""
import json
import os
import shutil
import sqlite3
import subprocess
import time
import unittest
from contextlib import closing
from pathlib import Path

from core_dump import core_dump
from talking_boards import TalkingBoard
from world import OTTER, SANITIZED, SOURCE, WorldTest

PASSWORD = "correct horse battery"
PEOPLE = {"vera": "viewer", "oscar": "operator", "paula": "publisher", "peter": "publisher"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BROWSER_TIME = 500  # [s] of one file of scenes
GATES = {"sample": 1, "health_window": "30m"}


@unittest.skipIf(SANITIZED, "the other tests have the server's code sanitized, in less time")
@unittest.skipUnless(CHROMIUM, "there is no Chromium: ./setup.sh --with test")
class DashboardWorldTest(WorldTest):
    def setUp(self):
        super().setUp()
        password = self.folder / "password"
        password.write_text(PASSWORD + "\n")
        self.otter("account", "password", "admin", "--password-file", password)
        for name, role in PEOPLE.items():
            self.otter("account", "add", name, "--role", role, "--password-file", password)

    def admin(self, method, target, body=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        status, _, answer = self.request(method, target, headers, body)
        self.assertEqual(status // 100, 2, answer)
        return json.loads(answer)

    def play(self, scenes, **facts):
        """Runs web/test/SCENES.mjs; it knows `facts`."""
        facts |= {"url": self.url, "password": PASSWORD, "chromium": CHROMIUM,
                  "pictures": str(Path(OTTER).parent / "dashboard_pictures")}
        done = subprocess.run(
            ["node", SOURCE / f"web/test/{scenes}.mjs"], capture_output=True, text=True,
            env={**os.environ, "OTTER_DASHBOARD_FACTS": json.dumps(facts)},
            timeout=BROWSER_TIME, check=False)
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("not ok", done.stdout)
        self.assertIn("ok ", done.stdout)

    def release(self, version):
        return self.admin("GET", f"/api/v1/releases/demo/{version}")

    def start_rollout(self, version, **plan):
        self.admin("POST", "/api/v1/products/demo/rollouts",
                   {"version": version, "gates": GATES, **plan})
        self.wait_for(lambda: self.rollout(version)["phase"] == "filling")

    def rollout(self, name):
        return self.admin("GET", f"/api/v1/products/demo/rollouts/{name}")

    def take_part(self, boards, version, phase, **more):
        """The boards that are offered the release report so; gives their names."""
        for board in boards:
            board.check_in()
        parts = self.admin("GET", f"/api/v1/products/demo/rollouts/{version}/devices")["devices"]
        offered = {part["id"] for part in parts}
        release = self.release(version)
        for board in boards:
            if board.name in offered:
                board.report(release, phase, **more)
                board.check_in()
        return sorted(offered)

    def settled_boards(self):
        """Twenty boards, most of them on 1.0.1."""
        self.publish("1.0.0")
        self.publish("1.0.1")
        boards = [TalkingBoard(self, f"lamp-{number:02}", "1.0.0") for number in range(1, 21)]
        for number, board in enumerate(boards):
            board.check_in(up=4000 * number + 100, heap=150_000 - 1000 * number)
            if number < 15:
                board.report(self.release("1.0.1"), "downloading")
                board.report(self.release("1.0.1"), "confirmed")
                board.check_in()
            elif number < 17:
                board.report(self.release("1.0.1"), "failed", error="network")
        return boards

    def add_experiment(self, name, arms, **plan):
        return self.admin("POST", "/api/v1/products/demo/experiments",
                          {"name": name, "arms": arms, "failing_max": 100, **plan})

    def experiment(self, name):
        return self.admin("GET", f"/api/v1/products/demo/experiments/{name}")

    def boards_enter(self, boards, name, ends):
        """They check in and, where they are offered their arm's release, report how `ends` has it
        by arm; those offered nothing by the experiment stay as they are."""
        for board in boards:
            board.check_in()
        devices = f"/api/v1/products/demo/experiments/{name}/devices?limit=1000"
        arms = {part["id"]: part["arm"] for part in self.admin("GET", devices)["devices"]}
        versions = {arm["name"]: arm["version"] for arm in self.experiment(name)["arms"]}
        for board in boards:
            arm = arms.get(board.name)
            if ends.get(arm) is not None:
                board.report(self.release(versions[arm]), ends[arm])
            board.check_in()
        return arms

    def wait_until_measured(self, boards, name):
        """Boards that are silent would count as badly as can be: they go on checking in."""
        def are_measured():
            for board in boards:
                board.check_in()
            arms = self.experiment(name)["arms"]
            return all(arm["measured"] == arm["entered"] > 0 for arm in arms)
        self.wait_for(are_measured)

    def experiments(self, boards):
        """One of each phase; "boots" has figures."""
        self.publish("1.1.1")
        self.publish("1.1.2")
        control, good = {"name": "control"}, {"name": "good", "version": "1.1.1"}
        one = "/api/v1/products/demo/experiments/"
        self.add_experiment("calm", [control, good], metric="any_reset")
        self.admin("PATCH", one + "calm", {"action": "conclude", "winner": "good",
                                           "reason": "seen enough in the lab"})
        self.add_experiment("later", [control, good], metric="heap", draft=True, share=25)
        self.add_experiment("mean", [control, good], metric="resets")
        self.admin("PATCH", one + "mean", {"action": "stop", "reason": "the wrong release"})
        bad = {"name": "bad", "version": "1.1.2"}
        self.add_experiment("boots", [good, bad], metric="confirmed", watch="2s", devices_min=12)
        self.wait_for(lambda: sum(arm["members"] for arm in self.experiment("boots")["arms"]))
        self.boards_enter(boards, "boots", {"good": "confirmed", "bad": "rolled_back"})
        self.wait_until_measured(boards, "boots")

    def tell_of_crashes(self, board):
        """Two logs, a dump that can be read and one that can't."""
        lines = "0 I Current version: {}\n7 I Enrolled as lamp-01\n3605 E Check failed: {}\n"
        for error in ("network_timeout", "network_timeout\n7205 E " + "server_busy " * 20):
            self.admin("POST", f"/api/v1/devices/{board.name}/command", {"command": "send_logs"})
            board.check_in()
            board.send_log(lines.format(board.version, error))
        elf = self.release("1.1.0")["app_elf_sha256"].encode()
        board.send_dump(core_dump(elf, 0x4200A1B2, 0x4200A0F0))
        board.send_dump(b"of a form that nobody knows")

    def add_past(self, device):
        """Samples and counts of days for which no test can wait, straight into the database."""
        hour, day = int(time.time()) // 3600, int(time.time()) // 86400
        samples = [(3600 * (hour - back), 3600, 3600 * (70 - back) % (26 * 3600), back % 19 == 9,
                    150_000 - 700 * (back % 26), -58 - back % 7) for back in range(1, 48)]
        # It was silent for a week.
        samples += [(86400 * (day - back), 86400, 50_000 + 3600 * back, back % 4 // 3,
                     140_000 + 900 * back, -70 + back % 5) for back in range(3, 40)
                    if not 20 < back < 28]
        spread = [(day - back, version, devices) for back in range(1, 30)
                  for version, devices in (("1.0.0", min(20, back)), ("1.0.1", max(0, 20 - back)))]
        with closing(sqlite3.connect(self.folder / "otter-data/otter.sqlite", 30)) as database:
            database.executemany(
                "INSERT OR REPLACE INTO samples "  # the hour may have turned since it was here
                "VALUES (?, ?, ?, '1.0.1', 'confirmed', ?, 'panic', ?, ?, ?)",
                [(device, *sample) for sample in samples])
            database.executemany("INSERT INTO version_days VALUES ('demo', ?, ?, ?)", spread)
            database.commit()

    def lived_in(self):
        """A fleet with a history: two rollouts, one of them halted by its gate; a group, labels,
        configurations, a release and a rollout that wait for approval; crashes."""
        boards = self.settled_boards()
        self.otter("product", "set", "demo", "--staged", "on")
        stages = [{"share": 15, "bake": "1h"}, {"share": 50}, {"share": 100}]
        self.publish("1.0.2")
        self.start_rollout("1.0.2", stages=stages)
        back = self.take_part(boards, "1.0.2", "rolled_back", error="crashed")
        self.wait_for(lambda: self.rollout("1.0.2")["phase"] == "halted")
        boards[0].check_in(patches_from=self.release(boards[0].version))
        self.publish("1.1.0")
        self.wait_for(lambda: self.release("1.1.0")["patches_pending"] == 0)
        self.start_rollout("1.1.0", stages=stages)
        self.take_part(boards, "1.1.0", "confirmed")
        self.experiments(boards)
        self.admin("PATCH", "/api/v1/devices/lamp-01",
                   {"tags": ["kitchen", "lab"], "attributes": {"floor": 3, "site": "berlin"}})
        self.admin("PUT", "/api/v1/products/demo/groups/kitchens", {"filter": "tag = kitchen"})
        for version in (1, 2):
            self.admin("PUT", "/api/v1/products/demo/config",
                       {"version": version, "values": {"brightness": 60 + version, "beep": True,
                                                       "night": {"from": 22, "to": 6}}})
        self.admin("POST", "/api/v1/products/demo/config", {"version": 1})
        self.admin("PUT", "/api/v1/products/demo/config/groups/kitchens",
                   {"brightness": 40, "beep": None, "mirrors": ["https://near.example/otter/"]})
        self.admin("PUT", "/api/v1/products/demo/config/devices/lamp-01",
                   {"brightness": 35, "night": {"to": 7}})
        self.admin("POST", "/api/v1/products/demo/rollouts",
                   {"version": "1.1.0", "needs_approval": True})
        self.admin("PUT", "/api/v1/products/demo/approval", {"required": True})
        self.publish("1.2.0")
        self.tell_of_crashes(boards[0])
        boards[0].check_in(config=1)
        self.add_past(boards[0].name)
        return {"device": "lamp-01", "rolled_back": back[0], "running": "1.1.0",
                "halted": "1.0.2", "release": "1.1.0",
                "experiment": "boots"}
