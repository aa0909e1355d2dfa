#!/usr/bin/env python3
"""The server as its operators and devices meet it: exit codes, standard output and standard error
of its verbs, and over real sockets what a stranger may try."""
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

OTTER = os.environ["OTTER"]


def run(*arguments, cwd, **environment):
    return subprocess.run([OTTER, *arguments], cwd=cwd, env=clean_environment(environment),
                          capture_output=True, text=True, timeout=60, check=False)


def clean_environment(more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTTER")}
    return {**kept, **more}


class Server:
    """`otter serve` on a free port, until stop()."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [OTTER, "serve", "--listen", "127.0.0.1:0"], cwd=folder, text=True,
            env=clean_environment({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.first_line = self.process.stdout.readline()
        self.url = self.first_line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.output, self.errors = self.process.communicate(timeout=20)
        return self.process.returncode


class Verbs(unittest.TestCase):
    """What needs no server."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = self.temporary.name
        self.addCleanup(self.temporary.cleanup)

    def expect_one_line(self, result, *words):
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr, r"^otter: [^\n]+\n$")
        for word in words:
            self.assertIn(word, result.stderr)

    def init(self):
        result = run("init", "--product", "lamp", cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def test_init_shows_secrets_and_files(self):
        output = self.init()
        self.assertRegex(output, r"Admin token: +ota_[\w-]{43} ")
        self.assertRegex(output, r"API key: +otk_[\w-]{43} ")
        self.assertRegex(output, r"HMAC secret: +oth_[\w-]{43} ")
        self.assertIn("otter.toml", output)

    def test_init_never_overwrites(self):
        self.init()
        before = Path(self.folder, "otter-data/secrets/master.key").read_bytes()
        self.expect_one_line(run("init", cwd=self.folder), "initialised already")
        result = run("init", "--if-needed", cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(Path(self.folder, "otter-data/secrets/master.key").read_bytes(), before)

    def test_check_prints_the_settings_and_their_sources(self):
        self.init()
        result = run("serve", "--check", "--listen", "0.0.0.0:1", cwd=self.folder,
                     OTTER_SERVER_LOG="json")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn('listen = "0.0.0.0:1"  # flag --listen\n', result.stdout)
        self.assertIn('log = "json"  # environment OTTER_SERVER_LOG\n', result.stdout)
        self.assertRegex(result.stdout, r'data = "otter-data"  # otter.toml line \d+\n')

    def test_a_wrong_setting_is_named(self):
        Path(self.folder, "otter.toml").write_text('[server]\nlisten = "nowhere"\n')
        self.expect_one_line(run("serve", "--check", cwd=self.folder), "otter.toml line 2",
                             "server.listen", "address:port")

    def test_serve_needs_a_data_folder(self):
        self.expect_one_line(run("serve", cwd=self.folder), "otter.sqlite", "otter init")

    def test_serve_says_that_the_port_is_in_use(self):
        self.init()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.expect_one_line(run("serve", "--listen", address, cwd=self.folder), address,
                                 "in use")

    def test_serve_says_that_a_key_is_unreadable(self):
        self.init()
        self.expect_one_line(run("serve", cwd=self.folder, OTTER_SERVER_KEY="none.key"),
                             "none.key")

    def test_serve_refuses_a_newer_data_folder(self):
        self.init()
        database = Path(self.folder, "otter-data/otter.sqlite")
        raw = bytearray(database.read_bytes())
        raw[60:64] = (999).to_bytes(4, "big")  # user_version, sqlite.org/fileformat2.html
        database.write_bytes(raw)
        self.expect_one_line(run("serve", cwd=self.folder), "otter.sqlite", "newer otter")

    def test_serve_says_that_the_disk_is_read_only(self):
        self.init()
        self.expect_one_line(self.serve_read_only(), "otter-data", "write")

    def serve_read_only(self):
        """`otter serve` in a folder that it can't write; for root, on a mount of its own."""
        if os.geteuid() == 0:
            script = ('mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 9\n'
                      'cd "$1" && exec "$2" serve')
            result = subprocess.run(
                ["unshare", "--mount", "sh", "-c", script, "sh", self.folder, OTTER], text=True,
                env=clean_environment({}), capture_output=True, timeout=60, check=False)
            if result.returncode == 9 or "unshare" in result.stderr:
                self.skipTest("this root may not mount")
            return result
        folders = [Path(self.folder, "otter-data"), Path(self.folder, "otter-data/blobs")]
        for folder in folders:
            folder.chmod(0o500)
        try:
            return run("serve", cwd=self.folder)
        finally:
            for folder in folders:
                folder.chmod(0o700)

    def test_client_verbs_say_that_no_server_answers(self):
        self.init()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            url = f"https://127.0.0.1:{probe.getsockname()[1]}"
        self.expect_one_line(run("device", "list", cwd=self.folder, OTTER_PUBLISH_SERVER=url), url)

    def test_client_verbs_need_a_token(self):
        self.expect_one_line(run("product", "list", cwd=self.folder), "admin.token")

    def test_a_verb_that_is_none_is_named(self):
        for words in (["devices"], ["device", "lst"], ["config", "shwo", "lamp"]):
            done = subprocess.run([OTTER, *words], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2)
            wrong = words[min(1, len(words) - 1)]
            self.assertRegex(done.stderr,
                             rf'^otter: no verb "{wrong}": otter.* --help lists them\n$')

    def test_wrong_usage_is_exit_code_2(self):
        for arguments in ([], ["nonsense"], ["serve", "--nonsense"], ["product"]):
            result = run(*arguments, cwd=self.folder)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertEqual(result.stdout, "")
            self.assertRegex(result.stderr, r"\Aotter[^\n]* --help[^\n]*\n\Z")

    def test_wrong_usage_names_the_verb(self):
        result = run("rollout", "start", "lamp", cwd=self.folder)
        self.assertEqual(result.stderr,
                         "otter rollout start: version is required (otter rollout start --help)\n")

    def test_version(self):
        result = run("--version", cwd=self.folder)
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^otter \d+\.\d+\.\d+\n$")


class ServedCase(unittest.TestCase):
    """A server with a product and two releases, for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = cls.temporary.name
        run("init", cwd=cls.folder)
        cls.server = Server(cls.folder)
        cls.lamp = json.loads(cls.otter("product", "add", "lamp", "--chip", "esp32c3",
                                        "--json").stdout)
        for version in ("1.0.0", "1.0.1"):
            cls.otter("image", "make", "--chip", "esp32c3", "--project", "lamp", "--version",
                      version, "-o", f"{version}.bin")
            cls.published = cls.otter("publish", f"{version}.bin")
        cls.image = Path(cls.folder, "1.0.1.bin").read_bytes()

    @classmethod
    def tearDownClass(cls):
        if cls.server.process.poll() is None:
            cls.server.stop()
        cls.temporary.cleanup()

    @classmethod
    def otter(cls, *arguments):
        return run(*arguments, cwd=cls.folder, OTTER_PUBLISH_SERVER=cls.server.url)

    def send(self, method, target, body=None, **headers):
        context = ssl.create_default_context(cafile=f"{self.folder}/otter-data/certs/ca.crt")
        connection = http.client.HTTPSConnection("127.0.0.1", self.server.port, context=context,
                                                 timeout=20)
        sent = {"X-API-Key": self.lamp["api_key"]}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.content = answer.read()
        connection.close()
        return answer

    def expect_problem(self, answer, status, code):
        self.assertEqual(answer.status, status)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(json.loads(answer.content)["code"], code)


class Service(ServedCase):
    def test_says_where_it_serves(self):
        self.assertRegex(self.server.first_line, r"^Otter serves https://127\.0\.0\.1:\d+\n$")

    def test_publishes_and_lists(self):
        self.assertEqual(self.published.returncode, 0, self.published.stderr)
        releases = json.loads(self.otter("release", "list", "--json").stdout)["releases"]
        self.assertEqual([release["version"] for release in releases], ["1.0.1", "1.0.0"])
        self.assertRegex(self.otter("product", "list").stdout,
                         r"PRODUCT +CHIP +SLOT +RELEASES +DEVICES +ENROLMENT +PLAIN +STAGED "
                         r"+APPROVAL\nlamp +esp32c3 +0 +2 +\d+ +open +on +off +off\n")

    def test_serves_the_file_whole_and_in_parts(self):
        whole = self.send("GET", "/firmware/v1.0.1.bin")
        self.assertEqual(whole.content, self.image)
        self.assertEqual(int(whole.headers["Content-Length"]), len(self.image))
        part = self.send("GET", "/firmware/1.0.1.bin", Range="bytes=1000-1999",
                         If_Range=whole.headers["ETag"])
        self.assertEqual((part.status, part.content), (206, self.image[1000:2000]))
        self.assertEqual(part.headers["Content-Range"], f"bytes 1000-1999/{len(self.image)}")
        tail = self.send("GET", "/firmware/1.0.1.bin", Range="bytes=-10")
        self.assertEqual(tail.content, self.image[-10:])
        head = self.send("HEAD", "/firmware/1.0.1.bin")
        self.assertEqual((head.status, head.content), (200, b""))
        self.assertEqual(int(head.headers["Content-Length"]), len(self.image))

    def test_answers_tricks_with_problems(self):
        for target in ("/firmware/..%2f..%2fotter.sqlite", "/firmware//manifest",
                       "/firmware/%00.bin", "/firmware/../otter.sqlite", "/firmware/%"):
            self.expect_problem(self.send("GET", target), 400, "bad_path")
        long = self.send("GET", "/firmware/" + "a" * 8192 + ".bin")
        self.assertIn(long.status, (404, 414))
        self.assertEqual(long.headers["Content-Type"], "application/problem+json")

    def test_answers_wrong_requests_with_problems(self):
        self.expect_problem(self.send("GET", "/firmware/manifest", X_API_Key="otk_wrong"), 401,
                            "unauthorized")
        self.expect_problem(self.send("GET", "/firmware/9.9.9.bin"), 404, "not_found")
        self.expect_problem(self.send("DELETE", "/firmware/manifest"), 405, "method_not_allowed")
        self.expect_problem(self.send("GET", "/firmware/1.0.1.bin", Range="bytes=99999999-"), 416,
                            "range_not_satisfiable")

    def test_answers_wrong_reports_with_problems_and_stores_nothing(self):
        good = {"device_id": "ghost", "status": "SUCCESS", "version": "1.0.1", "error": ""}
        json_type = {"Content_Type": "application/json"}
        for body, status, code in (
                (b"{", 400, "bad_json"),
                (json.dumps({**good, "status": "MAYBE"}).encode(), 422, "invalid_field"),
                (json.dumps({**good, "version": 1}).encode(), 422, "invalid_field"),
                (b"x" * 20000, 413, "too_large")):
            self.expect_problem(self.send("POST", "/firmware/report", body, **json_type), status,
                                code)
        body = json.dumps(good).encode()
        self.expect_problem(self.send("POST", "/firmware/report", body, Content_Type="text/plain"),
                            415, "unsupported_media_type")
        self.assertNotIn("ghost", self.otter("device", "list").stdout)

    def test_lists_what_devices_report(self):
        body = json.dumps({"device_id": "sketch-1", "status": "FAILED", "version": "1.0.1",
                           "error": "bad_hmac"}).encode()
        answer = self.send("POST", "/firmware/report", body, Content_Type="application/json")
        self.assertEqual((answer.status, json.loads(answer.content)), (200, {"ok": True}))
        self.assertRegex(self.otter("device", "list", "--product", "lamp").stdout,
                         r"sketch-1 +lamp +plain +- +failed +1\.0\.1 +bad_hmac ")
        self.assertRegex(self.otter("device", "reports", "sketch-1").stdout,
                         r"1\.0\.1 +failed +bad_hmac ")

    def test_client_verbs_say_why_the_server_refused(self):
        for arguments, reason in ((("product", "add", "lamp"), "a product lamp already [exists]"),
                                  (("product", "show", "fan"), "no such product [not_found]"),
                                  (("device", "reports", "none"), "no such device [not_found]")):
            result = self.otter(*arguments)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn(reason, result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1)

    def test_refuses_another_authority(self):
        other = tempfile.mkdtemp(dir=self.folder)
        run("init", cwd=other)
        result = run("product", "list", cwd=self.folder, OTTER_PUBLISH_SERVER=self.server.url,
                     OTTER_PUBLISH_CA=f"{other}/otter-data/certs/ca.crt")
        self.assertEqual(result.returncode, 1)
        self.assertIn("certificate", result.stderr)


class SecondServer(ServedCase):
    def test_serve_refuses_a_folder_that_is_served(self):
        second = run("serve", "--listen", "127.0.0.1:0", cwd=self.folder)
        self.assertEqual((second.returncode, second.stdout), (1, ""))
        self.assertRegex(second.stderr, r"\Aotter: another otter serves [^\n]*otter-data[^\n]*\n\Z")

    def test_fsck_runs_beside_the_server(self):
        clean = self.otter("fsck")
        self.assertEqual((clean.returncode, clean.stderr), (0, ""))
        self.assertRegex(clean.stdout, r"\A2 images, \d+ bytes: 0 findings\n\Z")
        next(Path(self.folder).glob("otter-data/blobs/*/*")).write_bytes(b"x")
        found = self.otter("fsck", "--json")
        self.assertEqual((found.returncode, found.stderr), (1, ""))
        self.assertEqual([item["kind"] for item in json.loads(found.stdout)["findings"]],
                         ["damaged"])

    def test_fsck_says_why_it_cant_run(self):
        nowhere = self.otter("fsck", "--data", "nowhere")
        self.assertEqual((nowhere.returncode, nowhere.stdout), (2, ""))
        self.assertRegex(nowhere.stderr, r"\Aotter: [^\n]*nowhere[^\n]*\n\Z")


class Stop(ServedCase):
    def test_stops_in_order_and_has_logged_no_secret(self):
        self.send("GET", "/firmware/manifest")
        self.assertEqual(self.server.stop(), 0)
        for line in ("API key validated product=lamp", "Serving manifest v1.0.1",
                     "Release published product=lamp version=1.0.1", "Stopped"):
            self.assertIn(line, self.server.output)
        self.assertEqual(self.server.errors, "")
        token = Path(self.folder, "otter-data/secrets/admin.token").read_text().strip()
        for secret in (token, self.lamp["api_key"], self.lamp["hmac_secret"]):
            self.assertNotIn(secret, self.server.output)


if __name__ == "__main__":
    sys.exit(unittest.main())
