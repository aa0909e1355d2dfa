#!/usr/bin/env python3
"""A board that updates by what the server makes for it in the background: real server, real
sockets, real engine."""
import json
import unittest

from world import WorldTest

MEMORY = ("--patch-memory", "32768")


class Patch(WorldTest):
    def setUp(self):
        super().setUp()
        self.first = self.create(self.publish("1.0.0"))
        self.run_board(*self.first, *MEMORY, "--until", "idle")

    def patches(self, version):
        shown = self.otter("release", "show", "demo", version, "--json").stdout
        return json.loads(shown)["patches"]

    def report(self):
        return json.loads(self.otter("device", "reports", "board-1", "--json").stdout)["reports"][0]

    def test_a_board_updates_by_a_patch_that_was_ready_before_it_came(self):
        image = self.make_image("1.0.1")
        said = self.otter("publish", image).stdout
        self.assertRegex(said, r"patch     from 1\.0\.0 in 32 KiB: \d+ bytes, 9\d\.\d % saved")
        said = self.run_board(*MEMORY, "--until", "confirmed")
        self.assertIn("[OTA] By a patch of ", said)
        self.assertEqual(self.slot(1, image.stat().st_size), image.read_bytes())
        smallest = self.patches("1.0.1")[0]
        self.assertEqual("1.0.0", smallest["from"])
        report = self.report()
        self.assertEqual(("patch", smallest["size"]), (report["kind"], report["bytes"]))
        self.assertNotIn("Firmware download started", self.server_log())

    def test_a_board_that_takes_none_gets_the_image(self):
        self.otter("publish", self.make_image("1.0.1"))
        self.run_board("--until", "confirmed")
        self.assertEqual("full", self.report()["kind"])

    def test_an_image_that_was_not_published_is_followed_by_a_compressed_one(self):
        strange = self.create(self.make_image("0.9.0"))
        self.publish("1.0.1")
        self.run_board(*strange, *MEMORY, "--until", "confirmed", flash="other.bin", name="board-2")
        reports = self.otter("device", "reports", "board-2", "--json").stdout
        self.assertEqual("compressed", json.loads(reports)["reports"][0]["kind"])

    def test_a_patch_that_was_damaged_on_disk_costs_no_update(self):
        image = self.make_image("1.0.1")
        self.otter("publish", image)
        for patch in (self.folder / "otter-data/patches").glob("*/*"):
            damaged = bytearray(patch.read_bytes())
            damaged[len(damaged) // 2] ^= 1
            patch.write_bytes(damaged)
        self.run_board(*MEMORY, "--until", "confirmed")
        report = self.report()
        self.assertEqual(("full", "bad_hash"), (report["kind"], report["patch_error"]))

    def test_switched_off_it_makes_none(self):
        self.stop_server()
        settings = self.folder / "otter.toml"
        off = '\n[server]\npatches = "off"'
        settings.write_text(settings.read_text().replace("\n[server]", off))
        self.start_server()
        self.publish("1.0.1")
        self.run_board(*MEMORY, "--until", "confirmed")
        self.assertEqual("full", self.report()["kind"])
        self.assertEqual([], self.patches("1.0.1"))


if __name__ == "__main__":
    unittest.main()
