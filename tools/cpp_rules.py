"""The rules for C++ files: includes, headers, sizes, contracts."""
import re

import errors_page
import house_law as law
from source_file import Finding

_TYPE_NAME = re.compile(r"\b(?:class|struct|union|enum(?:\s+class)?|using)\s+(?:\[\[\w+\]\]\s*)?"
                        r"([A-Za-z_]\w*)")
_TYPE_AT_TOP = re.compile(
    r"^(?:class|struct|enum(?: class)?) (?:\[\[\w+\]\] )?(\w+)(?!\w|::)[^;{]*\{", re.M)
_CONDITION = re.compile(r"[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif|else)\b")
_CONTRACT = re.compile(r"\s*//\s+([A-Za-z]+):(.*)")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def check(file):
    if file.text is None:
        return
    yield from check_includes(file)
    yield from check_conditions(file)
    yield from check_functions(file)
    yield from check_type_names(file)
    yield from check_own_header(file)
    if file.is_header:
        yield from check_header_form(file)
        yield from check_contracts(file)


def folder_of(path, table):
    """The longest folder in `table` that holds `path`, or None."""
    holders = [folder for folder in table if path.startswith(folder + "/")]
    return max(holders, key=len, default=None)


def resolve(include_path):
    """The tree's path of a house header, or None."""
    for beginning, root in law.HEADER_ROOTS.items():
        if include_path.startswith(beginning):
            return f"{root}/{include_path}" if root else include_path
    return None


def check_includes(file):
    folder = folder_of(file.path, law.MAY_INCLUDE)
    on_chip = file.path.startswith(law.CHIP_FOLDERS)
    core = folder in ("device/src/ota", "device/src/ota/wire")
    for include in file.includes:
        message = None
        if core and include.angled:
            if include.path not in law.CORE_HEADERS:
                message = f"the core may only use {', '.join(sorted(law.CORE_HEADERS))}"
        elif include.angled:
            message = None if on_chip else library_message(file, include.path)
        elif resolve(include.path):
            if folder and not include.path.startswith(law.MAY_INCLUDE[folder]):
                message = f"{folder} may include {', '.join(law.MAY_INCLUDE[folder])}"
        elif not on_chip:
            message = "house headers are named from the top: \"server/http.h\""
        if message:
            yield Finding(file.path, include.line, "include", f"{include.path}: {message}")


def library_message(file, path):
    if path in law.STANDARD_HEADERS or law.POSIX_HEADERS.match(path):
        return None
    for header, places in law.LIBRARIES.items():
        if re.match(header, path):
            return None if re.fullmatch(places, file.path) else "this library is named elsewhere"
    return "unknown library: tools/house_law.py says where, docs/design.md why"


def check_conditions(file):
    core = file.path.startswith("device/src/ota/")
    on_chip = file.path.startswith(law.CHIP_FOLDERS)
    if not re.search(r"#[ \t]*if", file.text):
        return
    for number, line in enumerate(file.lines, 1):
        if core and _CONDITION.match(line):
            yield Finding(file.path, number, "condition", "no #if in the portable core")
        elif not core and not on_chip and law.PLATFORM_MACRO.match(line.lstrip()):
            yield Finding(file.path, number, "condition", "no #if on a platform outside ota_esp/")


def check_functions(file):
    for function in file.functions:
        if function.length > law.FUNCTION_LINES_MAX:
            yield Finding(file.path, function.line, "function-size",
                          f"{function.name} has {function.length} lines"
                          f" (at most {law.FUNCTION_LINES_MAX})")
        if function.parameters > law.PARAMETERS_MAX:
            yield Finding(file.path, function.line, "parameters",
                          f"{function.name} has {function.parameters} parameters"
                          f" (at most {law.PARAMETERS_MAX}): a struct with named fields?")


def check_type_names(file):
    for match in _TYPE_NAME.finditer(file.code):
        for word in _WORD.findall(match.group(1)):
            if word.lower() in law.EMPTY_NAMES:
                line = file.code.count("\n", 0, match.start(1)) + 1
                yield Finding(file.path, line, "name", f"{match.group(1)}: {word} says nothing")


