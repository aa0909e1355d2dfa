#!/usr/bin/env python3
"""Every setting: printed by `otter serve --check` as it can be read again, from the file and from
the environment. Those that reach TLS and the log: seen from outside, at a running server."""
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import unittest
from http.client import HTTPSConnection
from unittest import mock

from program import ENVIRONMENT, OTTER, ProgramTest
from world import DEADLINE, WorldTest

# Another value for each than it has at first. Numbers are one more than at first.
OTHER = {
    "server.listen": '"[::1]:0"',
    "server.data": '"/srv/a \\"b\\\\c"',
    "server.public_url": '"https://otter.example:9443"',
    "server.certificate": '"/etc/otter/fullchain.pem"',
    "server.key": '"/etc/otter/privkey.pem"',
    "server.client_ca": '"/etc/otter/devices.crt"',
    "server.tls_record_bytes": "4096",
    "server.mirrors": '["https://a.example", "http://b.example:8080"]',
    "server.patches": '"off"',
    "server.log": '"json"',
    "server.access_log": '"on"',
    "server.metrics": '"loopback"',
    "server.metrics_token_file": '"/etc/otter/metrics.token"',
    "openid.issuer": '"https://login.example/realms/staff"',
    "openid.scopes": '["openid", "groups"]',
    "openid.name": '"Staff of all sorts"',
    "openid.client_id": '"otter"',
    "openid.client_secret_file": '"/etc/otter/openid.secret"',
    "openid.ca": '"/etc/otter/login.crt"',
    "openid.account_claim": '"nickname"',
    "openid.role_claim": '"realm_access.roles"',
    "openid.admin": '["otter-admin", "On call"]',
    "openid.publisher": '["otter-publisher"]',
    "openid.operator": '["otter-operator"]',
    "openid.viewer": '["staff", "CN=Guests"]',
    "publish.server": '"https://otter.example"',
    "publish.ca": '"/etc/otter/ca.crt"',
    "publish.token_file": '"/etc/otter/admin.token"',
    "publish.key": '"/etc/otter/release.pem"',
}


def variable(name):
    return "OTTER_" + name.upper().replace(".", "_")


def as_variable(value):
    """A value of TOML as it is written into the environment."""
    items = json.loads(value)
    return ",".join(items) if isinstance(items, list) else str(items)


def as_file(values):
    """{"server.log": '"json"'} as an otter.toml."""
    sections = {}
    for name, value in values.items():
        section, _, key = name.partition(".")
        sections.setdefault(section, []).append(f"{key} = {value}\n")
    return "".join(f"[{section}]\n{''.join(lines)}\n" for section, lines in sections.items())


