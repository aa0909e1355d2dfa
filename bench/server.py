#!/usr/bin/env python3
"""How fast `otter serve` is, beside nginx with static files and beside a small Flask program, on
this machine, in one run. docs/performance.md says what the figures mean.

    bench/server.py                    all, about four minutes
    bench/server.py --short            all, in one: for a look while working
    bench/server.py --only checkin     one measure; again for more
    bench/server.py --json FILE        also as JSON

It builds build/release (otter, server_load, server_register) first, unless OTTER_BUILD names a
folder that has them. Needs Debian's nginx-light, python3-flask and gunicorn. Servers run on the
first core, the load on the last one.
"""
import argparse
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import server_cases
import server_peers


def describe_machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                if line.startswith("model name")), platform.machine())
    memory = int(open("/proc/meminfo").readline().split()[1]) // (1024 * 1024)
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=server_peers.TOP,
                            capture_output=True, text=True, check=False).stdout.strip()
    openssl = server_peers.run("openssl", "version").split("(")[0].strip()
    return {"processor": cpu, "cores": len(server_peers.CORES), "memory_gib": memory,
            "kernel": platform.release(), "openssl": openssl, "commit": commit,
            "load_before": float(open("/proc/loadavg").read().split()[0])}


def print_machine(machine):
    print(f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, Linux "
          f"{machine['kernel']}, {machine['openssl']}; commit {machine['commit']}; load average "
          f"before: {machine['load_before']}")


def print_table(rows):
    head = ["measure", "Otter", "beside it", "ratio", "goal", "met"]
    table = [head] + [[row[name] for name in ("title", "otter", "peer", "ratio", "goal", "met")]
                      for row in rows]
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    table.insert(1, ["-" * width for width in widths])
    for line in table:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", action="append", choices=list(server_cases.CASES), metavar="NAME",
                        help=", ".join(server_cases.CASES))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    server_peers.build()
    machine = describe_machine()
    print_machine(machine)
    rows = []
    with tempfile.TemporaryDirectory(prefix="otter-bench-") as folder:
        bench = server_cases.Bench(Path(folder), short=arguments.short)
        try:
            for name in arguments.only or server_cases.CASES:
                rows += server_cases.CASES[name](bench)
        finally:
            bench.stop()
    print_table(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
