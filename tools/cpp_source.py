"""Reads a C++ file as far as the house rules need it: code without comments, includes, functions.

No parser: it relies on the formatting that clang-format gives. docs/design.md says why."""
import re
from dataclasses import dataclass

_QUIET = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|R"([^\s()\\]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'",
    re.S,
)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\[^\n]|\\\n)*", re.M)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.M)
_EVENT = re.compile(r"[{}();]")
_BRACE = re.compile(r"[{}]")
_LABEL = re.compile(r"\s*(?:public|private|protected)\s*:(?!:)")
_ATTRIBUTE = re.compile(r"\[\[.*?\]\]|\balignas\s*\([^)]*\)", re.S)
_OPERATOR = re.compile(r"\boperator\s*(?:\(\s*\)|\[\s*\]|[^\s\w(]+)")
_NAME = re.compile(r"(~?[A-Za-z_][\w:~]*)\s*\(")
_TEST_MACRO = re.compile(r"TEST(?:_[FP])?\s*\(\s*(\w+)\s*,\s*(\w+)")


@dataclass
class Include:
    line: int
    angled: bool
    path: str


@dataclass
class Function:
    line: int
    last_line: int
    name: str
    parameters: int

    @property
    def length(self):
        return self.last_line - self.line + 1


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def blank_comments_and_strings(text):
    """The same text, same positions, with spaces for comments and literals."""
    return _QUIET.sub(_blank, text)


def includes(text, code):
    """`code` is blank_comments_and_strings(text): a directive inside a comment is none."""
    found = []
    for match in _INCLUDE.finditer(text):
        if code[match.start():match.end()].lstrip().startswith("#"):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Include(line, match.group(1) == "<", match.group(2)))
    return found


def _closing_brace(code, opening):
    depth = 0
    for match in _BRACE.finditer(code, opening):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.start()
    return len(code)


def _without_template(head):
    head = head.replace("->", "  ")
    while head.startswith("template"):
        depth, position = 0, head.find("<")
        while 0 <= position < len(head):
            depth += {"<": 1, ">": -1}.get(head[position], 0)
            position += 1
            if depth == 0:
                break
        head = head[max(position, 8):].lstrip()
    return head


def _flatten(head):
    """`f(int a) : b_{a}` becomes `f() : b_{}`."""
    for brackets in (r"\([^()]+\)", r"\{[^{}]+\}"):
        empty = "()" if "(" in brackets[:3] else "{}"
        before = None
        while before != head:
            before, head = head, re.sub(brackets, empty, head)
    return head


def _kind(head):
    """What the brace after this head opens: scope, value or function."""
    if not head or re.match(r"(?:inline\s+)?namespace\b|extern\s*$", head):
        return "scope"
    flat = _flatten(head)
    if re.search(r"(?<![<>=!])=(?!=)", re.sub(r"<[^<>]*>", "", flat)) or head.startswith("enum"):
        return "value"
    if re.match(r"(?:class|struct|union)\b", head):
        return "scope"
    if "()" not in flat:
        return "value"
    initialisers = re.search(r"(?<!:):(?!:)", flat[flat.index("()"):])
    return "value" if initialisers and flat[-1] not in ")}" else "function"


def _count_parameters(text):
    depth = 0
    count = 1 if text.strip() not in ("", "void") else 0
    for character in text.replace("->", ""):
        if character in "([{<":
            depth += 1
        elif character in ")]}>":
            depth -= 1
        elif character == "," and depth == 0:
            count += 1
    return count


def _describe(head):
    test = _TEST_MACRO.match(head)
    if test:
        return f"{test.group(1)}.{test.group(2)}", 0
    match = _NAME.search(head)
    if not match:
        return "?", 0
    depth, start = 0, match.end() - 1
    for position in range(start, len(head)):
        depth += {"(": 1, ")": -1}.get(head[position], 0)
        if depth == 0:
            return match.group(1), _count_parameters(head[start + 1:position])
    return match.group(1), 0


def _read_head(code, start, end):
    """The text of a declaration's head and where it begins."""
    match = _LABEL.match(code, start, end)
    while match:
        start = match.end()
        match = _LABEL.match(code, start, end)
    raw = code[start:end]
    begin = start + len(raw) - len(raw.lstrip())
    head = _without_template(_ATTRIBUTE.sub("", raw).strip())
    return _OPERATOR.sub("operator_", head).strip(), begin


def functions(code):
    """All functions with a body, tests included; lambdas belong to the function around them."""
    code = _DIRECTIVE.sub(_blank, code)
    found, start, position, depth = [], 0, 0, 0
    while match := _EVENT.search(code, position):
        event, position = match.group(), match.end()
        if event in "()":
            depth += 1 if event == "(" else -1
        elif event == "{":
            head, begin = _read_head(code, start, match.start())
            kind = "value" if depth > 0 else _kind(head)
            if kind == "scope":
                start = position
                continue
            position = _closing_brace(code, match.start()) + 1
            if kind == "function":
                first = code.count("\n", 0, begin) + 1
                last = code.count("\n", 0, position) + 1
                found.append(Function(first, last, *_describe(head)))
                start = position
        elif depth == 0:
            start = position
    return found