class All(ProgramTest):
    def check(self, text, *flags, **environment):
        """({name: value}, {name: where it is from}) of what `serve --check` prints."""
        (self.folder / "otter.toml").write_text(text)
        done = subprocess.run([OTTER, "serve", "--check", *flags], cwd=self.folder, text=True,
                              env={**ENVIRONMENT, **environment}, capture_output=True, timeout=60,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        values, sources, section = {}, {}, ""
        for line in filter(None, done.stdout.split("\n")):
            if line.startswith("["):
                section = line.strip("[]")
                continue
            key, value, source = re.fullmatch(r"(\w+) = (.*)  # (.*)", line).groups()
            values[f"{section}.{key}"], sources[f"{section}.{key}"] = value, source
        self.printed = done.stdout
        return values, sources

    def others(self):
        """Another value for each setting that there is."""
        first, sources = self.check("")
        self.assertEqual(set(sources.values()), {"default"})
        values = {name: OTHER.get(name) or str(int(value) + 1) for name, value in first.items()}
        self.assertEqual(set(OTHER) - set(first), set())
        self.assertEqual([name for name in first if values[name] == first[name]], [])
        return values

    def test_what_holds_at_first_can_be_read_again(self):
        first, _ = self.check("")
        again, sources = self.check(self.printed)
        self.assertEqual(again, first)
        self.assertNotIn("default", sources.values())

    def test_each_is_taken_from_the_file_and_printed_as_it_can_be_read_again(self):
        others = self.others()
        text = as_file(others)
        values, sources = self.check(text)
        self.assertEqual(values, others)
        for name, source in sources.items():
            line = int(re.fullmatch(r"otter\.toml line (\d+)", source).group(1))
            self.assertEqual(text.split("\n")[line - 1],
                             f"{name.partition('.')[2]} = {others[name]}")
        self.assertEqual(self.check(self.printed)[0], others)

    def test_each_is_taken_from_the_environment_before_the_file(self):
        first, _ = self.check("")
        in_file = self.printed
        others = self.others()
        given = {variable(name): as_variable(value) for name, value in others.items()}
        values, sources = self.check(in_file, **given)
        self.assertEqual(values, others)
        self.assertEqual(sources, {name: f"environment {variable(name)}" for name in first})

    def test_flags_win_over_both(self):
        text = as_file({"server.listen": '"127.0.0.1:1"', "server.data": '"in-file"'})
        values, sources = self.check(text, "--listen", "127.0.0.1:3", "--data", "by-flag",
                                     OTTER_SERVER_LISTEN="127.0.0.1:2")
        self.assertEqual((values["server.listen"], sources["server.listen"]),
                         ('"127.0.0.1:3"', "flag --listen"))
        self.assertEqual((values["server.data"], sources["server.data"]),
                         ('"by-flag"', "flag --data"))

    def test_what_the_first_otter_toml_has_in_comments_is_what_holds(self):
        first, _ = self.check("")
        (self.folder / "otter.toml").unlink()
        self.succeed("init", "--listen", first["server.listen"].strip('"'))
        text = (self.folder / "otter.toml").read_text()
        text = re.sub(r"(?m)^# (?=\w+ = )", "", text)
        shutil.rmtree(self.folder / "otter-data")
        values, sources = self.check(text)
        self.assertEqual({name: value for name, value in values.items() if value.isdigit()},
                         {name: value for name, value in first.items() if value.isdigit()})
        self.assertNotIn("default", sources.values())

    def test_a_wrong_number_is_refused_by_name(self):
        first, _ = self.check("")
        for name, value in first.items():
            if not value.isdigit():
                continue
            for wrong in ("-1", "4294967296", "1x", ""):
                with mock.patch.dict(ENVIRONMENT, {variable(name): wrong}):
                    self.refuse(f'environment {variable(name)}: {name} = "{wrong}": must be a '
                                "whole number from ", "serve", "--check")


class ServedTest(WorldTest):
    """A server that can be started again with another setting."""

    def serve_with(self, **settings):
        """Restarts it; `settings` as in [server] come from the environment."""
        self.stop_server()
        given = {variable(f"server.{name}"): str(value) for name, value in settings.items()}
        with mock.patch.dict(os.environ, given):
            self.start_server()

    def write(self, **settings):
        """Into the file, above all that is in [server]."""
        path = self.folder / "otter.toml"
        text = path.read_text()
        for name, value in settings.items():
            text = re.sub(rf"(?m)^{name} = .*\n", "", text)
            text = text.replace("[server]\n", f"[server]\n{name} = {json.dumps(value)}\n", 1)
        path.write_text(text)

    def trust(self):
        return ssl.create_default_context(cafile=self.folder / "otter-data/certs/ca.crt")


class Seen(ServedTest):
    def ticket_life(self):
        """[s] as a client is told it."""
        told = subprocess.run(["openssl", "s_client", "-connect", f"localhost:{self.port}",
                               "-tls1_2"], input=b"", capture_output=True, timeout=DEADLINE,
                              check=False).stdout
        return int(re.search(rb"lifetime hint: (\d+)", told).group(1))

    def test_a_ticket_lives_for_two_rotations(self):
        self.assertEqual(self.ticket_life(), 2 * 12 * 3600)
        self.write(ticket_rotation_s=300)
        self.serve_with()
        self.assertEqual(self.ticket_life(), 600)
        self.serve_with(ticket_rotation_s=90)  # the later wins
        self.assertEqual(self.ticket_life(), 180)

    def records(self, version):
        """[bytes] of each record of application data that a download comes in."""
        trust = self.trust()
        trust.maximum_version = version
        heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
        stream = trust.wrap_bio(heard, said, server_hostname="localhost")
        wire, plain = b"", b""
        with socket.create_connection(("localhost", self.port), DEADLINE) as peer:
            def go_on(work):
                nonlocal wire
                while True:
                    try:
                        return work()
                    except ssl.SSLWantReadError:
                        peer.sendall(said.read())
                        piece = peer.recv(65536)
                        wire += piece
                        heard.write(piece) if piece else heard.write_eof()
            go_on(stream.do_handshake)
            stream.write(b"GET /firmware/1.0.1.bin HTTP/1.1\r\nHost: localhost\r\nConnection: "
                         b"close\r\nX-API-Key: " + self.key.encode() + b"\r\n\r\n")
            while piece := go_on(lambda: stream.read(65536)):
                plain += piece
        self.assertTrue(plain.endswith(self.image), plain[:200])
        return list(sizes_of_records(wire))

    def test_records_are_as_small_as_they_are_told_to_be(self):
        self.image = self.publish("1.0.1").read_bytes()
        for told, given in (16384, {}), (4096, {"tls_record_bytes": 4096}), (
                512, {"tls_record_bytes": 512}):
            self.serve_with(**given)
            for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
                largest = max(self.records(version))
                # What is encrypted is larger by a tag, a nonce or a type: RFC 5246, RFC 8446.
                self.assertTrue(told < largest <= told + 256, (told, version, largest))

    def lines_of(self, **settings):
        """What the log says while a server runs with them, and is asked once."""
        self.serve_with(**settings)
        before = len(self.server_log())
        self.request("GET", "/nothing?secret")
        self.stop_server()  # the line of a request may be written after its answer
        return self.server_log()[before:].splitlines()

    def test_each_request_is_logged_if_that_is_asked_for(self):
        self.assertEqual(len(self.lines_of()), 2)  # that it was refused, and the end
        self.write(access_log="on")
        self.assertRegex("\n".join(self.lines_of()),
                         r"(?m)Answered method=GET path=/nothing status=404 bytes=\d+ us=\d+ "
                         r"remote=127\.0\.0\.1$")
        self.assertEqual(len(self.lines_of(access_log="off")), 2)

    def test_a_log_of_json_is_json_line_by_line(self):
        lines = [json.loads(line) for line in self.lines_of(log="json", access_log="on")]
        events = [line["event"] for line in lines if line.get("path") != "/"]
        self.assertEqual(events, ["Request refused: not_found", "Answered", "Stopped"])

    def test_browsers_are_told_to_stay_with_https(self):
        self.assertIsNone(self.request("GET", "/")[1]["Strict-Transport-Security"])
        self.serve_with(hsts_s=31536000)
        self.assertIn("max-age=31536000",
                      self.request("GET", "/")[1]["Strict-Transport-Security"])


class ClientCertificates(ServedTest):
    def make_authority(self, name):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
                     f"{name}.crt")

    def make_certificate(self, device, authority, days=1, names=""):
        """The context of a client that shows it; `names` as in OpenSSL's subjectAltName."""
        (self.folder / "names").write_text(f"subjectAltName = {names}" if names else "")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-subj", f"/CN={device}", "-keyout", f"{device}.key", "-out",
                     f"{device}.csr")
        self.openssl("x509", "-req", "-in", f"{device}.csr", "-CA", f"{authority}.crt", "-CAkey",
                     f"{authority}.key", "-CAcreateserial", "-days", str(days), "-extfile", "names",
                     "-out", f"{device}.crt")
        trust = self.trust()
        trust.load_cert_chain(self.folder / f"{device}.crt", self.folder / f"{device}.key")
        return trust

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True,
                       timeout=DEADLINE, check=True)

    def report(self, device, trust):
        """The status of a plain report, or None if there was no handshake."""
        connection = HTTPSConnection("localhost", self.port, context=trust, timeout=DEADLINE)
        body = {"device_id": device, "status": "SUCCESS", "version": "1.0.1", "error": ""}
        try:
            connection.request("POST", "/firmware/report", json.dumps(body),
                               {"X-API-Key": self.key, "Content-Type": "application/json"})
            return connection.getresponse().status
        except OSError:  # in TLS 1.3 the client learns of it when it reads
            return None
        finally:
            connection.close()

    def test_a_certificate_speaks_for_its_device_alone(self):
        self.make_authority("devices")
        self.make_authority("others")
        own = self.make_certificate("lamp-7", "devices")
        foreign = self.make_certificate("lamp-8", "others")
        self.assertEqual(self.report("lamp-9", own), 200)  # nobody asks for it yet
        self.write(client_ca="devices.crt")  # from the file's folder
        self.serve_with()
        self.assertEqual(self.report("lamp-7", own), 200)
        self.assertEqual(self.report("lamp-8", own), 403)
        self.assertEqual(self.report("lamp-7", self.trust()), 200)  # who shows none
        self.assertIsNone(self.report("lamp-8", foreign))
        expired = self.make_certificate("lamp-10", "devices", days=-1)
        self.assertIsNone(self.report("lamp-10", expired))
        named = self.make_certificate("a board", "devices", names="DNS:lamp-11,DNS:lamp-12")
        self.assertEqual([self.report(name, named) for name in ("lamp-11", "lamp-12", "lamp-7")],
                         [200, 200, 403])


def sizes_of_records(wire):
    """[bytes] of the payloads of TLS records of application data."""
    at = 0
    while at + 5 <= len(wire):
        size = int.from_bytes(wire[at + 3:at + 5], "big")
        if wire[at] == 23:
            yield size
        at += 5 + size


if __name__ == "__main__":
    unittest.main()
