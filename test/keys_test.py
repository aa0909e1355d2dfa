#!/usr/bin/env python3
"""`otter keys root`, `trust` and `device-key` from outside, on files alone: the life of a fleet's
keys. OTTER names the program."""
import hashlib
import json
import pathlib
import shutil
import stat
import subprocess
import tempfile
import unittest

from program import REPOSITORY, ProgramTest


class Keys(ProgramTest):
    """Each test works in a folder of its own."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="otter-keys-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def make_keys(self, *names):
        for name in names:
            self.succeed("keys", "make", f"{name}.pem")

    def id(self, name):
        return json.loads(self.succeed("keys", "show", f"{name}.pem.pub", "--json"))["keyid"]

    def init(self, *more):
        """Version 1: 2 of the root keys a, b, c; the release key r. Not signed."""
        self.make_keys("a", "b", "c", "r")
        self.succeed("keys", "root", "init", "-o", "root-1.json", "--root-key", "a.pem.pub",
                     "--root-key", "b.pem.pub", "--root-key", "c.pem.pub", "--threshold", 2,
                     "--release-key", "r.pem.pub", *more)

    def sign(self, body, out, *names):
        keys = [part for name in names for part in ("--key", f"{name}.pem")]
        return self.succeed("keys", "root", "sign", body, *keys, "-o", out)

    def next(self, number, *more):
        """The body of version `number`."""
        return self.succeed("keys", "root", "next", "--from", f"root-{number - 1}.otr", *more,
                            "-o", f"root-{number}.json")

    def begin(self):
        self.init()
        self.sign("root-1.json", "root-1.otr", "a", "b")

    def shown(self, name):
        return json.loads(self.succeed("keys", "root", "show", name, "--json"))


class Root(Keys):
    def test_private_keys_are_for_their_owner_alone(self):
        self.make_keys("a")
        self.assertEqual(0o600, stat.S_IMODE((self.folder / "a.pem").stat().st_mode))

    def test_version_one_is_what_was_asked_for(self):
        self.make_keys("beta")
        self.init("--release-key", "beta.pem.pub:product=lamp,product=lock,channel=beta")
        self.sign("root-1.json", "root-1.otr", "a", "c")
        shown = self.shown("root-1.otr")
        self.assertEqual((1, 1, 2), (shown["version"], shown["epoch"], shown["root"]["threshold"]))
        self.assertEqual([self.id("a"), self.id("c")], shown["signed_by"])
        self.assertEqual([self.id("b")], shown["not_signed_by"])
        self.assertEqual({"keyid": self.id("beta"), "products": ["lamp", "lock"],
                          "channels": ["beta"]}, shown["release"]["keys"][1])
        self.assertIn("2 of 3 needed", self.succeed("keys", "root", "show", "root-1.otr"))

    def test_ten_rotations_lead_from_the_first_version_to_the_last(self):
        self.begin()
        names = ["a", "b", "c"]
        for number in range(2, 12):
            new = f"k{number}"
            self.make_keys(new)
            self.next(number, "--add-root", f"{new}.pem.pub", "--remove-root",
                      f"{names[0]}.pem.pub")
            self.sign(f"root-{number}.json", f"root-{number}.otr", names[1], names[2])
            names = names[1:] + [new]
        chain = [f"root-{number}.otr" for number in range(1, 12)]
        told = json.loads(self.succeed("keys", "root", "verify", *chain, "--json"))
        self.assertEqual({"first": 1, "last": 11, "epoch": 1}, told)
        self.refuse("root-6.otr: version 6 does not follow version 4", "keys", "root", "verify",
                    *chain[:4], *chain[5:])
        self.refuse("does not follow", "keys", "root", "verify", *reversed(chain))

    def test_who_has_yet_to_sign_is_named(self):
        self.begin()
        self.next(2, "--raise-epoch")
        self.sign("root-2.json", "root-2.otr", "b")
        verify = ("keys", "root", "verify", "root-1.otr", "root-2.otr")
        self.refuse("signed by 1 of the 2 root keys that version 1 needs", *verify)
        self.refuse(f"{self.id('a')}, {self.id('c')}", *verify)
        self.sign("root-2.otr", "root-2.otr", "c")
        self.assertIn("to version 2, epoch 2", self.succeed(*verify))

    def test_new_keys_sign_too(self):
        self.begin()
        self.make_keys("d", "e")
        self.next(2, "--remove-root", self.id("a"), "--remove-root", self.id("b"), "--add-root",
                  "d.pem.pub", "--add-root", "e.pem.pub")
        self.sign("root-2.json", "root-2.otr", "a", "b")
        verify = ("keys", "root", "verify", "root-1.otr", "root-2.otr")
        self.refuse("that version 2 needs", *verify)
        self.sign("root-2.otr", "root-2.otr", "d", "e")
        self.succeed(*verify)

    def test_signatures_made_apart_are_merged(self):
        self.init()
        self.sign("root-1.json", "mine.otr", "a")
        self.sign("root-1.json", "theirs.otr", "c")
        self.succeed("keys", "root", "sign", "mine.otr", "--merge", "theirs.otr", "-o", "both.otr")
        self.succeed("keys", "root", "verify", "both.otr")

    def test_a_stolen_release_key_is_revoked(self):
        self.begin()
        self.make_keys("r2")
        self.next(2, "--revoke-release", "r.pem.pub", "--add-release", "r2.pem.pub",
                  "--raise-epoch")
        self.sign("root-2.json", "root-2.otr", "a", "c")
        self.succeed("keys", "root", "verify", "root-1.otr", "root-2.otr")
        shown = self.shown("root-2.otr")
        self.assertEqual([self.id("r")], shown["revoked"])
        self.assertEqual([self.id("r2")], [key["keyid"] for key in shown["release"]["keys"]])
        self.assertEqual(2, shown["epoch"])
        self.refuse("a key that is revoked can't be listed", "keys", "root", "next", "--from",
                    "root-2.otr", "--add-release", "r.pem.pub", "-o", "root-3.json")

    @unittest.skipUnless(shutil.which("openssl"), "the program openssl is absent")
    def test_a_vault_signs_the_digest(self):
        self.init()
        body = (self.folder / "root-1.json").read_bytes()
        kind = b"application/vnd.otter.root.v1+json"
        digest = hashlib.sha256(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body))
        told = self.succeed("keys", "root", "sign", "root-1.json", "--digest").strip()
        self.assertEqual(digest.hexdigest(), told)
        (self.folder / "digest").write_bytes(digest.digest())
        subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", "a.pem", "-in", "digest", "-out",
                        "a.sig"], cwd=self.folder, check=True, timeout=60)
        self.succeed("keys", "root", "sign", "root-1.json", "--signature", "a.sig", "--public",
                     "a.pem.pub", "-o", "root-1.otr")
        self.sign("root-1.otr", "root-1.otr", "b")
        self.succeed("keys", "root", "verify", "root-1.otr")

    def test_a_changed_byte_is_found(self):
        self.begin()
        data = bytearray((self.folder / "root-1.otr").read_bytes())
        at = data.index(b'"epoch":1') + 8
        data[at] = ord("2")
        (self.folder / "bad.otr").write_bytes(data)
        self.refuse("signed by 0 of the 2", "keys", "root", "verify", "bad.otr")

    def test_what_no_device_would_take_is_not_made(self):
        self.make_keys("a", "r")
        common = ("keys", "root", "init", "-o", "x.json", "--root-key", "a.pem.pub")
        self.refuse("threshold", *common, "--threshold", 2, "--release-key", "r.pem.pub")
        self.refuse("listed once", *common, "--threshold", 1, "--release-key", "a.pem.pub")
        self.refuse("is each product and channel an id", *common, "--threshold", 1,
                    "--release-key", "r.pem.pub:product=")
        self.refuse("neither product=NAME nor channel=NAME", *common, "--threshold", 1,
                    "--release-key", "r.pem.pub:product=lamp,chanel=beta")
        self.refuse("No such file", *common, "--threshold", 1, "--release-key", "none.pem")
        self.assertFalse((self.folder / "x.json").exists())

    def test_wrong_input_is_named(self):
        self.begin()
        (self.folder / "x.otr").write_text("hello")
        self.refuse("x.otr: neither an envelope frame", "keys", "root", "show", "x.otr")
        self.refuse("none.otr", "keys", "root", "show", "none.otr")
        self.refuse("root-1.json is there already", "keys", "root", "next", "--from", "root-1.otr",
                    "-o", "root-1.json")
        self.refuse("lists no release key", "keys", "root", "next", "--from", "root-1.otr",
                    "--revoke-release", self.id("a"), "-o", "x.json")
        self.refuse("has signed this already", "keys", "root", "sign", "root-1.otr", "--key",
                    "a.pem", "-o", "x.otr")
        self.refuse("root-1.otr is there already with another signature; add --merge root-1.otr",
                    "keys", "root", "sign", "root-1.json", "--key", "c.pem", "-o", "root-1.otr")
        self.next(2)
        self.refuse("root-1.otr is there already with another body", "keys", "root", "sign",
                    "root-2.json", "--key", "c.pem", "-o", "root-1.otr")
        self.refuse("root-1.otr: its signatures are over another body than root-2.json", "keys",
                    "root", "sign", "root-2.json", "--merge", "root-1.otr", "-o", "x.otr")
        self.refuse("nothing to sign with", "keys", "root", "sign", "root-1.otr", "-o", "x.otr")
        self.refuse("-o is missing", "keys", "root", "sign", "root-1.otr", "--key", "c.pem")
        self.assertEqual(2, self.run_otter("keys", "root").returncode)

    def test_a_key_that_is_not_listed_is_told_when_it_signs(self):
        self.begin()
        told = self.sign("root-1.otr", "x.otr", "r")
        self.assertIn(f"note: {self.id('r')} is no root key of version 1", told)
        self.assertNotIn(self.id("a") + " is no", told)

    def test_thresholds_begin_at_one(self):
        self.begin()
        done = self.run_otter("keys", "root", "next", "--from", "root-1.otr", "--threshold", 0,
                              "-o", "x.json")
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        self.assertIn("--threshold", done.stderr)

    def test_help_has_examples(self):
        for verb in ("init", "next", "sign", "verify"):
            self.assertIn("Example", self.succeed("keys", "root", verb, "--help"))


class Trust(Keys):
    def test_a_payload_is_made_signed_and_verified(self):
        self.begin()
        self.succeed("certs", "make", "--folder", "certs", "--name", "localhost")
        told = self.succeed("keys", "trust", "make", "--anchor", "certs/ca.crt", "--pin-of",
                            "certs/server.crt", "--version", 2, "-o", "trust-2.json")
        self.assertIn("pin a backup", told)
        self.succeed("keys", "trust", "sign", "trust-2.json", "--key", "a.pem", "-o", "trust-2.otr")
        verify = ("keys", "trust", "verify", "trust-2.otr", "--root", "root-1.otr")
        self.refuse("signed by 1 of the 2", *verify)
        self.succeed("keys", "trust", "sign", "trust-2.otr", "--key", "c.pem", "-o", "trust-2.otr")
        self.assertEqual({"version": 2, "root_version": 1},
                         json.loads(self.succeed(*verify, "--json")))
        shown = json.loads(self.succeed("keys", "trust", "show", "trust-2.otr", "--json"))
        self.assertEqual([1, 1, 2],
                         [len(shown[key]) for key in ("anchors", "pins", "signatures")])

    def test_wrong_input_is_named(self):
        self.begin()
        self.succeed("certs", "make", "--folder", "certs", "--name", "localhost")
        common = ("keys", "trust", "make", "-o", "t.json", "--version", 1, "--anchor")
        self.refuse("no authority's certificate", *common, "certs/server.crt")
        self.refuse("certs/ca.key", *common, "certs/ca.key")
        self.refuse("not a trust payload", "keys", "trust", "show", "root-1.otr")
        self.assertFalse((self.folder / "t.json").exists())


class DeviceKey(Keys):
    def test_is_that_of_the_page(self):
        """docs/spec/device-keys.md"""
        (self.folder / "master").write_bytes(bytes(range(32)))
        told = json.loads(self.succeed("keys", "device-key", "--master", "master", "--id", "d1",
                                       "--epoch", 1, "--json"))
        self.assertEqual("58f69bf043e07bfa00f01d707c5e8a861d886b35f55b5a1e04ef4ec32c53c34e",
                         told["device_key"])
        self.assertEqual("d1.f2a402b81fe49dd4422980178cef2c07d86d97a77d9dba33371a9590da590805",
                         told["api_key"])
        self.assertIn("secrets of device d1", self.succeed(
            "keys", "device-key", "--master", "master", "--id", "d1"))

    def test_differs_from_epoch_to_epoch(self):
        """docs/spec/vectors/device-keys.json has two epochs of one master secret."""
        vectors = REPOSITORY / "docs/spec/vectors/device-keys.json"
        checked = [one for one in json.loads(vectors.read_text()) if one["device"] == "d1"]
        self.assertEqual([1, 2], [one["epoch"] for one in checked])
        for vector in checked:
            (self.folder / "master").write_bytes(bytes.fromhex(vector["master"]))
            told = json.loads(self.succeed("keys", "device-key", "--master", "master", "--id",
                                           "d1", "--epoch", vector["epoch"], "--json"))
            self.assertEqual((vector["device_key"], "d1." + vector["api_key"]),
                             (told["device_key"], told["api_key"]))

    def test_wrong_input_is_named(self):
        (self.folder / "master").write_bytes(bytes(31))
        self.refuse("32 bytes", "keys", "device-key", "--master", "master", "--id", "d1")
        (self.folder / "master").write_bytes(bytes(32))
        self.refuse("no device id", "keys", "device-key", "--master", "master", "--id", "a/b")
        self.refuse("begins at 1", "keys", "device-key", "--master", "master", "--id", "d1",
                    "--epoch", 0)


if __name__ == "__main__":
    unittest.main()
