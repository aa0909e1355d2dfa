"""The rules for all written files: sizes, blanks, words, scripts, links, versions, the pages of
errors and of threats, quoted log lines."""
import ast
import re
import subprocess

import errors_page
import house_law as law
import log_page
import threats_page
from source_file import Finding

_LINK = re.compile(r"\[[^\]\n]*\]\(([^()\s]+(?:\([^()\s]*\))?[^()\s]*)\)")
_HEADING = re.compile(r"#{1,6}\s+(.*)")
_SHELL_FUNCTION = re.compile(r"^(\w+)\(\) [{(]$(.*?)^[})]$", re.M | re.S)
# Where the version stands that is released: file -> how it is written there.
_VERSIONS = {
    "device/src/ota/client_version.h": r'kClientVersion\[\] = "([^"]*)"',
    "CMakeLists.txt": r"project\(otter VERSION (\S+)",
    "device/idf_component.yml": r'^version: "([^"]*)"',
    "device/library.json": r'^  "version": "([^"]*)"',
    "device/library.properties": r"^version=(.*)",
}


def check(file):
    yield from check_name(file)
    if file.text is None or file.text == "":
        return
    yield from check_lines(file)
    if file.is_code and len(file.lines) - 1 > law.FILE_LINES_MAX:
        yield Finding(file.path, law.FILE_LINES_MAX + 1, "file-size",
                      f"{len(file.lines) - 1} lines (at most {law.FILE_LINES_MAX})")
    if file.pure.suffix == ".py":
        yield from check_python(file)
    if file.is_shell:
        yield from check_shell(file)


def check_name(file):
    for part in file.pure.parts:
        for word in re.split(r"[^A-Za-z]+", part):
            if word.lower() in law.EMPTY_NAMES:
                yield Finding(file.path, 1, "name", f"{part}: {word} says nothing")


def check_lines(file):
    if not file.text.endswith("\n"):
        yield Finding(file.path, len(file.lines), "blank", "no newline at the end of the file")
    columns_max = law.COLUMNS_MAX if file.is_code else len(file.text)
    tabs_allowed = file.pure.suffix == ".tsv"
    for number, line in enumerate(file.lines, 1):
        if "\t" in line and not tabs_allowed:
            yield Finding(file.path, number, "blank", "a tab")
        if line != line.rstrip():
            yield Finding(file.path, number, "blank", "blanks at the end of the line")
        if len(line) > columns_max:
            yield Finding(file.path, number, "line-size",
                          f"{len(line)} columns (at most {law.COLUMNS_MAX})")
    for pattern, message in law.BANNED_TEXT:
        for match in pattern.finditer(file.text):
            number = file.text.count("\n", 0, match.start()) + 1
            yield Finding(file.path, number, "word", f"{match.group()}: {message}")


def python_functions(text):
    """(line, length, name, parameters) of each function."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names = [a.arg for a in node.args.posonlyargs + node.args.args + node.args.kwonlyargs]
            count = len([name for name in names if name not in ("self", "cls")])
            yield node.lineno, node.end_lineno - node.lineno + 1, node.name, count


def check_python(file):
    try:
        found = list(python_functions(file.text))
    except SyntaxError as error:
        yield Finding(file.path, error.lineno or 1, "python", str(error))
        return
    for line, length, name, count in found:
        if length > law.FUNCTION_LINES_MAX:
            yield Finding(file.path, line, "function-size",
                          f"{name} has {length} lines (at most {law.FUNCTION_LINES_MAX})")
        if count > law.PARAMETERS_MAX:
            yield Finding(file.path, line, "parameters",
                          f"{name} has {count} parameters (at most {law.PARAMETERS_MAX})")


def check_shell(file):
    if file.lines[0] != "#!/usr/bin/env bash":
        yield Finding(file.path, 1, "shell", "a script starts with #!/usr/bin/env bash")
    commands = [line for line in file.lines if line and not line.startswith("#")]
    if not commands or commands[0] != "set -euo pipefail":
        yield Finding(file.path, 2, "shell", "the first command is: set -euo pipefail")
    syntax = subprocess.run(["bash", "-n"], input=file.text, text=True, capture_output=True,
                            check=False)
    if syntax.returncode != 0:
        yield Finding(file.path, 1, "shell", syntax.stderr.strip().split("\n")[0])
    for match in _SHELL_FUNCTION.finditer(file.text):
        length = match.group(2).count("\n") + 1
        if length > law.FUNCTION_LINES_MAX:
            yield Finding(file.path, file.text.count("\n", 0, match.start()) + 1, "function-size",
                          f"{match.group(1)} has {length} lines")


def without_code_blocks(text):
    """The same lines; those inside ``` fences are empty."""
    inside, lines = False, []
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            inside = not inside
            lines.append("")
        else:
            lines.append("" if inside else re.sub(r"`[^`]*`", "", line))
    return lines


def anchors(text):
    """The names that GitHub gives to headings."""
    found = set()
    for line in text.split("\n"):
        match = _HEADING.match(line)
        if match:
            found.add(re.sub(r"[^\w\- ]", "", match.group(1).strip().lower()).replace(" ", "-"))
    return found


def check_links(root, files):
    for file in files:
        if file.pure.suffix != ".md" or file.text is None:
            continue
        for number, line in enumerate(without_code_blocks(file.text), 1):
            for target in _LINK.findall(line):
                if not re.match(r"[a-z]+:", target):
                    yield from check_link(root, file, number, target)


def check_link(root, file, number, target):
    path, _, anchor = target.partition("#")
    there = (root / file.folder / path) if path else root / file.path
    if not there.exists():
        yield Finding(file.path, number, "link", f"{target}: no such file")
    elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text()):
        yield Finding(file.path, number, "link", f"{target}: no such heading")


def check_errors_page(root):
    for line, message in errors_page.differences(root):
        yield Finding(errors_page.PAGE, line, "errors-page", message)


def check_threats_page(files):
    tests = threats_page.tests_in(files)
    page = next((file for file in files if file.path == threats_page.PAGE), None)
    if page is not None or tests:
        text = page.text if page is not None else ""
        for line, message in threats_page.differences(text, tests):
            yield Finding(threats_page.PAGE, line, "threats-page", message)


def check_log_page(files):
    for path, line, message in log_page.differences(files):
        yield Finding(path, line, "log-page", message)


def check_versions(files):
    """Server and device library have one version, however many files name it."""
    texts = {file.path: file.text for file in files if file.path in _VERSIONS and file.text}
    expected = None
    for path, pattern in _VERSIONS.items():
        match = re.search(pattern, texts.get(path, ""), re.M)
        if path in texts and match is None:
            yield Finding(path, 1, "version", f"no {pattern}")
        if match is None:
            continue
        expected = expected or match.group(1)
        if match.group(1) != expected:
            number = texts[path].count("\n", 0, match.start()) + 1
            yield Finding(path, number, "version", f"{match.group(1)}, elsewhere {expected}")
