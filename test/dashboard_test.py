#!/usr/bin/env python3
"""The dashboard in a real browser against the real server: web/test/ has the scenes. Pictures of
what was seen are kept beside the program, in dashboard_pictures/."""
import base64
import json
import os
import shutil
import struct
import subprocess
import threading
import unittest
from pathlib import Path

from nvs_reader import read_nvs
from talking_boards import TalkingBoard
from world import OTTER, SOURCE, WorldTest

PASSWORD = "correct horse battery"
PEOPLE = {"vera": "viewer", "oscar": "operator", "paula": "publisher", "peter": "publisher"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BROWSER_TIME = 400  # [s] of one file of scenes
GATES = {"sample": 1, "health_window": "30m"}


@unittest.skipUnless(CHROMIUM, "there is no Chromium: ./setup.sh --with test")
class DashboardTest(WorldTest):
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

    def lived_in(self):
        """A fleet with a history: two rollouts, one of them halted by its gate; a group, labels,
        configurations, a release and a rollout that wait for approval."""
        boards = self.settled_boards()
        self.otter("product", "set", "demo", "--staged", "on")
        stages = [{"share": 15, "bake": "1h"}, {"share": 50}, {"share": 100}]
        self.publish("1.0.2")
        self.start_rollout("1.0.2", stages=stages)
        back = self.take_part(boards, "1.0.2", "rolled_back", error="crashed")
        self.wait_for(lambda: self.rollout("1.0.2")["phase"] == "halted")
        self.publish("1.1.0")
        self.start_rollout("1.1.0", stages=stages)
        self.take_part(boards, "1.1.0", "confirmed")
        self.admin("PATCH", "/api/v1/devices/lamp-01",
                   {"tags": ["kitchen", "lab"], "attributes": {"floor": 3, "site": "berlin"}})
        self.admin("PUT", "/api/v1/products/demo/groups/kitchens", {"filter": "tag = kitchen"})
        for version in (1, 2):
            self.admin("PUT", "/api/v1/products/demo/config",
                       {"version": version, "values": {"brightness": 60 + version}})
        self.admin("POST", "/api/v1/products/demo/config", {"version": 1})
        self.admin("POST", "/api/v1/products/demo/rollouts",
                   {"version": "1.1.0", "needs_approval": True})
        self.admin("PUT", "/api/v1/products/demo/approval", {"required": True})
        self.publish("1.2.0")
        boards[0].check_in(config=1)
        return {"device": "lamp-01", "rolled_back": back[0], "running": "1.1.0",
                "halted": "1.0.2", "release": "1.1.0"}

    def test_every_page(self):
        self.play("pages", **self.lived_in())

    def test_the_readmes_pictures(self):
        otherwise = str(Path(OTTER).parent / "dashboard_pictures/readme")
        where = os.environ.get("OTTER_README_PICTURES", otherwise)
        self.play("readme_pictures", readme=where, **self.lived_in())
        for name in ("fleet", "rollout", "device"):
            self.assertGreater((Path(where) / f"{name}.png").stat().st_size, 10_000)

    def test_an_empty_server(self):
        self.play("empty")

    def test_what_people_do(self):
        self.publish("1.0.0")
        board = TalkingBoard(self, "lamp-1", "1.0.0")
        board.check_in()
        self.otter("product", "set", "demo", "--staged", "on")
        waiting = self.published_by_paula("1.9.0")
        not_an_image = self.folder / "readme.txt"
        not_an_image.write_text("This is no firmware.\n")
        keys = self.folder / "otter-data/keys"
        self.otter("keys", "make", self.folder / "stranger.pem")
        self.play("scenes", image=str(self.make_image("2.0.0")), elf=str(not_an_image),
                  key=str(keys / "release-1.pem"), stranger_key=str(self.folder / "stranger.pem"),
                  waiting=waiting, reason="the release is offered")

    def test_what_happens_is_seen_as_it_happens(self):
        self.publish("1.0.0")
        release = self.release("1.0.0")
        board = TalkingBoard(self, "lamp-live", "0.9.0")
        has_ended = threading.Event()

        def go_on_reporting():
            while not has_ended.wait(0.5):
                for phase in ("failed", "downloading"):
                    board.report(release, phase)

        reporter = threading.Thread(target=go_on_reporting)
        reporter.start()
        try:
            self.play("scenes", live=True, device="lamp-live")
        finally:
            has_ended.set()
            reporter.join()

    def build_folder(self):
        """What a build leaves for a board, as files: bootloader, table, otadata, application."""
        rows = [(1, 2, 0x9000, 0x6000, b"nvs"), (1, 0, 0xF000, 0x2000, b"otadata"),
                (0, 0x10, 0x20000, 0x1E0000, b"app0"), (0, 0x11, 0x200000, 0x1E0000, b"app1")]
        table = b"".join(struct.pack("<2sBBII16sI", b"\xaa\x50", *row, 0) for row in rows)
        bootloader = bytearray(self.make_image("1.0.0").read_bytes()[:512])
        bootloader[32] = 80  # the magic of a bootloader's description
        files = {"bootloader.bin": (0, bytes(bootloader)),
                 "partitions.bin": (0x8000, table.ljust(0xC00, b"\xff")),
                 "ota_data_initial.bin": (0xF000, b"\xff" * 0x2000),
                 "firmware.bin": (0x20000, self.make_image("1.0.1").read_bytes())}
        for name, (_, content) in files.items():
            (self.folder / name).write_bytes(content)
        return files

    def test_flashing_a_board(self):
        files = self.build_folder()
        paths = [str(self.folder / name) for name in files]
        # The partition table first: without it no file has a place.
        paths.sort(key=lambda path: "partitions" not in path)
        self.play("flash", files=paths, device="lamp-9", flash=str(self.folder / "flash.bin"),
                  authority=str(self.folder / "otter-data/certs/ca.crt"))
        flash = (self.folder / "flash.bin").read_bytes()
        for name, (offset, content) in files.items():
            self.assertEqual(flash[offset:offset + len(content)], content, name)
        values = read_nvs(flash[0x9000:0xF000])["otter"]
        self.assertEqual((values["device_id"], values["product"], values["server_host"],
                          values["server_port"], values["wifi_ssid"], values["wifi_pass"]),
                         ("lamp-9", "demo", "192.168.1.7", 8443, "home", "correct horse"))
        self.assertEqual(values["ca"], (self.folder / "otter-data/certs/ca.crt").read_bytes())
        self.assertEqual(self.device("lamp-9")["last_seen"], 0)
        key = base64.b64encode(values["device_key"][4:]).decode()
        TalkingBoard(self, "lamp-9", "1.0.1", key=key).check_in()
        self.assertEqual(self.device("lamp-9")["version"], "1.0.1")

    def published_by_paula(self, version):
        """A release that another account has to approve."""
        self.admin("PUT", "/api/v1/products/demo/approval", {"required": True})
        made = self.admin("POST", "/api/v1/tokens", {"account": "paula"})
        path = self.folder / "otter-data/secrets/admin.token"
        own = path.read_text()
        path.write_text(made["token"] + "\n")
        self.publish(version)
        path.write_text(own)
        self.admin("PUT", "/api/v1/products/demo/approval", {"required": False})
        return version


if __name__ == "__main__":
    unittest.main()
