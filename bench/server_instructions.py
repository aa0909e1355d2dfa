#!/usr/bin/env python3
"""How many instructions `otter serve` and nginx take for one answer, in user space, as valgrind's
callgrind counts them: where the machine is shared this tells more than a clock. The kernel's part
is not in it. docs/performance.md says what the figures mean.

    bench/server_instructions.py            all, about four minutes
    bench/server_instructions.py new        one of: keep, new, resume

It builds first, as bench/server.py does. Needs Debian's nginx-light and valgrind.
"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import server_cases
import server_peers

MODES = {"keep": "kept-alive", "new": "new connection, full handshake",
         "resume": "new connection, resumed"}
SLOW = 180  # [s] deadline of a start and of an end
# Few connections: each answer takes thousandths of a second here.
LOAD = ("--duration-ms", "15000", "--connections", "8")


def counted(peer, folder):
    """The class of a server that runs under callgrind; its dumps are in that folder."""
    class Counted(peer):
        def command(self):
            return ["valgrind", "--tool=callgrind", "--trace-children=yes",
                    f"--callgrind-out-file={folder}/{self.name}.%p", *super().command()]

        def tell(self, *options):
            for pid in server_peers.process_tree(self.process.pid):
                subprocess.run(["callgrind_control", *options, str(pid)], capture_output=True,
                               check=True)
    return Counted


def dumped(folder, server, function):
    """Instructions of the newest dumps: all, and those within the function."""
    total = within = 0
    for file in sorted(folder.glob(f"{server.name}.*.*")):
        told = re.search(r"^summary: (\d+)", file.read_text(errors="replace"), re.M)
        total += int(told.group(1)) if told else 0
        lines = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", file],
                               capture_output=True, text=True, check=True).stdout
        told = re.search(rf"^ *([\d,]+) .*:{function} ", lines, re.M)
        within += int(told.group(1).replace(",", "")) if told else 0
        file.unlink()
    return total, within


def measure(server, options, mode, folder):
    """Instructions for one answer, and how many of them are the handshake's."""
    server_peers.load(server, "--mode", mode, *LOAD, *options)  # what is done once is done now
    server.tell("-z")
    answers = server_peers.load(server, "--mode", mode, *LOAD, *options)["answers"]
    server.tell("-d=answers")
    total, handshake = dumped(folder, server, "SSL_do_handshake")
    return total / answers, handshake / answers


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("modes", nargs="*", choices=[*MODES, []], metavar="MODE")
    modes = parser.parse_args().modes or list(MODES)
    server_peers.build()
    server_peers.DEADLINE = SLOW
    with tempfile.TemporaryDirectory(prefix="otter-bench-") as name:
        folder = Path(name)
        server_cases.Otter = counted(server_peers.Otter, folder)
        server_cases.Nginx = counted(server_peers.Nginx, folder)
        bench = server_cases.Bench(folder / "bench", short=True)
        try:
            # No more devices than connections: else each is seen once, and written by itself.
            loads = (server_cases.checkin_of(bench.otter(), "--devices", "8"),
                     server_cases.static_file(bench))
            print("| check-in; nginx: a file of its size | Otter | of that the handshake | nginx "
                  "| of that the handshake | ratio |\n|---|---|---|---|---|---|")
            for mode in modes:
                found = [measure(*load, mode, folder) for load in loads]
                cells = " | ".join(f"{all_:,.0f} | {part:,.0f}" for all_, part in found)
                print(f"| {MODES[mode]} | {cells} | {found[1][0] / found[0][0]:.3f} |", flush=True)
        finally:
            bench.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
