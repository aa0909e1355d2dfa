#!/usr/bin/env python3
"""Images in the data folder's `firmware/`: taken up by a running server, or refused and why."""
import json
import shutil
import subprocess
import unittest

from world import OTTER, WorldTest


class FirmwareFolder(WorldTest):
    def setUp(self):
        super().setUp()
        self.drop = self.folder / "otter-data/firmware"
        self.drop.mkdir(mode=0o700)

    def versions(self):
        told = json.loads(self.otter("release", "list", "--json").stdout)
        return [release["version"] for release in told["releases"]]

    def manifest(self):
        key = (self.folder / "api.key").read_text().strip()
        return json.loads(self.request("GET", "/firmware/manifest", {"X-API-Key": key})[2])

    def refusal(self, name):
        said = self.drop / (name + ".refused")
        return said.read_text() if said.exists() else ""

    def test_a_sketch_gets_what_was_put_there(self):
        image = self.make_image("1.0.2")
        half = self.drop / "firmware_v1.0.2.bin"
        half.write_bytes(image.read_bytes()[:100_000])
        self.wait_for(lambda: self.refusal(half.name))
        self.assertEqual(self.versions(), [])
        ready = self.drop / ".on-its-way"
        shutil.copy(image, ready)
        ready.rename(half)
        self.wait_for(lambda: self.versions() == ["1.0.2"])
        self.wait_for(lambda: self.refusal(half.name) == "")
        manifest = self.manifest()
        self.assertEqual((manifest["version"], manifest["envelope"]), ("1.0.2", None))
        self.assertEqual(manifest["size"], image.stat().st_size)
        self.stop_server()
        self.start_server()
        self.assertEqual(self.versions(), ["1.0.2"])

    def test_devices_with_keys_want_a_signature(self):
        self.run_board(*self.create(self.publish("1.0.0")), "--until", "idle")
        shutil.copy(self.make_image("1.0.1"), self.drop / "firmware_v1.0.1.bin")
        self.wait_for(lambda: "not in plain mode" in self.refusal("firmware_v1.0.1.bin"))
        self.assertIn("Firmware file refused", self.server_log())
        done = subprocess.run([OTTER, "doctor", "--json"], cwd=self.folder, capture_output=True,
                              text=True, timeout=60, check=False)
        told = json.loads(done.stdout)["checks"]
        self.assertIn("firmware_v1.0.1.bin is no release: nobody has signed it",
                      next(one["detail"] for one in told if one["check"] == "firmware"))
        self.assertEqual(self.versions(), ["1.0.0"])


if __name__ == "__main__":
    unittest.main()
