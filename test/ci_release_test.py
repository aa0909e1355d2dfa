#!/usr/bin/env python3
"""deploy/ci/release.sh: an image becomes a release with a signature made elsewhere, and the exit
code is its rollout's verdict."""
import json
import os
import shlex
import shutil
import subprocess
import unittest
from pathlib import Path

from world import DEADLINE, OTTER, SOURCE, WorldTest


@unittest.skipUnless(shutil.which("openssl"), "the program openssl is absent")
class CiRelease(WorldTest):
    def setUp(self):
        super().setUp()
        self.check_in_often()
        self.image = self.make_image("1.0.0")
        (self.folder / "otter.token").write_text(self.token)
        self.plan(share=100)

    def plan(self, **stage):
        (self.folder / "plan.json").write_text(json.dumps({
            "stages": [{"bake": "1s", **stage}], "gates": {"sample": 1, "health_error_rate": 0}}))

    def power_on(self):
        crowd = subprocess.Popen(
            [OTTER, "sim", "fleet", "--devices", "4", "--server", self.url,
             "--ca", "otter-data/certs/ca.crt", "--product", "demo", "--api-key-file", "api.key",
             "--release-key", "otter-data/keys/release-1.pem.pub", "--firmware", self.image,
             "--chip", self.chip, "--check-interval", "1s", "--retry-delay", "1s",
             "--trial-uptime", "1s", "--watchdog", "1s"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(crowd.wait)
        self.addCleanup(crowd.terminate)
        self.wait_for(lambda: self.device("board-4") is not None)

    def release(self, image, **settings):
        """As on a machine that has the server's address and a token, and no settings file."""
        job = self.folder / "job"
        job.mkdir(exist_ok=True)
        key = shlex.quote(str(self.folder / "otter-data/keys/release-1.pem"))
        environment = {
            "PATH": f"{Path(OTTER).parent}:{os.environ['PATH']}",
            "OTTER_PUBLISH_SERVER": self.url,
            "OTTER_PUBLISH_CA": str(self.folder / "otter-data/certs/ca.crt"),
            "OTTER_PUBLISH_TOKEN_FILE": str(self.folder / "otter.token"),
            "OTTER_SIGN": f"openssl pkeyutl -sign -inkey {key}",
            "OTTER_SIGN_PUBLIC": str(self.folder / "otter-data/keys/release-1.pem.pub"),
            "REHEARSE_FAULTS": "none", **settings}
        return subprocess.run([SOURCE / "deploy/ci/release.sh", image, self.folder / "plan.json"],
                              cwd=job, env=environment, capture_output=True, text=True,
                              timeout=DEADLINE, check=False)

    def test_a_good_release_is_published_and_rolled_out(self):
        self.power_on()
        done = self.release(self.make_image("1.1.0"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("4 confirmed", done.stdout)
        self.assertEqual(self.device("board-1")["version"], "1.1.0")

    def test_a_release_that_is_stopped_fails_the_job(self):
        self.power_on()
        done = self.release(self.make_image("1.1.0", behaviour="selftest-fail"))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("failing", done.stdout)

    def test_a_plan_that_lets_a_bad_release_through_is_refused_before_anything_is_published(self):
        done = self.release(self.make_image("1.1.0"), REHEARSE_FAULTS="none crash-at-boot",
                            REHEARSE_LIMIT="1%")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertNotIn("Publish", done.stdout)
        self.assertEqual(json.loads(self.otter("release", "list", "--json").stdout)["releases"], [])

    def test_a_signature_by_a_key_that_is_unknown_is_refused(self):
        self.otter("keys", "make", "stranger.pem")
        key = shlex.quote(str(self.folder / "stranger.pem"))
        done = self.release(self.make_image("1.1.0"),
                            OTTER_SIGN=f"openssl pkeyutl -sign -inkey {key}",
                            OTTER_SIGN_PUBLIC=str(self.folder / "stranger.pem.pub"))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertNotIn("== Rollout", done.stdout)

    def test_what_is_missing_is_told(self):
        done = self.release(self.make_image("1.1.0"), OTTER_SIGN="")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("OTTER_SIGN: names no command that signs", done.stderr)


if __name__ == "__main__":
    unittest.main()
