#!/usr/bin/env python3
"""What a running `otter serve` offers in TLS, asked for as a scanner does: each protocol version
and each cipher suite that OpenSSL can name, one handshake each. Only TLS 1.2 and 1.3 with ephemeral
keys and AEAD may be accepted. Then: a certificate that changes while the server runs."""
import os
import shutil
import signal
import ssl
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from old_server import EVERYTHING, OldServer, openssl  # noqa: E402
from program import ENVIRONMENT, OTTER, ProgramTest  # noqa: E402

# Each with the options that let this client speak it at all.
VERSIONS = {"SSLv3": "-ssl3", "TLSv1": "-tls1", "TLSv1.1": "-tls1_1", "TLSv1.2": "-tls1_2",
            "TLSv1.3": "-tls1_3"}
GOOD_VERSIONS = {"TLSv1.2", "TLSv1.3"}
AEAD = ("GCM", "CHACHA20", "CCM")


def suites_of(version):
    """The cipher suites that this machine's OpenSSL can offer in a version."""
    told = openssl("ciphers", "-s", VERSIONS[version], EVERYTHING).stdout.decode().strip()
    return told.split(":") if told else []


def can_speak(version):
    """False if this machine's OpenSSL is built without it."""
    return b"nknown option" not in openssl("s_client", VERSIONS[version], "-help").stderr


def accepted(port, version, suite=None):
    """The cipher suite that a server on loopback agrees to; None if it refuses."""
    chosen = ["-cipher", EVERYTHING]
    if suite is not None:
        chosen = (["-ciphersuites", suite] if version == "TLSv1.3"
                  else ["-cipher", f"{suite}:@SECLEVEL=0"])
    told = openssl("s_client", "-connect", f"127.0.0.1:{port}", VERSIONS[version], *chosen).stdout
    for line in told.decode(errors="replace").split("\n"):
        if line.startswith("New, ") and "(NONE)" not in line:
            return line.rsplit(" ", 1)[1]
    return None


def is_good(version, suite):
    if version not in GOOD_VERSIONS or not any(word in suite for word in AEAD):
        return False
    return version == "TLSv1.3" or suite.startswith(("ECDHE-", "DHE-"))


def enumerate_suites(port):
    """(version, suite) of all that a server accepts."""
    return [(version, suite) for version in VERSIONS if can_speak(version)
            for suite in suites_of(version) if accepted(port, version, suite)]


class Server:
    """`otter serve` on a free port, until stop()."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [OTTER, "serve", "--listen", "127.0.0.1:0"], cwd=folder, text=True,
            env=ENVIRONMENT, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def read_until(self, word):
        for line in self.process.stdout:
            if word in line:
                return line
        raise AssertionError(f"the log ended without {word!r}")

    def certificate(self):
        return ssl.get_server_certificate(("127.0.0.1", self.port))

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=20)


class TlsCase(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run([OTTER, "init"], cwd=cls.folder, env=ENVIRONMENT, check=True,
                       capture_output=True, timeout=60)

    def serve(self):
        server = Server(self.folder)
        self.addCleanup(server.stop)
        return server

    def renew(self):
        self.succeed("certs", "renew", "--folder", "otter-data/certs")


class Suites(TlsCase):
    def test_only_what_is_good_is_accepted(self):
        found = enumerate_suites(self.serve().port)
        self.assertEqual([pair for pair in found if not is_good(*pair)], [])
        self.assertEqual({version for version, _ in found}, GOOD_VERSIONS)
        self.assertIn(("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"), found)
        self.assertIn(("TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"), found)

    def test_old_versions_are_refused_whatever_is_offered(self):
        port = self.serve().port
        for version in set(VERSIONS) - GOOD_VERSIONS:
            self.assertIsNone(accepted(port, version), version)

    def test_the_scan_finds_fault_with_an_old_server(self):
        server = OldServer(self.folder, "-legacy_renegotiation")
        self.addCleanup(server.stop)
        found = enumerate_suites(server.port)
        bad = [pair for pair in found if not is_good(*pair)]
        self.assertIn("TLSv1.2", {version for version, _ in bad}, found)
        self.assertIn("TLSv1.1", {version for version, _ in bad}, found)


class Reload(TlsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certs = cls.folder / "otter-data" / "certs"

    def test_sighup_shows_the_new_certificate(self):
        server = self.serve()
        before = server.certificate()
        self.renew()
        server.process.send_signal(signal.SIGHUP)
        server.read_until("Certificate loaded")
        self.assertNotEqual(server.certificate(), before)
        self.assertEqual(server.certificate().strip(),
                         (self.certs / "server.crt").read_text().strip())

    def test_a_changed_file_is_noticed(self):
        server = self.serve()
        before = server.certificate()
        self.renew()
        server.read_until("Certificate loaded")
        self.assertNotEqual(server.certificate(), before)

    def test_a_bad_certificate_leaves_the_old_one(self):
        server = self.serve()
        before = server.certificate()
        shown = self.certs / "server.crt"
        self.addCleanup(shown.write_bytes, shown.read_bytes())
        shutil.copy(self.certs / "ca.crt", shown)
        server.process.send_signal(signal.SIGHUP)
        self.assertIn("does not belong", server.read_until("the old one stays"))
        self.assertEqual(server.certificate(), before)


if __name__ == "__main__":
    unittest.main()
