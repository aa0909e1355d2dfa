#!/usr/bin/env python3
"""Compares the bootloader model with another implementation of the bootloader, boot by boot, over
all states of otadata and images. Both read state lines on standard input and print result lines;
the lines, and how to get a reference, are described in docs/boot.md.

Exit codes: 0 no difference, 1 a difference (the line that replays it is printed), 2 a program
failed."""
import argparse
import itertools
import random
import struct
import subprocess
import sys
import tempfile
import zlib

CHUNK = 200_000  # lines in a run of both programs

ERASED = 0xFFFFFFFF
SEQUENCES = (ERASED, 0, 1, 2, 3, 4, 5)
# fresh, pending_verify, valid, invalid, aborted, undefined, and what a torn write may leave
STATES = (0, 1, 2, 3, 4, ERASED, 0x404)
ROLLBACK = ("1", "0")
SLOTS = tuple("".join(flags) or "-" for count in range(4)
              for flags in itertools.product("gb", repeat=count))
FACTORY = ("-", "g", "b")
TEST = ("-", "g")


def crc(sequence):
    return zlib.crc32(struct.pack("<I", sequence), ERASED)


def entry(sequence, state, is_right):
    value = crc(sequence) ^ (0 if is_right else 1)
    return f"{sequence:08x}:{state:08x}:{value:08x}"


ENTRIES = tuple(entry(*parts) for parts in itertools.product(SEQUENCES, STATES, (True, False)))
AXES = (ROLLBACK, SLOTS, FACTORY, TEST, ENTRIES, ENTRIES)


def state_count():
    count = 1
    for axis in AXES:
        count *= len(axis)
    return count


def state_line(number):
    """The state line of that number, 0 to state_count() - 1."""
    words = []
    for axis in reversed(AXES):
        number, place = divmod(number, len(axis))
        words.append(axis[place])
    return " ".join(reversed(words))


def chosen(states, seed):
    """The numbers of the states to compare, in order."""
    if states == "all":
        return range(state_count())
    wanted = min(int(states), state_count())
    return sorted(random.Random(seed).sample(range(state_count()), wanted))


def run(command, lines):
    """The result lines of a program; None if it failed."""
    with tempfile.TemporaryFile("w+") as given:
        given.write("\n".join(lines) + "\n")
        given.seek(0)
        done = subprocess.run(command, stdin=given, stdout=subprocess.PIPE, text=True, check=False)
    answers = done.stdout.split("\n")[:-1]
    if done.returncode != 0 or len(answers) != len(lines):
        print(f"{command[0]}: exit code {done.returncode}, {len(answers)} answers to "
              f"{len(lines)} lines", file=sys.stderr)
        return None
    return answers


def compare(model, reference, numbers):
    """(states, differences, the first difference as (line, ours, theirs)); None: one failed."""
    differences, first = 0, None
    for begin in range(0, len(numbers), CHUNK):
        lines = [state_line(number) for number in numbers[begin:begin + CHUNK]]
        ours, theirs = run(model, lines), run(reference, lines)
        if ours is None or theirs is None:
            return None
        for line, our, their in zip(lines, ours, theirs):
            if our == their:
                continue
            differences += 1
            first = first or (line, our, their)
    return len(numbers), differences, first


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--reference", required=True, help="the program to compare with")
    parser.add_argument("--otter", default="otter", help="the program otter (default: in PATH)")
    parser.add_argument("--states", default="all",
                        help=f"how many states, or all {state_count()} (default)")
    parser.add_argument("--seed", type=int, default=1, help="which states, if not all (default 1)")
    arguments = parser.parse_args()
    if arguments.states != "all" and not arguments.states.isdigit():
        parser.error("--states takes a number or all")
    return arguments


def main():
    arguments = parse_arguments()
    model = [arguments.otter, "sim", "boot-table"]
    numbers = chosen(arguments.states, arguments.seed)
    result = compare(model, [arguments.reference], numbers)
    if result is None:
        return 2
    states, differences, first = result
    print(f"{states} states, {differences} differences")
    if first is None:
        return 0
    line, ours, theirs = first
    print(f"first difference:\n  echo '{line}' | {' '.join(model)}\n"
          f"  model:     {ours}\n  reference: {theirs}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
