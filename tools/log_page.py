"""Log lines that the documentation quotes, against the sources that print them: each quoted line
can still be printed, and docs/guides/troubleshooting.md quotes each line that says an error."""
import re

PAGE = "docs/guides/troubleshooting.md"
SOURCES = "device/src/"
PREFIX = "[OTA] "
_BEGIN = re.compile(r"\bLogLine\(")
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WORD = re.compile(r"\.text\(\s*(?:meaning|name)\(Error::(\w+)\)\s*\)\Z", re.S)
_QUOTED = re.compile(r"`(\[OTA\] [^.`][^`]+)`")  # "[OTA] ..." speaks of all lines
_NAMES_AN_ERROR = re.compile(r'X\((\w+), \d+, "([^"]+)"\)')


def closing(code, begin):
    """Where the parenthesis that opens at `begin` is closed."""
    depth = 0
    for at in range(begin, len(code)):
        depth += {"(": 1, ")": -1}.get(code[at], 0)
        if depth == 0:
            return at + 1
    return len(code)


def statements(file):
    """(line, is an error, the calls behind LogLine(...)) of each log line that `file` prints."""
    for match in _BEGIN.finditer(file.code):
        at = closing(file.code, match.end() - 1)
        is_error = "LogLevel::error" in file.text[match.end():at]
        calls = []
        while True:
            call = re.compile(r"\s*\.(?:text|number)\(").match(file.code, at)
            if not call:
                break
            end = closing(file.code, call.end() - 1)
            calls.append(file.text[at:end].strip())
            at = end
        if calls:
            yield file.text.count("\n", 0, match.start()) + 1, is_error, calls


def pattern_of(calls, meanings):
    """What such a line looks like, as a regular expression; None if nothing of it is fixed."""
    parts = []
    for call in calls:
        choices = [re.escape(literal) for literal in _LITERAL.findall(call)]
        word = _WORD.match(call)
        if word:
            choices = [word.group(1), re.escape(meanings.get(word.group(1), word.group(1)))]
        if not choices or ("?" in call and len(choices) == 1):
            choices.append(".+")
        parts.append(f"(?:{'|'.join(choices)})")
    pattern = "".join(parts)
    return pattern if re.search(r"[A-Za-z]", pattern) else None


def printed(files):
    """(path, line, is an error, pattern) of each log line of the device."""
    meanings = {}
    for file in files:
        if file.path.startswith(SOURCES) and file.pure.name == "error.h":
            meanings = dict(_NAMES_AN_ERROR.findall(file.text))
    for file in files:
        if file.path.startswith(SOURCES) and file.pure.suffix == ".cpp":
            for line, is_error, calls in statements(file):
                pattern = pattern_of(calls, meanings)
                if pattern:
                    yield file.path, line, is_error, re.compile(pattern)


def quoted(text):
    """(line, what is quoted without its prefix) of a page: in backquotes, or a line of a block."""
    for number, line in enumerate(text.split("\n"), 1):
        found = [line] if line.startswith(PREFIX) else _QUOTED.findall(line)
        for quote in found:
            yield number, quote[len(PREFIX):]


def differences(files):
    """(path, line, what is wrong)."""
    known = list(printed(files))
    explained = []
    for file in files:
        if file.pure.suffix != ".md" or file.text is None or not known:
            continue
        for number, quote in quoted(file.text):
            if not any(pattern.fullmatch(quote) for _, _, _, pattern in known):
                yield file.path, number, f"no source prints: {quote}"
            if file.path == PAGE:
                explained.append(quote)
    for path, line, is_error, pattern in known:
        if explained and is_error and not any(pattern.fullmatch(quote) for quote in explained):
            yield PAGE, 1, f"{path}:{line} prints a line that is not here: {pattern.pattern}"
