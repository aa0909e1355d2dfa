#!/usr/bin/env python3
"""What people do with the dashboard, in a real browser against the real server: from signing in to
a release that is taken back, and a board that is flashed."""
import base64
import itertools
import struct
import threading
import unittest

from core_dump import core_dump
from dashboard_world import DashboardWorldTest
from nvs_reader import read_nvs
from talking_boards import TalkingBoard


class DashboardUseTest(DashboardWorldTest):
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
        dump = core_dump(b"0" * 64, 0x4200A1B2, 0x4200A0F0)
        has_ended = threading.Event()

        def go_on_reporting():
            for phase in itertools.cycle(("failed", "downloading")):
                board.report(release, phase)
                if self.device(board.name)["command"] == "send_logs":
                    board.check_in()
                    board.send_log("7 I Asked for a log\n")
                    board.send_dump(dump)
                if has_ended.wait(4):  # the page reads again every 1.5 s at most
                    return

        reporter = threading.Thread(target=go_on_reporting)
        reporter.start()
        try:
            self.play("scenes", live=True, device="lamp-live", dump_bytes=len(dump))
        finally:
            has_ended.set()
            reporter.join()

    def test_an_experiment_from_its_start_to_its_rollout(self):
        boards = [TalkingBoard(self, f"lamp-{number:02}", "1.0.0") for number in range(1, 37)]
        for board in boards:
            board.check_in()
        self.otter("product", "set", "demo", "--staged", "on")
        self.publish("1.1.0")
        self.publish("1.2.0")
        failures = []

        def fleet_lives():
            """As soon as a person has started it: half of the boards fail."""
            try:
                experiments = "/api/v1/products/demo/experiments"
                self.wait_for(lambda: any(
                    one["name"] == "boots" and sum(arm["members"] for arm in one["arms"])
                    for one in self.admin("GET", experiments)["experiments"]))
                ends = {"good": "confirmed", "bad": "rolled_back"}
                self.boards_enter(boards, "boots", ends)
                self.wait_until_measured(boards, "boots")
            except Exception as failure:  # the test's own thread has to hear of it
                failures.append(failure)

        fleet = threading.Thread(target=fleet_lives)
        fleet.start()
        try:
            self.play("experiment", good="1.1.0", bad="1.2.0")
        finally:
            fleet.join()
        self.assertEqual(failures, [])
        boots = self.experiment("boots")
        self.assertEqual((boots["phase"], boots["winner"], boots["rollout"]),
                         ("concluded", "good", "1.1.0"))
        self.assertEqual(self.experiment("other")["phase"], "stopped")
        self.assertEqual(self.experiment("mine")["winner"], "control")

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
