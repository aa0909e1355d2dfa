"""The servers that bench/server.py measures: Otter, nginx and the Flask baseline, each on the same
files, pinned to one core, with what it has taken of processor and memory."""
import json
import os
import re
import socket
import ssl
import subprocess
import time
from http.client import HTTPSConnection
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("OTTER_BUILD", TOP / "build/release"))
TICKS = os.sysconf("SC_CLK_TCK")  # [1/s] of /proc/<pid>/stat
DEADLINE = 30  # [s] for a start and for an end
PROGRAMS = ("otter", "server_load", "server_register")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("OTTER_")}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command, folder=TOP):
    """Gives standard output."""
    done = subprocess.run([str(word) for word in command], cwd=folder, env=ENVIRONMENT,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def build():
    """A program of an older state would be measured in silence."""
    if "OTTER_BUILD" in os.environ:
        return
    jobs = run(TOP / "tools/build_jobs.sh").strip()
    for command in (("cmake", "--preset", "release"),
                    ("cmake", "--build", "--preset", "release", "--parallel", jobs, "--target",
                     *PROGRAMS)):
        if subprocess.run(command, cwd=TOP, check=False).returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed")


def process_tree(pid):
    """The process and all that it has started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has ended
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    tree = [pid]
    for one in tree:
        tree += parents.get(one, [])
    return tree


class Peer:
    """A server process from start() to stop()."""
    name = "server"

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self.port = free_port()
        self.process = None
        self.start_s = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return ENVIRONMENT

    def start(self):
        begin = time.monotonic()
        with open(self.folder / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(SERVER_CORE), *map(str, self.command())], cwd=self.folder,
                env=self.environment(), stdout=log, stderr=log)
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > begin + DEADLINE:
                raise SystemExit(f"{self.name} does not start: see {self.folder}/{self.name}.log")
            time.sleep(0.002)
        self.start_s = time.monotonic() - begin
        return self

    def answers(self):
        """True if a request is answered, with whatever."""
        context = ssl._create_unverified_context()  # pylint: disable=protected-access
        connection = HTTPSConnection("127.0.0.1", self.port, context=context, timeout=DEADLINE)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
            return True
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        self.process.wait(DEADLINE)
        self.process = None

    def cpu_s(self):
        """[s] that it has used so far, in all its processes."""
        ticks = 0
        for pid in process_tree(self.process.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS

    def memory_bytes(self):
        """Resident, in all its processes."""
        total = 0
        for pid in process_tree(self.process.pid):
            told = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
            total += int(told.group(1)) * 1024 if told else 0
        return total


class Otter(Peer):
    """A data folder of its own, with the product `bench`."""
    name = "otter"

    def __init__(self, folder, devices=0):
        super().__init__(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        told = json.loads(run(BUILD / "otter", "init", "--json", "--listen",
                              f"127.0.0.1:{self.port}", "--product", "bench", "--chip", "esp32c3",
                              folder=self.folder))
        self.api_key = told["api_key"]
        self.secret = told["hmac_secret"]
        self.data = self.folder / "otter-data"
        self.master = self.data / "secrets/master.key"
        if devices:
            run(BUILD / "server_register", self.data, "bench", 0, devices)

    def command(self):
        return [BUILD / "otter", "serve"]

    def environment(self):
        # As nginx: on one core two event loops take turns of 4 ms, and that is the p99.
        return {**ENVIRONMENT, "OTTER_SERVER_THREADS": "1"}

    def publish(self, image):
        run(BUILD / "otter", "publish", image, "--product", "bench", folder=self.folder)


class Nginx(Peer):
    name = "nginx"

    def __init__(self, folder, otter):
        super().__init__(folder)
        words = {"FOLDER": self.folder, "PORT": self.port, "API_KEY": otter.api_key,
                 "CERTIFICATE": otter.data / "certs/server.crt",
                 "KEY": otter.data / "certs/server.key"}
        text = re.sub(r"@([A-Z_]+)@", lambda match: str(words[match.group(1)]),
                      (TOP / "bench/nginx.conf").read_text())
        self.file = self.folder / "nginx.conf"
        self.file.write_text("user root;\n" + text if os.geteuid() == 0 else text)

    def command(self):
        return ["nginx", "-p", self.folder, "-c", self.file, "-e", self.folder / "nginx.err"]


class Flask(Peer):
    name = "flask"

    def __init__(self, folder, otter):
        super().__init__(folder)
        self.otter = otter

    def command(self):
        # Debian's, which sees Debian's Flask whatever `python3` is.
        return ["/usr/bin/python3", "/usr/bin/gunicorn", "--workers", "4", "--worker-class",
                "gthread", "--threads", "8", "--keep-alive", "60", "--bind",
                f"127.0.0.1:{self.port}", "--certfile", self.otter.data / "certs/server.crt",
                "--keyfile", self.otter.data / "certs/server.key", "--pythonpath", TOP / "bench",
                "baseline_flask:app"]

    def environment(self):
        return {**ENVIRONMENT, "OTA_KEY": self.otter.api_key, "OTA_SECRET": self.otter.secret,
                "OTA_FOLDER": str(self.folder / "www/firmware"),
                "OTA_DATABASE": str(self.folder / "flask.sqlite")}


def load_command(server, *options):
    return ["taskset", "-c", str(LOAD_CORE), BUILD / "server_load", "--port", server.port, *options]


def load(server, *options):
    """What server_load told, with `cpu_us` of the server for each answer and `busy`, the part of
    its core that it took."""
    poll = () if LOAD_CORE == SERVER_CORE else ("--poll", "yes")
    before = server.cpu_s()
    told = json.loads(run(*load_command(server, *poll, *options)))
    if server.process.poll() is not None:
        end = (server.folder / f"{server.name}.log").read_text(errors="replace")[-2000:]
        raise SystemExit(f"{server.name} ended with {server.process.returncode}\n{end}")
    used = server.cpu_s() - before
    told["rate"] = told["answers"] / told["seconds"]
    told["cpu_us"] = used * 1e6 / max(told["answers"], 1)
    told["busy"] = used / told["seconds"]
    if set(told["statuses"]) != {"200"}:
        print(f"  {server.name}: answers by status {told['statuses']}")
    return told
