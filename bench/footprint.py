#!/usr/bin/env python3
"""What the portable core takes of a chip: builds it for the ESP32-C3's instruction set and for the
ESP8266's, links it as a firmware does (device/test/chip/firmware.cpp), and says what the linker
kept. Fails where a limit of docs/footprint.md is passed.

    bench/footprint.py            the table
    bench/footprint.py --files    also what each object file holds
    --build-only                  no measure

The stack is that of the tapes in build/chip/riscv32/tapes; ./test_ota.sh chip records them.
"""
import argparse
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
CHIPS = {"riscv32": "riscv64-unknown-elf-g++", "xtensa": "xtensa-lx106-elf-g++"}

# [bytes] of rv32imc. A limit is what the core may grow to before this fails; a budget is what
# docs/footprint.md strives for.
LIMITS = {"code": 64 * 1024, "static": 2048, "stack": 6 * 1024}
BUDGETS = {"code": 25 * 1024, "static": 1024, "stack": 6 * 1024}

# A line of the linker's map: section, address, size, object. Long names have a line of their own.
SECTION = re.compile(r"^ (\.[\w.$*]+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$", re.M)
KINDS = {"text": "code", "literal": "code", "rodata": "constants", "srodata": "constants",
         "data": "static", "sdata": "static", "bss": "static", "sbss": "static"}


def run(*command):
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(chip):
    """Gives the folder."""
    folder = TOP / "build/chip" / chip
    source = TOP / "device/test/chip"
    run("cmake", "-S", source, "-B", folder, "-G", "Ninja", f"--toolchain={source}/{chip}.cmake")
    run("cmake", "--build", folder)
    return folder


def owner(name):
    """Whose object this is: the core's, the compiler's library or the C library."""
    if "libgcc.a" in name:
        return "libgcc"
    if ".a(" in name:
        return "libc"
    return "core" if "otter_device" in name else "firmware"


def read_map(folder):
    """Bytes by (owner, file, kind) of all that the linker kept."""
    text = (folder / "firmware.map").read_text()
    kept = text[text.index("Linker script and memory map"):]
    sizes = Counter()
    for section, size, name in SECTION.findall(re.sub(r"^( \.\S+)\n", r"\1", kept, flags=re.M)):
        kind = KINDS.get(section.split(".")[1])
        if kind:
            sizes[owner(name), Path(name).name.removesuffix(".obj"), kind] += int(size, 16)
    return sizes


def total(sizes, who, *kinds):
    return sum(size for (whose, _, kind), size in sizes.items() if whose == who and kind in kinds)


def stack_of(folder):
    """The most that a recorded update took on the chip's instruction set, None without tapes."""
    deepest = None
    for tape in sorted((folder / "tapes").glob("*.tape")):
        if tape.stem != "vectors":
            told = run(TOP / "device/test/chip/run.sh", folder / "chip_test", "engine", tape)
            deepest = max(deepest or 0, int(re.search(r"stack: (\d+)", told).group(1)))
    return deepest


def print_table(sizes):
    print(f"{'[bytes]':34}" + "".join(f"{chip:>10}" for chip in sizes))
    rows = [("the core: code", "core", ("code",)), ("the core: constants", "core", ("constants",)),
            ("the core: data and bss", "core", ("static",)),
            ("an Updater, in the application", "firmware", ("static",)),
            ("what it calls in the C library", "libc", ("code", "constants")),
            ("what it calls in libgcc", "libgcc", ("code", "constants"))]
    for title, who, kinds in rows:
        print(f"{title:34}" + "".join(f"{total(sizes[chip], who, *kinds):10}" for chip in sizes))


def print_files(sizes):
    names = Counter()
    for (who, name, kind), size in sizes.items():
        if who == "core" and kind != "static":
            names[name] += size
    for name, size in names.most_common():
        print(f"  {name:32}{size:10}")


def judge(measured):
    """True if every limit is kept."""
    for what, size in measured.items():
        verdict = "within the budget" if size <= BUDGETS[what] else "above the budget"
        if size > LIMITS[what]:
            verdict = f"ABOVE THE LIMIT of {LIMITS[what]}"
        print(f"{what:8}{size:8} bytes, {verdict} of {BUDGETS[what]}")
    return all(size <= LIMITS[what] for what, size in measured.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--files", action="store_true")
    parser.add_argument("--build-only", action="store_true")
    arguments = parser.parse_args()
    folders = {chip: build(chip) for chip in CHIPS}
    if arguments.build_only:
        return 0
    for compiler in CHIPS.values():
        print(run(compiler, "--version").split("\n")[0])
    sizes = {chip: read_map(folder) for chip, folder in folders.items()}
    print_table(sizes)
    if arguments.files:
        print_files(sizes["riscv32"])
    chip = sizes["riscv32"]
    measured = {"code": total(chip, "core", "code", "constants"),
                "static": total(chip, "core", "static") + total(chip, "firmware", "static")}
    stack = stack_of(folders["riscv32"])
    if stack:
        measured["stack"] = stack
    return 0 if judge(measured) else 1


if __name__ == "__main__":
    sys.exit(main())
