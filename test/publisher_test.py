#!/usr/bin/env python3
"""The publisher's verbs from outside: exit code, standard output and standard error.

`otter image`, `keys` and `sign` on files alone; `otter publish` against a server on loopback.
OTTER names the program.
"""
import base64
import gzip
import hashlib
import json
import shutil
import socket
import stat
import subprocess
import time
import unittest

from program import ENVIRONMENT, OTTER, ProgramTest

SERVER_START_S = 30


class InFolder(ProgramTest):
    def make(self, name, version="1.0.1", chip="esp32c3", size="64K"):
        self.succeed("image", "make", "--chip", chip, "--project", "lamp", "--version", version,
                     "--size", size, "-o", name)
        return (self.folder / name).read_bytes()

    def write(self, name, data):
        (self.folder / name).write_bytes(data)
        return name


class Images(InFolder):
    def test_info_tells_what_make_was_told(self):
        data = self.make("a.bin", chip="esp32s3", size="300K")
        report = json.loads(self.succeed("image", "info", "a.bin", "--json"))
        self.assertEqual("esp32s3", report["chip"])
        self.assertEqual(300 * 1024, report["size"])
        self.assertEqual(hashlib.sha256(data).hexdigest(), report["sha256"])
        self.assertEqual({"product": "lamp", "version": "1.0.1", "behaviour": "healthy"},
                         report["marker"])
        self.assertTrue(report["publishable"])

    def test_make_gives_the_same_bytes_again(self):
        self.assertEqual(self.make("b.bin"), self.make("c.bin"))

    def test_make_refuses_what_no_chip_takes(self):
        common = ("image", "make", "--project", "lamp", "--version", "1.0", "-o", "x.bin")
        self.refuse("no chip 'esp8266'", *common, "--chip", "esp8266")
        self.refuse("multiple of 16", *common, "--chip", "esp32", "--size", "5001")
        self.refuse("no behaviour", *common, "--chip", "esp32", "--behaviour", "explode")
        self.assertFalse((self.folder / "x.bin").exists())

    def test_wrong_usage_ends_with_2(self):
        for arguments in (("image",), ("image", "info"), ("image", "make"), ("sign",), ("keys",)):
            done = self.run_otter(*arguments)
            self.assertEqual((2, ""), (done.returncode, done.stdout), arguments)


class BadFiles(InFolder):
    """Publishing refuses each with reason and offset, and needs no server for it."""

    def check(self, reason, offset, data):
        name = self.write("bad.bin", data)
        self.refuse(f"{reason}", "publish", name)
        self.refuse(f"at offset {offset} ", "publish", name)
        self.assertIn("bad.bin: ", self.run_otter("publish", name).stderr)

    def test_files_that_are_no_application_image(self):
        image = self.make("good.bin")
        self.check("the file is empty", 0, b"")
        self.check("not an ESP image", 0, bytes(1000))
        self.check("ELF file", 0, b"\x7fELF\x01\x01\x01")
        self.check("gzip", 0, gzip.compress(image))
        self.check("text file", 0, b"<html>404</html>")

    def test_a_cut_image(self):
        image = self.make("good.bin")
        self.check("ends too early", len(image) - 32, image[:-1])

    def test_a_flipped_byte(self):
        image = bytearray(self.make("good.bin"))
        image[20000] ^= 1
        self.check("checksum", len(image) - 33, image)

    def test_a_flipped_byte_in_the_header(self):
        image = bytearray(self.make("good.bin"))
        image[4] ^= 1
        self.check("SHA-256", len(image) - 32, image)

    def test_an_image_without_hash(self):
        image = bytearray(self.make("good.bin"))
        image[23] = 0
        self.check("no SHA-256 of its own", 23, image[:-32])

    def test_trailing_bytes(self):
        image = self.make("good.bin")
        self.check("1 bytes follow", len(image), image + b"x")

    def test_seventeen_segments(self):
        image = bytearray(self.make("good.bin"))
        image[1] = 17
        self.check("17 segments", 1, image)

    def test_a_merged_binary(self):
        image = self.make("good.bin")
        table = b"\xaa\x50" + bytes(30) + b"\xff" * 32
        bootloader = bytearray(self.make("boot.bin", size="4K"))
        bootloader[32:36] = bytes((80, 0, 0, 0))
        merged = bytes(bootloader).ljust(0x8000, b"\xff") + table
        self.check("merged", 0x8000, merged.ljust(0x10000, b"\xff") + image)

    def test_a_file_that_is_not_there(self):
        self.refuse("No such file", "publish", "nowhere.bin")
        self.refuse("it is a folder", "publish", ".")


