"""docs/errors.md against the closed list in device/src/ota/wire/error.h: word, number, meaning."""
import re
from functools import lru_cache
from pathlib import Path

HEADER = "device/src/ota/wire/error.h"
PAGE = "docs/errors.md"
_ENTRY = re.compile(r'X\((\w+), (\d+), "([^"]+)"\)')
_ROW = re.compile(r"\| (\d+) \| `(\w+)` \| ([^|]+) \|")


def read_header(root):
    path = root / HEADER
    text = path.read_text() if path.exists() else ""
    return [(int(number), word, meaning) for word, number, meaning in _ENTRY.findall(text)]


@lru_cache(maxsize=1)
def words():
    """All words of this tree's list."""
    return {word for _, word, _ in read_header(Path(__file__).resolve().parent.parent)}


def differences(root):
    """(line of the page, what is wrong with it); nothing in a tree that has no such header."""
    entries = read_header(root)
    if not entries:
        return
    numbers = [number for number, _, _ in entries]
    if numbers != sorted(set(numbers)):
        yield 1, f"{HEADER}: a number is used twice or out of order"
    if not (root / PAGE).exists():
        yield 1, "there is no such page"
        return
    rows = {}
    for line, text in enumerate((root / PAGE).read_text().split("\n"), 1):
        match = _ROW.match(text)
        if match:
            rows[match.group(2)] = (line, int(match.group(1)), match.group(3).strip())
    for number, word, meaning in entries:
        line, page_number, page_meaning = rows.pop(word, (1, None, None))
        if (page_number, page_meaning) != (number, meaning):
            yield line, f"the header says: | {number} | `{word}` | {meaning} |"
    for word, (line, _, _) in rows.items():
        yield line, f"{word} is not in {HEADER}"
