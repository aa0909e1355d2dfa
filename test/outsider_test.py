#!/usr/bin/env python3
"""The server as programs meet it that nobody wrote for it: curl, OpenSSL's s_client, and the load
generators wrk and h2load under TLS. One that is not installed is skipped, and named."""
import hashlib
import os
import re
import shutil
import subprocess
import unittest
from unittest import mock

from old_server import OldServer, openssl
from world import DEADLINE, WorldTest

CONNECTIONS = 8
VERSIONS = ("TLSv1.2", "-tls1_2"), ("TLSv1.3", "-tls1_3")


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed")


class OutsiderTest(WorldTest):
    """With one release, and nothing that slows a single key down."""

    def setUp(self):
        with mock.patch.dict(os.environ, {"OTTER_LIMITS_REQUESTS_PER_KEY_PER_S": "0"}):
            super().setUp()
        self.image = self.publish("1.0.1").read_bytes()
        self.key_header = f"X-API-Key: {self.key}"
        self.firmware = f"{self.url}/firmware/1.0.1.bin"

    def tool(self, *command, status=0):
        done = subprocess.run([*map(str, command)], cwd=self.folder, capture_output=True,
                              timeout=DEADLINE, check=False)
        told = (done.stdout + done.stderr).decode(errors="replace")
        self.assertEqual(done.returncode, status, f"{command}\n{told}")
        return done.stdout


@needs("curl")
class Curl(OutsiderTest):
    def curl(self, *more, status=0):
        return self.tool("curl", "-sS", "--cacert", "otter-data/certs/ca.crt", "-H",
                         self.key_header, *more, status=status)

    def head(self, *more):
        """(status, fields) of an answer whose body does not matter."""
        first, *lines = self.curl("-o", "body", "-D", "-", *more).decode().splitlines()
        fields = dict(line.split(": ", 1) for line in lines if line)
        return int(first.split()[1]), {name.lower(): value for name, value in fields.items()}

    def body(self):
        return (self.folder / "body").read_bytes()

    def test_a_range(self):
        status, fields = self.head("-r", "1000-2999", self.firmware)
        self.assertEqual((status, self.body()), (206, self.image[1000:3000]))
        self.assertEqual(fields["content-range"], f"bytes 1000-2999/{len(self.image)}")

    def test_a_download_goes_on_where_it_was_cut_off(self):
        (self.folder / "body").write_bytes(self.image[:70_000])
        self.curl("-C", "-", "-o", "body", self.firmware)
        self.assertEqual(self.body(), self.image)

    def test_head(self):
        told = self.curl("-I", self.firmware).decode()
        self.assertTrue(told.startswith("HTTP/1.1 200"), told)
        self.assertIn(f"\r\nContent-Length: {len(self.image)}\r\n", told)
        self.assertTrue(told.endswith("\r\n\r\n"), told)

    def test_what_curl_has_is_not_sent_again(self):
        self.curl("--etag-save", "etag", "-o", "body", self.firmware)
        status, fields = self.head("--etag-compare", "etag", self.firmware)
        self.assertEqual(status, 304)
        self.assertEqual(fields["etag"], f'"{hashlib.sha256(self.image).hexdigest()}"')
        (self.folder / "etag").write_text('"of another image"\n')
        self.assertEqual(self.head("--etag-compare", "etag", self.firmware)[0], 200)

    def test_http_1_0(self):
        self.assertEqual(self.head("--http1.0", self.firmware)[0], 200)
        self.assertEqual(self.body(), self.image)

    def test_what_speaks_http_2_as_well_is_served(self):
        told = self.curl("--http2", "-o", "body", "-w", "%{http_version} %{http_code}",
                         self.firmware)
        self.assertEqual((told, self.body()), (b"1.1 200", self.image))

    def test_one_connection_does_for_many_requests(self):
        told = self.curl("-o", "1", "-o", "2", "-o", "3", "-w", "%{http_code}:%{num_connects} ",
                         *3 * [self.firmware])
        self.assertEqual(told, b"200:1 200:0 200:0 ")

    def test_an_upload_that_waits_for_leave(self):
        image = self.make_image("1.0.2", size="1500K")  # from 1 MiB on curl sends Expect
        digest = hashlib.sha256(image.read_bytes()).hexdigest()
        told = self.tool("curl", "-sSv", "--cacert", "otter-data/certs/ca.crt", "-T", image, "-H",
                         f"Authorization: Bearer {self.token}", "--stderr", "-",
                         f"{self.url}/api/v1/blobs/{digest}").decode()
        self.assertRegex(told, r"< HTTP/1\.1 100 [^$]*< HTTP/1\.1 201 ")

    def test_tls_1_1_is_refused(self):
        old = ("--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", "-o", "body")
        willing = OldServer(self.folder)
        self.addCleanup(willing.stop)
        self.curl(*old, f"https://localhost:{willing.port}/")  # this curl can speak it
        self.curl(*old, self.firmware, status=35)  # no handshake
        self.assertIn(b"alert protocol version",
                      openssl("s_client", "-connect", f"localhost:{self.port}", "-tls1_1",
                              "-cipher", "ALL@SECLEVEL=0").stderr)