class Signing(InFolder):
    def prepare(self):
        self.make("fw.bin")
        if not (self.folder / "k.pem").exists():
            self.succeed("keys", "make", "k.pem")
        self.succeed("publish", "fw.bin", "--sequence", "5", "--out-manifest", "m.json")

    def test_keys_are_private_and_never_overwritten(self):
        self.succeed("keys", "make", "once.pem")
        mode = stat.S_IMODE((self.folder / "once.pem").stat().st_mode)
        self.assertEqual(0o600, mode)
        self.refuse("never overwritten", "keys", "make", "once.pem")

    def test_a_key_has_the_id_of_its_point(self):
        self.succeed("keys", "make", "id.pem")
        shown = json.loads(self.succeed("keys", "show", "id.pem.pub", "--json"))
        digest = hashlib.sha256(bytes.fromhex(shown["point"])).hexdigest()
        self.assertEqual(digest[:16], shown["keyid"])

    def test_the_manifest_is_the_envelopes_payload(self):
        self.prepare()
        self.succeed("sign", "m.json", "--key", "k.pem", "-o", "e.json")
        envelope = json.loads((self.folder / "e.json").read_text())
        manifest = (self.folder / "m.json").read_bytes()
        self.assertEqual(manifest, base64.b64decode(envelope["payload"]))
        self.assertEqual(64, len(base64.b64decode(envelope["signatures"][0]["sig"])))
        self.assertEqual(5, json.loads(manifest)["sequence"])

    def test_the_digest_is_of_the_pre_authentication_encoding(self):
        self.prepare()
        manifest = (self.folder / "m.json").read_bytes()
        kind = b"application/vnd.otter.manifest.v1+json"
        encoded = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(manifest), manifest)
        self.assertEqual(hashlib.sha256(encoded).hexdigest() + "\n",
                         self.succeed("sign", "m.json", "--digest"))

    @unittest.skipUnless(shutil.which("openssl"), "the program openssl is absent")
    def test_a_signature_made_by_openssl_is_taken(self):
        self.prepare()
        digest = bytes.fromhex(self.succeed("sign", "m.json", "--digest").strip())
        self.write("digest", digest)
        subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", "k.pem", "-in", "digest", "-out",
                        "sig.der"], cwd=self.folder, check=True, timeout=60)
        self.succeed("sign", "m.json", "--signature", "sig.der", "--public", "k.pem.pub", "-o",
                     "detached.json")

    def test_what_can_not_be_signed_or_with(self):
        self.prepare()
        self.refuse("no release manifest", "sign", self.write("x.json", b"{}"), "--key", "k.pem",
                    "-o", "e.json")
        self.refuse("is a public key", "sign", "m.json", "--key", "k.pem.pub", "-o", "e.json")
        self.refuse("No such file", "sign", "m.json", "--key", "none.pem", "-o", "e.json")
        self.refuse("-o is missing", "sign", "m.json", "--key", "k.pem")
        self.refuse("neither 64 bytes", "sign", "m.json", "--signature",
                    self.write("bad.sig", b"123"), "--public", "k.pem.pub", "-o", "e.json")
        self.refuse("needs --public", "sign", "m.json", "--signature", "bad.sig", "-o", "e.json")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Publishing(InFolder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        port = free_port()
        subprocess.run([OTTER, "init", "--listen", f"127.0.0.1:{port}"], cwd=cls.folder,
                       env=ENVIRONMENT, check=True, capture_output=True, timeout=60)
        settings = cls.folder / "otter.toml"
        settings.write_text(settings.read_text().replace(":8443", f":{port}"))
        with open(cls.folder / "serve.log", "wb") as log:
            cls.server = subprocess.Popen([OTTER, "serve"], cwd=cls.folder, env=ENVIRONMENT,
                                          stdout=log, stderr=log)
        cls.addClassCleanup(cls.stop)
        cls.wait_for(port)

    @classmethod
    def stop(cls):
        cls.server.terminate()
        cls.server.wait(timeout=30)

    @classmethod
    def wait_for(cls, port):
        deadline = time.monotonic() + SERVER_START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
            try:
                cls.server.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError((cls.folder / "serve.log").read_text())

    def product(self, name, *options):
        self.succeed("product", "add", name, *options)

    def releases(self, name):
        listed = json.loads(self.succeed("release", "list", "--json"))
        return [row for row in listed["releases"] if row["product"] == name]

    def make_for(self, product, name, version, chip="esp32c3", size="64K"):
        self.succeed("image", "make", "--chip", chip, "--project", product, "--version", version,
                     "--size", size, "-o", name)
        return (self.folder / name).read_bytes()

    def test_a_release_is_what_the_image_says(self):
        self.product("one")
        data = self.make_for("one", "one.bin", "1.0.0", size="300K")
        done = json.loads(self.succeed("publish", "one.bin", "--notes", "first", "--json"))
        self.assertEqual(("one", "stable", "1.0.0", 1, "esp32c3", len(data), True),
                         tuple(done[key] for key in ("product", "channel", "version", "sequence",
                                                     "chip", "size", "uploaded")))
        self.assertEqual(hashlib.sha256(data).hexdigest(), done["sha256"])
        self.assertEqual(done["sha256"], self.releases("one")[0]["sha256"])

    def test_a_dry_run_changes_nothing(self):
        self.product("dry")
        self.make_for("dry", "dry.bin", "1.0.0")
        self.assertIn("would publish dry 1.0.0", self.succeed("publish", "dry.bin", "--dry-run"))
        self.assertEqual([], self.releases("dry"))

    def test_what_does_not_fit_is_refused_before_the_upload(self):
        self.product("small", "--chip", "esp32c3", "--slot-bytes", 128 * 1024)
        self.make_for("small", "big.bin", "1.0.0", size="256K")
        self.make_for("small", "wrong.bin", "1.0.0", chip="esp32")
        self.make_for("none", "none.bin", "1.0.0")
        self.refuse("needs a slot of 262144 bytes", "publish", "big.bin")
        self.refuse("product 'small' is for esp32c3", "publish", "wrong.bin")
        self.refuse("no product 'none'", "publish", "none.bin")
        blobs = {path.name for path in (self.folder / "otter-data" / "blobs").rglob("*")}
        for name in ("big.bin", "wrong.bin", "none.bin"):
            digest = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
            self.assertNotIn(digest, blobs)

    def test_a_version_and_a_sequence_are_used_once(self):
        self.product("twice")
        self.make_for("twice", "twice.bin", "1.0.0")
        self.succeed("publish", "twice.bin")
        self.refuse("released already", "publish", "twice.bin")
        self.make_for("twice", "next.bin", "1.0.1")
        self.refuse("sequence 1 is used", "publish", "next.bin", "--sequence", "1")

    def test_the_marker_is_not_contradicted(self):
        self.product("true")
        self.make_for("true", "true.bin", "1.0.0")
        self.refuse("says that it is version '1.0.0'", "publish", "true.bin", "--version", "2.0")
        self.assertEqual([], self.releases("true"))

    def test_a_key_must_be_registered(self):
        self.product("keyed")
        self.make_for("keyed", "keyed.bin", "1.0.0")
        self.succeed("keys", "make", "new.pem")
        self.refuse("register it", "publish", "keyed.bin", "--key", "new.pem")
        registered = self.succeed("keys", "register", "new.pem.pub").split()[-1]
        self.assertIn(registered, self.succeed("keys", "list").split())
        self.succeed("publish", "keyed.bin", "--key", "new.pem")

    def test_an_envelope_signed_elsewhere_is_published(self):
        self.product("vault")
        self.make_for("vault", "vault.bin", "1.0.0")
        self.succeed("publish", "vault.bin", "--out-manifest", "vault.json")
        self.succeed("sign", "vault.json", "-o", "vault.env")
        self.assertIn("published vault 1.0.0", self.succeed("publish", "vault.bin", "--envelope",
                                                            "vault.env"))
        self.make_for("vault", "other.bin", "1.0.1")
        self.refuse("of another image", "publish", "other.bin", "--envelope", "vault.env")

    def test_a_server_that_is_not_there_is_named(self):
        self.make_for("one", "lost.bin", "1.0.0")
        text = (self.folder / "otter.toml").read_text()
        port = free_port()
        lines = [f'server = "https://localhost:{port}"' if line.startswith("server = ") else line
                 for line in text.splitlines()]
        (self.folder / "lost.toml").write_text("\n".join(lines) + "\n")
        self.refuse(f"https://localhost:{port}", "publish", "lost.bin", "--config", "lost.toml")


if __name__ == "__main__":
    unittest.main()
