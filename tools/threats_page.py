"""docs/threats.md against the tests: each test that a row names is there, and each test that is
named after a threat is in a row."""
import re

PAGE = "docs/threats.md"
_HEAD = "| threat | defence | test | status |"
_ROW = re.compile(r"\| ([^|]+) \| ([^|]+) \| (?:`(threat_\w+)`|-) \| ([^|]+) \|")
_TEST = re.compile(r"\bTEST(?:_F|_P)?\(\w+,\s*(threat_\w+)\)|\bdef test_(threat_\w+)\(")
_STATUS = re.compile(r"(proved(?: in part: .+)?|planned: .+|not a matter of simulation: .+)")


def tests_in(files):
    """The names of all tests that are named after a threat."""
    found = set()
    for file in files:
        if file.is_test and file.text and "threat_" in file.text:
            found |= {cpp or python for cpp, python in _TEST.findall(file.text)}
    return found


def rows_of(text):
    """(line, the row's cells or None) of each row of the page's tables."""
    inside = False
    for line, row in enumerate(text.split("\n"), 1):
        if row == _HEAD:
            inside = True
        elif not row.startswith("|"):
            inside = False
        elif inside and not row.startswith("|---"):
            match = _ROW.fullmatch(row)
            yield line, match.groups() if match else None


def differences(text, tests):
    """(line, what is wrong); `text` is the page's."""
    named = set()
    for line, cells in rows_of(text):
        if cells is None:
            yield line, "a row is: | threat | defence | `threat_...` or - | status |"
            continue
        test, status = cells[2], cells[3]
        if not _STATUS.fullmatch(status):
            yield line, "a status is: proved, proved in part: ..., planned: ..., " \
                        "not a matter of simulation: ..."
        elif status.startswith("proved") != (test is not None):
            yield line, "what is proved names its test, and nothing else does"
        if test is None:
            continue
        if test in named:
            yield line, f"{test} is in another row already"
        if test not in tests:
            yield line, f"there is no test {test}"
        named.add(test)
    for test in sorted(tests - named):
        yield 1, f"{test} is in no row"
