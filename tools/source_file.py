"""A file of the tree, read once and looked at by all rules."""
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

import cpp_source
from house_law import DATA_FOLDERS


class Finding(NamedTuple):
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class SourceFile:
    def __init__(self, root, path):
        self.path = path
        self.pure = PurePosixPath(path)
        self.folder = "" if str(self.pure.parent) == "." else str(self.pure.parent)
        self._raw = (root / path).read_bytes()

    @property
    def is_cpp(self):
        return self.pure.suffix in (".cpp", ".h", ".ino")

    @property
    def is_header(self):
        return self.pure.suffix == ".h"

    @property
    def is_test(self):
        return (self.pure.stem.endswith(("_test", "_fixture"))
                or self.folder in ("test", "device/test"))

    @cached_property
    def text(self):
        """None for what nobody writes by hand: bytes, and folders of data."""
        if DATA_FOLDERS & set(self.pure.parts[:-1]) or b"\0" in self._raw:
            return None
        try:
            return self._raw.decode("utf-8")
        except UnicodeDecodeError:
            return None

    @cached_property
    def lines(self):
        return self.text.split("\n")

    @property
    def is_shell(self):
        return self.pure.suffix == ".sh" or (self.text or "").startswith(
            ("#!/usr/bin/env bash", "#!/bin/bash", "#!/bin/sh"))

    @property
    def is_code(self):
        return (self.is_cpp or self.is_shell or self.pure.name == "CMakeLists.txt"
                or self.pure.suffix in (".py", ".cmake", ".ts", ".css", ".sql"))

    @cached_property
    def code(self):
        return cpp_source.blank_comments_and_strings(self.text)

    @cached_property
    def includes(self):
        return cpp_source.includes(self.text, self.code)

    @cached_property
    def functions(self):
        return cpp_source.functions(self.code)
