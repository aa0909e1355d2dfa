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


def entries(sequences, states):
    return tuple(entry(*parts) for parts in itertools.product(sequences, states, (True, False)))


def layouts(images, count):
    return tuple(map("".join, itertools.product(images, repeat=count)))


ENTRIES = entries(SEQUENCES, STATES)
AXES = (ROLLBACK, SLOTS, FACTORY, TEST, ENTRIES, ENTRIES)

# With anti-rollback. Burned bits of the eFuse's four; images that verify, of security version 0, 1,
# 2 and one that has more bits than the eFuse; damaged of version 2; without a description; none.
BURNED = ("a0/4", "a1/4", "a2/4")
VERSIONED_SLOTS = layouts("0129Cgb", 1) + layouts("0129Cgb", 2) + layouts("12C", 3)
FEWER_ENTRIES = entries((ERASED, 1, 2, 3), (0, 1, 2, 4, 0x404))
ANTI_ROLLBACK_AXES = (BURNED, VERSIONED_SLOTS, ("-", "1"), ("-", "1"), FEWER_ENTRIES, FEWER_ENTRIES)


def state_count(axes):
    count = 1
    for axis in axes:
        count *= len(axis)
    return count


def state_line(axes, number):
    """The state line of that number, 0 to state_count(axes) - 1."""
    words = []
    for axis in reversed(axes):
        number, place = divmod(number, len(axis))
        words.append(axis[place])
    return " ".join(reversed(words))


def chosen(axes, states, seed):
    """The numbers of the states to compare, in order."""
    count = state_count(axes)
    if states == "all":
        return range(count)
    return sorted(random.Random(seed).sample(range(count), min(int(states), count)))


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


def compare(model, reference, axes, numbers):
    """(states, differences, the first difference as (line, ours, theirs)); None: one failed."""
    differences, first = 0, None
    for begin in range(0, len(numbers), CHUNK):
        lines = [state_line(axes, number) for number in numbers[begin:begin + CHUNK]]
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
                        help=f"how many states, or all {state_count(AXES)} (default)")
    parser.add_argument("--anti-rollback", action="store_true",
                        help=f"the {state_count(ANTI_ROLLBACK_AXES)} states of a bootloader built "
                             "with anti-rollback instead")
    parser.add_argument("--seed", type=int, default=1, help="which states, if not all (default 1)")
    arguments = parser.parse_args()
    if arguments.states != "all" and not arguments.states.isdigit():
        parser.error("--states takes a number or all")
    return arguments


def main():
    arguments = parse_arguments()
    model = [arguments.otter, "sim", "boot-table"]
    axes = ANTI_ROLLBACK_AXES if arguments.anti_rollback else AXES
    numbers = chosen(axes, arguments.states, arguments.seed)
    result = compare(model, [arguments.reference], axes, numbers)
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
