#!/usr/bin/env python3
"""Keys and certificates that change under a running fleet: the real programs on real sockets."""
import shutil
import unittest

from world import WorldTest

CERTIFICATES = "otter-data/certs"


class Rotation(WorldTest):
    flash = "board.bin"
    authority = f"{CERTIFICATES}/ca.crt"  # that the firmware is built with

    def setUp(self):
        super().setUp()
        for name in ("root-a", "root-b", "root-c"):
            self.otter("keys", "make", f"{name}.pem")
        self.root(1, "init", "--threshold", "2", "--root-key", "root-a.pem.pub", "--root-key",
                  "root-b.pem.pub", "--root-key", "root-c.pem.pub", "--release-key",
                  "otter-data/keys/release-1.pem.pub")
        first = self.make_image("1.0.0")
        self.first = self.create(first)
        self.otter("publish", first)

    def root(self, version, *how):
        """Makes, signs and publishes one version of root metadata."""
        body, signed = f"root-{version}.json", f"root-{version}.otr"
        self.otter("keys", "root", *how, "-o", body)
        self.otter("keys", "root", "sign", body, "--key", "root-a.pem", "--key", "root-b.pem", "-o",
                   signed)
        self.otter("keys", "root", "publish", signed)

    def board(self, *more, flash=None):
        command = super().board(*more, flash=flash or self.flash)
        at = command.index("--release-key")
        command[at:at + 2] = ["--root", "root-1.otr"]
        command[command.index("--ca") + 1] = self.authority
        return command

    def publish_by(self, version, key):
        self.otter("publish", self.make_image(version), "--key", f"otter-data/keys/{key}.pem")

    def change_authority(self):
        """Another authority, and a payload that tells devices of it; the old one still holds."""
        self.otter("certs", "make", "--folder", "new", "--name", "localhost")
        self.otter("keys", "trust", "make", "--version", "1", "--anchor", "new/ca.crt", "--anchor",
                   f"{CERTIFICATES}/ca.crt", "-o", "trust-1.json")
        self.otter("keys", "trust", "sign", "trust-1.json", "--key", "root-a.pem", "--key",
                   "root-c.pem", "-o", "trust-1.otr")
        self.otter("keys", "trust", "publish", "trust-1.otr")

    def serve_with_new_certificate(self):
        self.stop_server()
        self.authority = "old-ca.crt"
        shutil.copy(self.folder / CERTIFICATES / "ca.crt", self.folder / self.authority)
        for path in (self.folder / "new").iterdir():
            shutil.copy(path, self.folder / CERTIFICATES)
        self.start_server()

    def test_a_stolen_release_key_is_revoked_and_the_spare_takes_over(self):
        self.publish_by("1.0.1", "release-1")
        self.run_board(*self.first, "--until", "confirmed")
        self.publish_by("1.0.2", "release-1")
        self.root(2, "next", "--from", "root-1.otr", "--revoke-release",
                  "otter-data/keys/release-1.pem.pub", "--add-release",
                  "otter-data/keys/release-2.pem.pub", "--raise-epoch")
        said = self.run_board("--until", "idle")
        self.assertIn("Root metadata: now 2", said)
        self.assertEqual(self.device()["version"], "1.0.1")
        refused = self.otter("publish", self.make_image("1.0.3"), "--key",
                             "otter-data/keys/release-1.pem", ok=False)
        self.assertIn("root metadata 2 lists no release key", refused.stderr)
        self.publish_by("1.0.4", "release-2")
        self.run_board("--until", "confirmed")
        self.assertEqual(self.device()["version"], "1.0.4")

    def test_a_release_key_needs_no_registration_but_the_root_metadata(self):
        self.otter("keys", "make", "release-3.pem")
        self.root(2, "next", "--from", "root-1.otr", "--add-release", "release-3.pem.pub")
        self.otter("publish", self.make_image("1.0.1"), "--key", "release-3.pem")
        self.assertIn("by root metadata 2:\n", self.otter("keys", "list").stdout)
        self.run_board(*self.first, "--until", "confirmed")
        self.assertEqual(self.device()["version"], "1.0.1")

    def test_the_authority_changes_and_nobody_is_left_behind(self):
        self.publish_by("1.0.1", "release-1")
        self.run_board(*self.first, "--until", "confirmed")
        self.change_authority()
        said = self.run_board("--until", "idle")
        self.assertIn("Trust payload: now 1", said)
        self.serve_with_new_certificate()
        self.publish_by("1.0.2", "release-1")
        self.run_board("--until", "confirmed")
        self.assertEqual(self.device()["version"], "1.0.2")
        # A board that was never switched on until now knows the old authority alone.
        self.flash = "late.bin"
        said = self.run_board(*self.first, "--until", "confirmed")
        self.assertIn("tls_untrusted", said)
        self.assertIn("Trust payload: now 1", said)

    def test_a_new_epoch_of_device_keys_shuts_nobody_out(self):
        self.publish_by("1.0.1", "release-1")
        self.run_board(*self.first, "--until", "confirmed")
        for epoch in (2, 3):
            self.otter("keys", "rotate-epoch")
            said = self.run_board("--until", "idle")
            self.assertIn(f"Device key, epoch: now {epoch}", said)
        self.publish_by("1.0.2", "release-1")
        self.run_board("--until", "confirmed")


if __name__ == "__main__":
    unittest.main()
