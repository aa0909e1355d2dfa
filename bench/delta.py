#!/usr/bin/env python3
"""How small patches are, beside the tools that Debian has, on pairs of released firmware, in one
run. docs/performance.md says what the figures mean.

    bench/delta.py --data FOLDER             all pairs
    bench/delta.py --data FOLDER --only wled pairs whose name has that in it
    --tries N                                ways that the encoder looks for each patch, default 3
    --jobs N                                 pairs at a time, default 1; seconds are the processor's
    --json FILE                              the figures; --svg FILE: a picture of them
    --from FILE                              no measure: table and picture from such figures

FOLDER has index.tsv, with a pair's name, kind and the SHA-256 of both images, and firmware/ with
the images, each named by the first 16 digits. They belong to their projects, so they are not in the
repository; without --data or OTTER_REAL_IMAGES the program says so and ends with 0. Needs
build/release/otter, or OTTER_BUILD; bsdiff, xdelta3, zstd and xz; valgrind for instructions.
"""
import argparse
import csv
import json
import math
import os
import platform
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import delta_plot

TOP = Path(__file__).resolve().parent.parent
OTTER = Path(os.environ.get("OTTER_BUILD", TOP / "build" / "release")) / "otter"
PROFILES = (16, 32, 64)
HEADER = 96  # [bytes] of a patch that are no payload; the goals are of the payload
COUNTED = "otter::PatchDecoder::decode(otter::MutableBytes)"


def run(*command):
    """Seconds of processor and KiB of memory that the command took."""
    started = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    _, status, usage = os.wait4(started.pid, 0)
    errors = started.stderr.read().decode()
    started.stderr.close()
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{errors}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def size_of(path):
    return path.stat().st_size


def measure_peers(old, new, folder):
    """[bytes] of what other tools make."""
    out = folder / "peer"
    peers = {}
    run("bsdiff", old, new, out)
    peers["bsdiff"] = size_of(out)
    run("xdelta3", "-e", "-f", "-9", "-S", "lzma", "-B", 1 << 24, "-s", old, new, out)
    peers["xdelta3"] = size_of(out)
    run("zstd", "-q", "-f", "--ultra", "-22", "--long=27", f"--patch-from={old}", new, "-o", out)
    peers["zstd"] = size_of(out)
    whole = subprocess.run(["xz", "-9e", "--format=lzma", "-k", "-c", new], capture_output=True,
                           check=True)
    peers["xz"] = len(whole.stdout)
    return peers


def prove(base, patch, result, folder):
    """By the device's decoder, once more than the encoder did it."""
    made = folder / "made"
    run(OTTER, "delta", "apply", base, patch, "-o", made)
    if made.read_bytes() != result.read_bytes():
        sys.exit(f"{patch.name}, from {base} to {result}: it gives something else")


def measure_pair(pair, folder, tries):
    old, new = pair["old"], pair["new"]
    row = {"pair": pair["pair"], "kind": pair["kind"], "raw": size_of(new), "patch": {},
           "back": {}, "seconds": {}, "memory_kib": {}}
    for profile in PROFILES:
        patch = folder / f"{profile}.patch"
        seconds, memory = run(OTTER, "delta", "make", old, new, "-o", patch, "--profile", profile,
                              "--tries", tries)
        row["patch"][profile] = size_of(patch) - HEADER
        row["seconds"][profile] = seconds
        row["memory_kib"][profile] = memory
        prove(old, patch, new, folder)
        back = folder / f"{profile}.back"
        run(OTTER, "delta", "make", new, old, "-o", back, "--profile", profile, "--tries", 1)
        row["back"][profile] = size_of(back) - HEADER
        prove(new, back, old, folder)
    one, _ = run(OTTER, "delta", "make", old, new, "-o", folder / "one", "--tries", 1)
    row["seconds_of_one_try"] = one
    whole = folder / "whole.patch"
    run(OTTER, "delta", "make", "-", new, "-o", whole, "--tries", tries)
    row["whole"] = size_of(whole) - HEADER
    prove("-", whole, new, folder)
    row.update(measure_peers(old, new, folder))
    return row


def instructions(folder, base, patch, size):
    """That the decoder takes for a byte of output, SHA-256 included; None without valgrind."""
    out = folder / "callgrind"
    try:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
             f"--toggle-collect={COUNTED}", OTTER, "delta", "apply", base, patch, "-o",
             folder / "counted"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    counted = re.search(r"Collected : (\d+)", done.stderr)
    return int(counted.group(1)) / size if counted else None


