"""What bench/server.py measures: one function for each measure, in turns between the servers, and
the median of all turns."""
import statistics
import subprocess
import time

from server_peers import BUILD, Flask, Nginx, Otter, load, load_command, run

IMAGE_SIZE = 1024 * 1024  # [bytes]
CONNECTIONS = 64          # of the load, each of which is new once
BUSY = 0.9                # part of a core: above it the server is what limits the rate
MIB = 1024 * 1024
SETTLED = 7  # [s] after which a server has written what it writes in batches


class Bench:
    """The servers on one set of files, made when a measure asks for them."""

    def __init__(self, folder, short):
        self.folder = folder
        self.turns = 2 if short else 5
        self.duration = ("--duration-ms", 1000 if short else 3000)
        self.short = short
        self.servers = {}

    def stop(self):
        for server in self.servers.values():
            server.stop()

    def otter(self):
        if "otter" not in self.servers:
            otter = Otter(self.folder / "otter", devices=1000)
            self.servers["otter"] = otter.start()
            image = self.folder / "www/firmware/1.0.0.bin"
            image.parent.mkdir(parents=True)
            run(BUILD / "otter", "image", "make", "--chip", "esp32c3", "--project", "bench",
                "--version", "1.0.0", "--size", IMAGE_SIZE, "-o", image)
            otter.publish(image)
            told = load(otter, "--master", otter.master, "--duration-ms", 1000)
            (self.folder / "www/checkin.bin").write_bytes(b"x" * told["body_size"])
        return self.servers["otter"]

    def nginx(self):
        otter = self.otter()
        if "nginx" not in self.servers:
            self.servers["nginx"] = Nginx(self.folder, otter).start()
        return self.servers["nginx"]

    def flask(self):
        otter = self.otter()
        if "flask" not in self.servers:
            self.servers["flask"] = Flask(self.folder, otter).start()
        return self.servers["flask"]

    def in_turns(self, *loads):
        """Runs each (server, options) once in each turn; gives the medians."""
        told = [[] for _ in loads]
        for _ in range(self.turns):
            for results, (server, options) in zip(told, loads):
                result = load(server, *self.duration, *options)
                if "resume" in options and result["answers"] > result["resumed"] + CONNECTIONS:
                    raise SystemExit(f"of {result['answers']} connections to {server.name} only "
                                     f"{result['resumed']} were resumed")
                results.append(result)
        names = ("rate", "cpu_us", "busy", "p50_us", "p99_us")
        return [{name: statistics.median(result[name] for result in results) for name in names}
                for results in told]


def rate_text(told, unit="/s"):
    return (f"{told['rate']:,.0f} {unit}, {told['cpu_us']:.0f} us CPU, "
            f"{100 * told['busy']:.0f} % busy")


def compare(title, otter, peer, goal, by_cpu=None):
    """A row. Where a server had time left, the load was the limit: then the processor's time for
    one answer decides."""
    if by_cpu is None:
        by_cpu = min(otter["busy"], peer["busy"]) < BUSY
    rates, costs = otter["rate"] / peer["rate"], peer["cpu_us"] / otter["cpu_us"]
    ratio = costs if by_cpu else rates
    return {"title": title, "otter": rate_text(otter), "peer": rate_text(peer),
            "ratio": f"{ratio:.2f} by {'CPU' if by_cpu else 'rate'} "
                     f"({rates:.2f} by rate, {costs:.2f} by CPU)",
            "goal": f">= {goal}", "met": "yes" if ratio >= goal else "NO",
            "figures": {"otter": otter, "peer": peer}}


def alone(title, told, goal, met):
    return {"title": title, "otter": told, "peer": "-", "ratio": "-", "goal": goal,
            "met": "yes" if met else "NO"}


def static_file(bench):
    return (bench.nginx(), ("--api-key", bench.otter().api_key, "--path", "/checkin.bin"))


def checkin_of(server, *options):
    return (server, ("--master", server.master, *options))


def checkin(bench):
    otter, peer = bench.in_turns(checkin_of(bench.otter()), static_file(bench))
    return [compare("check-in, kept-alive TLS / nginx, file of its size", otter, peer, 1)]