class SClient(OutsiderTest):
    def command(self, *more, port=None):
        return ["openssl", "s_client", "-connect", f"localhost:{port or self.port}", "-servername",
                "localhost", "-CAfile", "otter-data/certs/ca.crt", "-verify_return_error",
                *map(str, more)]

    def s_client(self, *more):
        """What it says of one request."""
        done = subprocess.run(self.command("-ign_eof", *more), cwd=self.folder,
                              input=b"GET / HTTP/1.0\r\n\r\n", capture_output=True,
                              timeout=DEADLINE, check=False)
        told = (done.stdout + done.stderr).decode(errors="replace")
        self.assertIn("HTTP/1.1 200 OK", told)
        return told

    def test_a_handshake(self):
        for version, option in VERSIONS:
            told = self.s_client(option)
            self.assertIn(f"New, {version}, Cipher is ", told)
            self.assertIn("Verify return code: 0 (ok)", told)

    def test_nothing_is_compressed(self):
        for _, option in VERSIONS:
            self.assertIn("Compression: NONE", self.s_client(option, "-comp"))

    def test_a_ticket_resumes_a_session_until_a_restart(self):
        for version, option in VERSIONS:
            self.s_client(option, "-sess_out", version)
            self.assertIn(f"Reused, {version}", self.s_client(option, "-sess_in", version))
        self.stop_server()
        self.start_server()
        for version, option in VERSIONS:
            self.assertIn(f"New, {version}", self.s_client(option, "-sess_in", version))

    def largest_record(self, *more):
        """[bytes] of what is encrypted, of a download."""
        asked = f"GET /firmware/1.0.1.bin HTTP/1.0\r\n{self.key_header}\r\n\r\n"
        told = subprocess.run(self.command("-ign_eof", "-msg", *more), cwd=self.folder,
                              input=asked.encode(), capture_output=True, timeout=DEADLINE,
                              check=False).stdout
        self.assertIn(self.image[-16:], told)
        heads = re.findall(rb"<<< [^\n]*RecordHeader[^\n]*\n +17 03 03 (..) (..)", told)
        return max(int(high + low, 16) for high, low in heads)

    def test_who_has_little_memory_gets_small_records(self):
        for _, option in VERSIONS:
            self.assertGreater(self.largest_record(option), 16384)
            for size in 512, 4096:
                largest = self.largest_record(option, "-maxfraglen", size)
                self.assertTrue(size < largest <= size + 256, (option, size, largest))

    def renegotiate(self, port):
        """What s_client says when it asks for a second handshake on its connection."""
        asking = subprocess.Popen(self.command("-tls1_2", "-msg", port=port), cwd=self.folder,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        self.addCleanup(asking.kill)
        told = b""
        for line in asking.stdout:
            told += line
            if b"Extended master secret" in line:  # the last one on the first handshake
                break
        told, _ = asking.communicate(b"R\n", timeout=DEADLINE)
        return told

    def test_threat_tls_renegotiation(self):
        told = self.renegotiate(self.port)
        self.assertIn(b"Alert [length 0002], warning no_renegotiation", told)
        self.assertNotIn(b"ServerHello", told)
        old = OldServer(self.folder, "-client_renegotiation")
        self.addCleanup(old.stop)
        self.assertIn(b"ServerHello", self.renegotiate(old.port))


class Load(OutsiderTest):
    """Many requests over many connections: each is answered, and well."""

    def wrk(self, target, *more):
        told = self.tool("wrk", "-t1", f"-c{CONNECTIONS}", "-d1s", "-H", self.key_header, *more,
                         self.url + target).decode()
        self.assertNotIn("Socket errors", told)
        self.assertNotIn("Non-2xx", told)
        self.assertGreater(int(re.search(r"(\d+) requests in", told).group(1)), 0, told)

    def h2load(self, target, count):
        told = self.tool("h2load", "--h1", f"-n{count}", f"-c{CONNECTIONS}", "-H",
                         self.key_header, self.url + target).decode()
        self.assertIn(f"{count} done, {count} succeeded, 0 failed, 0 errored, 0 timeout", told)
        self.assertIn(f"status codes: {count} 2xx, 0 3xx, 0 4xx, 0 5xx", told)
        return told

    @needs("wrk")
    def test_wrk(self):
        self.wrk("/firmware/manifest")
        self.wrk("/firmware/1.0.1.bin", "-H", "Range: bytes=4096-8191")
        self.wrk("/")

    @needs("wrk")
    def test_wrk_would_say_what_is_not_answered_well(self):
        with self.assertRaisesRegex(AssertionError, "Non-2xx"):
            self.wrk("/firmware/9.9.9.bin")

    @needs("h2load")
    def test_h2load(self):
        self.h2load("/firmware/manifest", 400)
        told = self.h2load("/firmware/1.0.1.bin", 80)
        self.assertIn(f"({80 * len(self.image)}) data", told)


if __name__ == "__main__":
    unittest.main()