def measure_decoder(pairs, folder):
    """Speed [MB of output for a second of the processor] and instructions for some pairs."""
    rows = []
    for pair in pairs[:: max(1, len(pairs) // 2)]:
        row = {"pair": pair["pair"]}
        for kind, base in (("patch", pair["old"]), ("whole", "-")):
            patch = folder / f"{kind}.patch"
            run(OTTER, "delta", "make", base, pair["new"], "-o", patch, "--tries", 1)
            size = size_of(pair["new"])
            seconds, _ = run(OTTER, "delta", "apply", base, patch, "-o", folder / "made")
            row[kind + "_mb_per_s"] = size / seconds / 1e6
            row[kind + "_instructions"] = instructions(folder, base, patch, size)
        rows.append(row)
    return rows


def code_size():
    """[bytes] of the decoder's objects on rv32imc, as bench/footprint.py built them, by file."""
    objects = sorted((TOP / "build/chip/riscv32").glob("**/ota/patch/*.obj"))
    if not objects:
        return {}
    told = subprocess.run(["riscv64-unknown-elf-size", *objects], capture_output=True, text=True,
                          check=True).stdout.splitlines()[1:]
    return {Path(line.split()[-1]).name.removesuffix(".cpp.obj"): int(line.split()[0])
            for line in told}


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


COLUMNS = (("xz, whole", lambda row: row["xz"]), ("Otter, whole", lambda row: row["whole"]),
           ("bsdiff", lambda row: row["bsdiff"]), ("xdelta3", lambda row: row["xdelta3"]),
           ("zstd", lambda row: row["zstd"])) + tuple(
               (f"Otter {profile} KiB", lambda row, p=profile: of_profile(row["patch"], p))
               for profile in PROFILES)


def of_profile(table, profile):
    """JSON turns the keys into text."""
    return table.get(profile, table.get(str(profile)))


def print_tables(figures):
    rows = figures["rows"]
    print("| pair | image | " + " | ".join(name for name, _ in COLUMNS) + " |")
    print("|---|" + "--:|" * (len(COLUMNS) + 1))
    for row in rows:
        cells = [row["raw"]] + [value(row) for _, value in COLUMNS]
        print(f"| {row['pair']} | " + " | ".join(f"{cell:,}" for cell in cells) + " |")
    for title, total in (("sum", sum), ("geometric mean", geometric_mean)):
        cells = [total([row["raw"] for row in rows])]
        cells += [total([value(row) for row in rows]) for _, value in COLUMNS]
        print(f"| **{title}** | " + " | ".join(f"{cell:,.0f}" for cell in cells) + " |")
    back = [of_profile(row["back"], 32) for row in rows if "back" in row]
    if back:
        print(f"\nback again, one try, 32 KiB: geometric mean {geometric_mean(back):,.0f}, sum "
              f"{sum(back):,}; {len(back) * 7} patches applied, each gave its image")
    seconds = [of_profile(row["seconds"], 32) for row in rows]
    memory = max(of_profile(row["memory_kib"], 32) for row in rows) // 1024
    one = [row["seconds_of_one_try"] for row in rows]
    print(f"\nencoder: {geometric_mean(seconds):.1f} s for all tries, {max(seconds):.1f} s at most,"
          f" {memory} MiB at most; one try {geometric_mean(one):.1f} s, {max(one):.1f} s at most")
    for row in figures["decoder"]:
        print(f"decoder, {row['pair']}: " + "; ".join(
            f"{kind} {row[kind + '_mb_per_s']:.1f} MB/s, "
            f"{row[kind + '_instructions'] or 0:.0f} instructions a byte"
            for kind in ("patch", "whole")))
    code = figures["code"]
    print(f"decoder's code, rv32imc -Os: {sum(code.values()):,} bytes: "
          + ", ".join(f"{name} {size}" for name, size in sorted(code.items())))


def read_pairs(folder, only):
    with open(folder / "index.tsv", newline="", encoding="utf-8") as index:
        pairs = list(csv.DictReader(index, delimiter="\t"))
    for pair in pairs:
        for side in ("old", "new"):
            pair[side] = folder / "firmware" / (pair[side + "_sha256"][:16] + ".bin")
    return [pair for pair in pairs if not only or only in pair["pair"]]


def measure(arguments):
    pairs = read_pairs(arguments.data, arguments.only)
    figures = {"machine": platform.machine(), "code": code_size()}

    def measure_alone(pair):
        with tempfile.TemporaryDirectory(prefix="otter-bench-") as folder:
            row = measure_pair(pair, Path(folder), arguments.tries)
        print(f"{pair['pair']} ...", file=sys.stderr)
        return row

    with ThreadPoolExecutor(arguments.jobs) as pool:
        figures["rows"] = list(pool.map(measure_alone, pairs))
    with tempfile.TemporaryDirectory(prefix="otter-bench-") as folder:
        figures["decoder"] = measure_decoder(pairs, Path(folder))
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("OTTER_REAL_IMAGES"))
    parser.add_argument("--only")
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--from", type=Path, dest="figures")
    arguments = parser.parse_args()
    if arguments.figures:
        figures = json.loads(arguments.figures.read_text())
    elif arguments.data:
        figures = measure(arguments)
    else:
        print("no pairs: --data FOLDER, or OTTER_REAL_IMAGES")
        return 0
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")
    if arguments.svg:
        arguments.svg.write_text(delta_plot.plot(figures["rows"]))
    print_tables(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
