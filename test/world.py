"""A server and boards for one test: the real programs in a folder of their own, on loopback, on a
free port. Everything ends with the test."""
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
from http.client import HTTPSConnection
from pathlib import Path

OTTER = os.environ["OTTER"]
SOURCE = Path(os.environ["OTTER_SOURCE_DIR"])
DEADLINE = 120  # [s] for anything that is waited for
THREADS_SANITIZED = b"libtsan" in Path(OTTER).read_bytes()
SANITIZED = THREADS_SANITIZED or b"libasan" in Path(OTTER).read_bytes()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class WorldTest(unittest.TestCase):
    """Makes and starts a server with the product `demo` for the ESP32-C3."""
    chip = "esp32c3"
    serve_by = ()  # the command that starts the server's command

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="otter-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        told = self.otter("init", "--listen", f"127.0.0.1:{self.port}", "--product", "demo",
                          "--chip", self.chip).stdout
        self.token = re.search(r"ota_[\w-]+", told).group()
        self.key = re.search(r"otk_[\w-]+", told).group()
        self.hmac_secret = re.search(r"oth_[\w-]+", told).group()
        (self.folder / "api.key").write_text(self.key)
        (self.folder / "hmac.key").write_text(self.hmac_secret)
        self.server = None
        self.start_server()

    def otter(self, *arguments, ok=True):
        """Runs `otter`; with ok=False it must fail with exit code 1 and one line."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OTTER_")}
        done = subprocess.run([OTTER, *map(str, arguments)], cwd=self.folder, env=environment,
                              capture_output=True, text=True, timeout=DEADLINE, check=False)
        told = f"otter {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}"
        if ok:
            self.assertEqual(done.returncode, 0, told)
        else:
            self.assertEqual(done.returncode, 1, told)
            self.assertRegex(done.stderr, r"\Aotter: [^\n]+\n\Z", told)
        return done

    def start_server(self):
        with open(self.folder / "serve.log", "ab") as log:
            self.server = subprocess.Popen(
                [*self.serve_by, OTTER, "serve"], cwd=self.folder, stdout=log, stderr=log,
                env={**os.environ, "OTTER_SERVER_LOG_DELAY_MS": "0"})  # tests read it at once
        self.addCleanup(self.stop_server)
        self.wait_for(self.is_serving)

    def check_in_often(self):
        """Has the server ask for a check-in each second."""
        self.stop_server()
        settings = self.folder / "otter.toml"
        settings.write_text(settings.read_text().replace("check_interval_s = 3600",
                                                         "check_interval_s = 1"))
        self.start_server()

    def is_serving(self):
        self.assertIsNone(self.server.poll(), self.server_log())
        try:
            self.request("GET", "/")
            return True
        except OSError:
            return False

    def stop_server(self, how=signal.SIGTERM):
        if self.server is None:
            return None
        self.server.send_signal(how)
        status = self.server.wait(DEADLINE)
        self.server = None
        return status

    def server_log(self):
        return (self.folder / "serve.log").read_text(errors="replace")

    def wait_for(self, what):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            if what():
                return
            time.sleep(0.05)
        self.fail(f"not in {DEADLINE} s\n{self.server_log()}")

    def request(self, method, target, headers=None, body=None):
        """(status, headers, body) of one request on a connection of its own."""
        trust = ssl.create_default_context(cafile=self.folder / "otter-data/certs/ca.crt")
        connection = HTTPSConnection("localhost", self.port, context=trust, timeout=DEADLINE)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def make_image(self, version, behaviour="healthy", size="200K", project="demo"):
        path = self.folder / f"{project}-{version}.bin"
        self.otter("image", "make", "--chip", self.chip, "--project", project, "--version", version,
                   "--size", size, "--behaviour", behaviour, "-o", path)
        return path

    def publish(self, version, **options):
        path = self.make_image(version, **options)
        self.otter("publish", path)
        return path

    def device(self, name="board-1"):
        devices = json.loads(self.otter("device", "list", "--json").stdout)["devices"]
        return next((device for device in devices if device["id"] == name), None)

    def board(self, *more, flash="board.bin", name="board-1"):
        """The command of a board that checks often and decides fast."""
        return [OTTER, "sim", "device", "--server", self.url, "--ca", "otter-data/certs/ca.crt",
                "--flash", flash, "--id", name, "--product", "demo", "--api-key-file",
                "api.key", "--release-key", "otter-data/keys/release-1.pem.pub",
                "--check-interval", "1s", "--retry-delay", "1s", "--trial-uptime", "1s",
                "--trial-deadline", "5s", "--trial-ceiling", "5s", "--watchdog", "1s",
                *map(str, more)]

    def create(self, firmware):
        return ["--create", "--chip", self.chip, "--flash-size", "4M", "--firmware", firmware]

    def run_board(self, *more, status=0, **which):
        done = subprocess.run(self.board(*more, **which), cwd=self.folder, capture_output=True,
                              text=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr + self.server_log())
        return done.stdout

    def slot(self, number, size):
        """The first bytes of an OTA slot, as they lie in the board's flash."""
        flash = (self.folder / "board.bin").read_bytes()
        rows = [flash[at:at + 32] for at in range(0x8000, 0x8C00, 32)]
        row = next(row for row in rows if row[:4] == bytes([0xAA, 0x50, 0, 0x10 + number]))
        offset = int.from_bytes(row[4:8], "little")
        return flash[offset:offset + size]
