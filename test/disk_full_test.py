#!/usr/bin/env python3
"""A full disk under the data folder: the server says so, goes on serving what it has, and takes
reports and uploads again when there is room. In a mount namespace of its own, on a small tmpfs."""
import json
import os
import shutil
import subprocess
import sys

import load

DISK_MIB = 4
OWN_NAMESPACE = "OTTER_TEST_NAMESPACE"


class DiskFull(load.LoadTest):
    def setUp(self):
        super().setUp()
        self.publish("1.0.0")
        self.stop_server()
        self.move_to_small_disk()
        self.register(1)
        self.start_server()
        self.serial = 0

    def move_to_small_disk(self):
        data = self.folder / "otter-data"
        kept = self.folder / "kept"
        data.rename(kept)
        data.mkdir(mode=0o700)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=700", "tmpfs",
                               data], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.skipTest(f"can't mount: {done.stderr}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", data], check=True)
        shutil.copytree(kept, data, dirs_exist_ok=True)

    def fill(self):
        """Takes all room but a little, as a log or another program does."""
        with open(self.folder / "otter-data/filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"\0" * 4096)
            except OSError:
                pass

    def report(self):
        """(status, headers, body)"""
        self.serial += 1
        body = {"device_id": "sketch-1", "status": "FAILED", "version": "1.0.0",
                "error": "e" * 200, "report_id": f"{self.serial:032x}"}
        return self.request("POST", "/firmware/report", {"X-API-Key": self.key, "Content-Type":
                            "application/json"}, json.dumps(body).encode())

    def report_until(self, wanted):
        """Gives the first answer of that status, and the ids that were acknowledged before it."""
        acknowledged = []
        for _ in range(20_000):
            answer = self.report()
            if answer[0] == 200:
                acknowledged.append(f"{self.serial:032x}")
            if answer[0] == wanted:
                return answer, acknowledged
        self.fail(f"no answer with {wanted}\n{self.server_log()[-2000:]}")
        return None

    def test_refuses_with_503_serves_on_and_recovers(self):
        self.fill()
        (_, headers, body), acknowledged = self.report_until(503)
        self.assertEqual(json.loads(body)["code"], "store_unavailable")
        self.assertGreaterEqual(int(headers["Retry-After"]), 1)
        self.assertRegex(self.server_log(), r"Request failed: store_unavailable.*make room")

        status, _, _ = self.request("GET", "/firmware/manifest", {"X-API-Key": self.key})
        self.assertEqual(status, 200)
        self.assertEqual(self.check_ins()["statuses"], {"200": 1})
        refused = self.otter("publish", self.make_image("1.0.1"), ok=False)
        self.assertIn("store_unavailable", refused.stderr)

        (self.folder / "otter-data/filler").unlink()
        acknowledged += self.report_until(200)[1]
        self.otter("publish", self.make_image("1.0.2"))
        self.stop_server()
        self.assert_all_stored(acknowledged)
        self.assert_sound()

    def check_ins(self):
        return self.result(self.start_load(*self.own_keys(), "--mode", "return", "--devices", 1,
                                           "--duration-ms", 10_000))

    def test_does_not_start_on_a_full_disk_without_a_word(self):
        self.stop_server()
        self.fill()
        told = self.otter("serve", ok=False)
        self.assertRegex(told.stderr, "otter-data.*(room on the disk|No space left on device)")


if __name__ == "__main__":
    if OWN_NAMESPACE not in os.environ:
        os.environ[OWN_NAMESPACE] = "1"
        command = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            os.execvp("unshare", [*command, sys.executable, *sys.argv])
    load.main()
