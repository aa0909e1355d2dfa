#!/usr/bin/env python3
"""Checks the house rules that a compiler can't. Prints `file:line: rule: message` for each finding
and exits 1; prints nothing and exits 0 when all is well. There is no list of exceptions.

    tools/tidy.py            all files that git tracks or would track
    tools/tidy.py --sizes    the sizes of files and functions, for docs
"""
import argparse
import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import text_rules  # noqa: E402
import cpp_rules  # noqa: E402
import sizes  # noqa: E402
from source_file import Finding, SourceFile  # noqa: E402

CLANG_FORMAT = "clang-format-19"
# What git would ignore, for a tree that came without git or belongs to another user.
UNTRACKED_FOLDERS = {".git", "build", "logs", "otter-data", "demo", "__pycache__", "node_modules"}


def list_files(root):
    """Paths relative to root, sorted."""
    git = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"],
        capture_output=True, check=False)
    top = subprocess.run(["git", "-C", str(root), "rev-parse", "--show-toplevel"],
                         capture_output=True, text=True, check=False).stdout.strip()
    if git.returncode == 0 and top and Path(top).resolve() == root:
        names = [name for name in git.stdout.decode().split("\0") if name]
    else:
        names = []
        for folder, folders, files in os.walk(root):
            folders[:] = [f for f in folders if f not in UNTRACKED_FOLDERS]
            names += [os.path.relpath(os.path.join(folder, f), root) for f in files]
    return sorted(name for name in set(names) if (root / name).is_file())


def start_format(root, files):
    """Starts clang-format on all C++ files, in two processes; None if it isn't installed."""
    names = [file.path for file in files if file.is_cpp]
    command = [CLANG_FORMAT, "--dry-run", "-Werror", "--ferror-limit=1"]
    try:
        return [subprocess.Popen(command + part, cwd=root, text=True, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE)
                for part in (names[::2], names[1::2]) if part]
    except FileNotFoundError:
        return None


def finish_format(processes):
    if processes is None:
        yield Finding("tools/tidy.py", 1, "format", f"{CLANG_FORMAT} is not installed: ./setup.sh")
        return
    for process in processes:
        _, output = process.communicate()
        lines = [line for line in output.split("\n") if ": error:" in line]
        for line in lines:
            path, number = line.split(":")[:2]
            yield Finding(path, int(number), "format", f"run {CLANG_FORMAT} -i {path}")
        if process.returncode != 0 and not lines:
            yield Finding(".clang-format", 1, "format", output.strip() or "clang-format failed")


def check(root):
    """All findings in the tree at `root`, in order."""
    files = [SourceFile(root, name) for name in list_files(root)]
    formatting = start_format(root, files)
    findings = []
    for file in files:
        findings += text_rules.check(file)
        if file.is_cpp:
            findings += cpp_rules.check(file)
    findings += cpp_rules.check_cycles([file for file in files if file.is_cpp])
    findings += cpp_rules.check_one_definition(files)
    findings += text_rules.check_links(root, files)
    findings += text_rules.check_versions(files)
    findings += text_rules.check_errors_page(root)
    findings += text_rules.check_threats_page(files)
    findings += text_rules.check_log_page(files)
    findings += finish_format(formatting)
    return sorted(set(findings))


def main():
    parser = argparse.ArgumentParser(description="Checks the house rules.")
    parser.add_argument("--root", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--sizes", action="store_true", help="print sizes instead of findings")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    if arguments.sizes:
        print(sizes.report([SourceFile(root, name) for name in list_files(root)]))
        return 0
    findings = check(root)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