def check_own_header(file):
    if file.pure.suffix != ".cpp" or not file.includes:
        return
    own = [i for i in file.includes
           if resolve(i.path) and resolve(i.path) == str(file.pure.with_suffix(".h"))]
    if own and own[0] is not file.includes[0]:
        yield Finding(file.path, own[0].line, "include", "its own header comes first")


def check_header_form(file):
    number = 0
    while number < len(file.lines) and file.lines[number].startswith("//"):
        number += 1
    if number == 0:
        yield Finding(file.path, 1, "header", "no paragraph on top: what it is, its thread rule")
    if number >= len(file.lines) or file.lines[number] != "#pragma once":
        yield Finding(file.path, number + 1, "header", "#pragma once follows the top paragraph")


def check_contracts(file):
    words = {}
    for number, line in enumerate(file.lines, 1):
        if not line.lstrip().startswith("//"):
            words = {}
            continue
        match = _CONTRACT.match(line)
        if not match:
            continue
        word, rest = match.groups()
        if word in law.NEAR_CONTRACT_WORDS:
            yield Finding(file.path, number, "contract",
                          f"{word}: the words are {', '.join(law.CONTRACT_WORDS)}")
        elif word in law.CONTRACT_WORDS:
            rank = law.CONTRACT_WORDS.index(word)
            if any(rank <= earlier for earlier in words.values()):
                yield Finding(file.path, number, "contract",
                              f"{word}: out of order: {', '.join(law.CONTRACT_WORDS)}")
            words[word] = rank
            if word == "Errors":
                yield from check_error_words(file, number, rest)


def check_error_words(file, number, rest):
    """Each single lower-case word of an Errors: line is in the device's closed list."""
    known = errors_page.words() if file.path.startswith(("device/", "publish/")) else ()
    for part in re.split(r"[,;]", re.sub(r"\([^)]*\)?", "", rest)):
        word = part.strip().rstrip(".")
        if known and re.fullmatch(r"[a-z]+(?:_[a-z]+)*", word) and word not in known:
            yield Finding(file.path, number, "contract", f"{word} is not in ota/wire/error.h")


def check_one_definition(files):
    """Two types of one name in a folder would be one type to the linker."""
    seen = {}
    for file in files:
        if not file.is_header or file.text is None:
            continue
        for match in _TYPE_AT_TOP.finditer(file.code):
            line = file.code.count("\n", 0, match.start()) + 1
            first = seen.setdefault((file.folder, match.group(1)), f"{file.path}:{line}")
            if first != f"{file.path}:{line}":
                yield Finding(file.path, line, "name", f"{match.group(1)} is in {first} already")


def check_cycles(files):
    headers, folders, lines = {}, {}, {}
    for file in files:
        if file.text is None:
            continue
        home = folder_of(file.path, law.MAY_INCLUDE)
        for include in file.includes:
            target = None if include.angled else resolve(include.path)
            if target is None:
                continue
            lines[file.path, target] = include.line
            if file.is_header:
                headers.setdefault(file.path, []).append(target)
            there = folder_of(target, law.MAY_INCLUDE)
            if home and there and home != there:
                folders.setdefault(home, {}).setdefault(there, (file.path, include.line))
    for cycle in find_cycles(headers):
        yield Finding(cycle[0], lines[cycle[0], cycle[1]], "cycle", " -> ".join(cycle))
    for cycle in find_cycles({folder: list(targets) for folder, targets in folders.items()}):
        path, line = folders[cycle[0]][cycle[1]]
        yield Finding(path, line, "cycle", " -> ".join(cycle))


def find_cycles(graph):
    """One cycle for each way back that a depth-first walk meets: [a, b, a]."""
    done, cycles = set(), []

    def walk(node, path):
        if node in path:
            cycles.append(path[path.index(node):] + [node])
            return
        if node in done:
            return
        for target in graph.get(node, ()):
            walk(target, path + [node])
        done.add(node)

    for node in sorted(graph):
        walk(node, [])
    return cycles
