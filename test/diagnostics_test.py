#!/usr/bin/env python3
"""What a fleet tells of itself over time: histories, versions, failures, logs and core dumps, with
real boards."""
import hashlib
import json
import shutil
import subprocess
import unittest

from core_dump import core_dump
from openapi_test import device_key
from world import WorldTest

COMPILER = "riscv64-unknown-elf-gcc"
ADDR2LINE = "riscv64-unknown-elf-addr2line"
SOURCE = """int reads(int *at) {
  return *at;
}
int starts(void) {
  return reads((int *)4) + 1;
}
"""


class Diagnostics(WorldTest):
    def shown(self, *words):
        return json.loads(self.otter(*words, "--json").stdout)

    def test_a_board_that_crashes_tells_what_happened(self):
        self.make_image("1.0.0")
        self.publish("1.0.1", behaviour="crash")
        self.run_board(*self.create("demo-1.0.0.bin"), "--until", "rolled_back")
        self.run_board("--until", "idle")
        dump = self.shown("device", "coredump", "list", "board-1")["coredumps"][0]
        self.assertEqual((dump["version"], dump["crash"]["task"]), ("1.0.1", "main"))
        self.assertIn("0x42000000", self.otter("device", "coredump", "show", "board-1").stdout)
        self.otter("device", "coredump", "get", "board-1", "-o", "x.coredump")
        got = (self.folder / "x.coredump").read_bytes()
        self.assertEqual(hashlib.sha256(got).hexdigest(), dump["sha256"])
        self.run_board("--until", "idle")
        self.assertEqual(len(self.shown("device", "coredump", "list", "board-1")["coredumps"]), 1)
        failure = self.shown("product", "failures", "demo")["failures"][0]
        self.assertEqual((failure["outcome"], failure["version"], failure["devices"]),
                         ("rolled_back", "1.0.1", 1))
        self.assertRegex(self.otter("product", "failures", "demo").stdout, "rolled_back +crashed")

    def test_a_board_sends_its_log_when_it_is_asked(self):
        self.make_image("1.0.0")
        self.run_board(*self.create("demo-1.0.0.bin"), "--until", "idle")
        self.assertIn("has sent no log", self.otter("device", "logs", "board-1", ok=False).stderr)
        self.wait_for(lambda: self.device()["version"] == "1.0.0")
        self.otter("device", "command", "board-1", "send_logs")
        self.run_board("--until", "idle")
        told = self.otter("device", "logs", "board-1").stdout
        self.assertRegex(told, "# received 2.*, version 1.0.0\n0 I Current version: 1.0.0\n")
        self.assertIsNone(self.device()["command"])
        for secret in (self.key, self.token):
            self.assertNotIn(secret, told)

    def test_a_fleet_has_a_history(self):
        self.make_image("1.0.0")
        self.run_board(*self.create("demo-1.0.0.bin"), "--until", "idle", "--heap", "40000")
        sample = self.shown("device", "history", "board-1")["samples"][0]
        self.assertEqual((sample["version"], sample["heap_bytes"], sample["resets"]),
                         ("1.0.0", 40000, 0))
        told = self.otter("device", "history", "board-1").stdout
        self.assertRegex(told, "hour +1.0.0 +confirmed")
        counts = self.shown("product", "versions", "demo")["counts"]
        self.assertEqual([(one["version"], one["devices"]) for one in counts], [("1.0.0", 1)])
        self.assertIn("--days", self.otter("product", "versions", "--help").stdout)

    @unittest.skipUnless(shutil.which(COMPILER) and shutil.which(ADDR2LINE), COMPILER)
    def test_a_core_dump_leads_to_function_and_line(self):
        (self.folder / "crash.c").write_text(SOURCE)
        subprocess.run([COMPILER, "-g", "-O0", "-march=rv32imc", "-mabi=ilp32", "-nostdlib",
                        "-Wl,-Ttext=0x42000000", "-Wl,-e,starts", "crash.c", "-o", "crash.elf"],
                       cwd=self.folder, check=True)
        symbols = subprocess.run(["riscv64-unknown-elf-nm", "crash.elf"], cwd=self.folder,
                                 capture_output=True, text=True, check=True).stdout
        at = {line.split()[2]: int(line.split()[0], 16) for line in symbols.splitlines()}
        elf = hashlib.sha256((self.folder / "crash.elf").read_bytes()).hexdigest().encode()
        self.upload(core_dump(elf, at["reads"] + 2, at["starts"] + 4))
        told = self.otter("device", "coredump", "show", "board-9", "--elf", "crash.elf").stdout
        self.assertRegex(told, r"Task: +sensor, one of 1\n")
        self.assertRegex(told, r"reads at .*crash.c:[12]\n +starts at .*crash.c:[45]\n")
        (self.folder / "other.elf").write_bytes(b"another build")
        self.assertIn("another build than the one that crashed",
                      self.otter("device", "coredump", "show", "board-9", "--elf", "other.elf",
                                 ok=False).stderr)

    def upload(self, dump):
        made = self.request("POST", "/firmware/enroll",
                            {"X-API-Key": self.key, "Content-Type": "application/json"},
                            json.dumps({"device_id": "board-9", "product": "demo",
                                        "chip": self.chip}).encode())
        key = device_key("board-9", json.loads(made[2])["device_key"])
        sha256 = hashlib.sha256(dump).hexdigest()
        sent = self.request("POST", f"/firmware/dump?sha256={sha256}&size={len(dump)}&offset=0",
                            {"X-API-Key": key}, dump)
        self.assertEqual((sent[0], json.loads(sent[2])), (200, {"kept": len(dump)}))


if __name__ == "__main__":
    unittest.main()