def handshake(bench):
    rows = []
    for mode, title in (("new", "full handshake"), ("resume", "resumed")):
        server, options = static_file(bench)
        otter, peer = bench.in_turns(checkin_of(bench.otter(), "--mode", mode),
                                     (server, (*options, "--mode", mode)))
        rows.append(compare(f"check-in, new TLS 1.3 connection, {title} / nginx", otter, peer,
                            0.95))
    return rows


def image(bench):
    options = ("--api-key", bench.otter().api_key, "--path", "/firmware/1.0.0.bin")
    otter, peer = bench.in_turns((bench.otter(), options), (bench.nginx(), options))
    return [compare("image of 1 MiB, 64 connections / nginx", otter, peer, 0.9)]


def reports(bench):
    options = ("--api-key", bench.otter().api_key, "--request", "report")
    otter, peer = bench.in_turns((bench.otter(), options), (bench.flask(), options))
    return [compare("durable reports, 64 connections / Flask", otter, peer, 20, by_cpu=False)]


def manifest(bench):
    options = ("--api-key", bench.otter().api_key, "--path", "/firmware/manifest")
    otter, peer = bench.in_turns((bench.otter(), options), (bench.flask(), options))
    return [compare("manifest, plain mode, kept-alive TLS / Flask", otter, peer, 20)]


def million(bench):
    """The same load on a fleet of 1,000 and of 1,000,000, by devices from all over each."""
    count, sample = (100_000 if bench.short else 1_000_000), 20_000
    small = Otter(bench.folder / "small", devices=1000).start()
    large = Otter(bench.folder / "large", devices=count).start()
    bench.servers.update(small=small, large=large)
    few = ("--connections", 8, "--mode", "keep")
    told = bench.in_turns(
        checkin_of(small, *few, "--devices", 1000),
        checkin_of(large, *few, "--devices", sample, "--device-step", count // sample))
    p99 = [result["p99_us"] for result in told]
    memory = large.memory_bytes() / MIB
    return [alone(f"{count:,} devices: start to the first answer", f"{large.start_s:.2f} s",
                  "< 10 s", large.start_s < 10),
            alone(f"{count:,} devices: memory after check-ins of {sample:,}", f"{memory:.0f} MiB",
                  "< 1 GiB", memory < 1024),
            {"title": f"check-in p99, {count:,} devices / 1,000 devices",
             "otter": f"{p99[1]} us", "peer": f"{p99[0]} us", "ratio": f"{p99[1] / p99[0]:.2f}",
             "goal": "<= 2", "met": "yes" if p99[1] <= 2 * p99[0] else "NO",
             "figures": {"otter": told[1], "peer": told[0]}}]


def memory(bench):
    """After check-ins of all 10,000 devices, with 1,000 connections that are kept and idle."""
    server = Otter(bench.folder / "memory", devices=10_000)
    server.start()
    bench.servers["memory"] = server
    empty = server.memory_bytes() / MIB
    load(server, *bench.duration, "--master", server.master, "--devices", 10_000)
    served = server.memory_bytes() / MIB
    idle = load_command(server, "--mode", "idle", "--connections", 1000, "--master", server.master)
    with subprocess.Popen([str(word) for word in idle], text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as clients:
        assert clients.stdout.readline() == "idle\n"
        time.sleep(SETTLED)
        held = server.memory_bytes() / MIB
        clients.communicate("\n")
    told = f"{held:.1f} MiB ({empty:.1f} at the start, {served:.1f} after the check-ins)"
    return [alone("memory, 10,000 devices, 1,000 idle connections", told, "< 64 MiB", held < 64)]


def start(bench):
    """From the program's start to its first answer over TLS."""
    server = Otter(bench.folder / "empty")
    times = []
    for _ in range(2 * bench.turns):
        times.append(server.start().start_s)
        server.stop()
    median = statistics.median(times)
    return [alone("start to the first answer, empty", f"{1000 * median:.0f} ms", "< 200 ms",
                  median < 0.2)]


CASES = {"checkin": checkin, "handshake": handshake, "image": image, "reports": reports,
         "manifest": manifest, "million": million, "memory": memory, "start": start}
