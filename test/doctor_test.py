#!/usr/bin/env python3
"""`otter doctor` beside a real server: healthy, with certificates that end, and when it is down."""
import json
import shutil
import subprocess
import sys
import unittest

from world import OTTER, WorldTest


class Doctor(WorldTest):
    def setUp(self):
        super().setUp()
        shutil.rmtree(self.folder / "otter-data/keys")
        (self.folder / "otter-data/keys").mkdir(mode=0o700)

    def examine(self, *arguments):
        done = subprocess.run([OTTER, "doctor", *arguments], cwd=self.folder, capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.stderr, "")
        return done

    def troubles(self):
        """The exit code, and what is not ok."""
        done = self.examine("--json")
        checks = json.loads(done.stdout)["checks"]
        return done.returncode, [(item["health"], item["check"]) for item in checks
                                 if item["health"] != "ok"]

    def test_a_healthy_server(self):
        self.assertEqual(self.troubles(), (0, []))
        done = self.examine()
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"(?m)\AOK    settings: [^\n]+\n(OK    [\w-]+: [^\n]+\n)+\Z")

    def test_a_server_that_is_down(self):
        self.stop_server()
        self.assertEqual(self.troubles(), (2, [("fail", "serving"), ("fail", "contact")]))
        self.assertRegex(self.examine().stdout, r"(?m)^FAIL  contact: .*refused\n      -> is the ")

    def test_a_certificate_that_ends(self):
        certificate, key = self.folder / "short.crt", self.folder / "short.key"
        for days, expected in ((100, []), (20, [("warn", "certificate")]),
                               (5, [("fail", "certificate")])):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj", "/CN=localhost",
                 "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                check=True, capture_output=True)
            shutil.copy(certificate, self.folder / "otter-data/certs/server.crt")
            code, troubles = self.troubles()
            self.assertEqual(troubles, expected)
            self.assertEqual(code, {"warn": 1, "fail": 2}[expected[0][0]] if expected else 0)

    def test_a_certificate_that_devices_refuse(self):
        self.otter("certs", "make", "--folder", "other", "--name", "localhost")
        shutil.copy(self.folder / "other/ca.crt", self.folder / "otter-data/certs/ca.crt")
        self.assertEqual(self.troubles(), (2, [("fail", "contact")]))

    def test_a_wrong_setting(self):
        settings = self.folder / "otter.toml"
        settings.write_text(settings.read_text() + "\n[server.more]\n")
        self.assertEqual(self.troubles(), (2, [("fail", "settings")]))


if __name__ == "__main__":
    sys.exit(unittest.main())
