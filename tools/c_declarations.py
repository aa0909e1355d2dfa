"""What a C header declares, as text to compare: macros, functions, types, members, enumerators."""
import re

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(\([^()]*\))?[ \t]*(.*)$", re.M)
_NOISE = re.compile(
    r'extern\s+"C"\s*\{?|\[\[\w+\]\]|__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)'
    r"|\b(?:PRIVILEGED_FUNCTION|static|inline|extern|IRAM_ATTR|FORCE_INLINE_ATTR)\b")
_FUNCTION = re.compile(r"(?<![\w*])((?:\w+[\s*]+)+?)(\w+)\s*\(((?:[^(){};]|\([^()]*\))*)\)\s*[;{]")
_VARIABLE = re.compile(r"\bextern\s+([^;(){}\"]+?)(\w+)\s*(\[\])?\s*;")
_BODY = re.compile(r"\b(struct|union|enum)(?:\s+(\w+))?\s*\{")
_DEFAULT = re.compile(r"#[ \t]*ifndef[ \t]+(\w+)\s*#[ \t]*define[ \t]+\1\b.*")
_TYPEDEF = re.compile(r"\btypedef\s+([^;{}()]+?)([\w]+)\s*;")
_CALLBACK = re.compile(r"([\w\s*]+?)\(\s*\*\s*(\w+)\s*\)\s*\(([^()]*)\)")
_QUALIFIERS = {"const", "volatile", "struct", "enum", "union", "unsigned", "signed"}


def plain_type(text):
    """A type in one spelling: `const char *const` is `const char*`, a value's own const is gone."""
    text = re.sub(r"\bconst\s*$", "", re.sub(r"\s+", " ", text).strip())
    if "*" not in text:
        text = re.sub(r"\bconst\b", "", text)
    return re.sub(r"\s*\*\s*", "*", re.sub(r"\s+", " ", text)).strip()


def split_name(text):
    """(type, name) of a member or a parameter; arrays belong to the type."""
    callback = _CALLBACK.fullmatch(text.strip())
    if callback:
        result, name, parameters = callback.groups()
        return f"{plain_type(result)}(*)({parameter_types(parameters)})", name
    text, array = re.fullmatch(r"(.*?)((?:\s*\[[^\]]*\])*)(?:\s*:\s*\d+)?", text.strip(),
                               re.S).groups()
    match = re.fullmatch(r"(.*?)(\w+)\s*", text, re.S)
    words = re.findall(r"\w+", match.group(1)) if match else []
    if not match or not set(words) - _QUALIFIERS:
        return plain_type(text) + array, ""
    return plain_type(match.group(1)) + array.replace(" ", ""), match.group(2)


def parameter_types(text):
    types = [split_name(part)[0] for part in re.split(r",(?![^()]*\))", text)]
    types = [re.sub(r"\[\]$", "*", part) for part in types]
    return ", ".join(part for part in types if part != "void")


def body_end(text, begin):
    """Where the brace that opens before `begin` closes."""
    depth = 1
    for at in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    return len(text)


def bodies(text):
    """(kind, name, inside) of each struct, union and enum, by its tag and by its typedef."""
    for match in _BODY.finditer(text):
        end = body_end(text, match.end())
        typedef = re.match(r"\}\s*(\w+)\s*;", text[end:])
        names = {match.group(2), typedef.group(1) if typedef else None} - {None}
        for name in names or {""}:
            yield match.group(1), name, text[match.end():end]


def without_bodies(text):
    while re.search(r"\{[^{}]*\}", text):
        text = re.sub(r"\{[^{}]*\}", " ", text)
    return text


def declarations(text):
    """{key: what is declared}: ("macro", name), ("function", name), ("variable", name),
    ("type", name), ("member", "type.name"), ("enumerator", name); and ("alias", name): a macro for
    one word, unless it is a default for what others may define."""
    found = {}
    text = _COMMENT.sub(" ", text.replace("\\\n", " "))
    for name, parameters, _ in _MACRO.findall(text):
        count = len(re.findall(r"\w+", parameters)) if parameters else None
        found["macro", name] = "a value" if count is None else f"{count} parameters"
    for name, parameters, value in _MACRO.findall(_DEFAULT.sub("", text)):
        if not parameters and re.fullmatch(r"\w+", value.strip()):
            found["alias", name] = value.strip()
    text = re.sub(r"^[ \t]*#.*$", "", text, flags=re.M)
    for variable_type, name, array in _VARIABLE.findall(text):
        found["variable", name] = plain_type(variable_type) + array
    text = _NOISE.sub(" ", text)
    for kind, name, inside in bodies(text):
        if kind == "enum":
            for word in re.findall(r"(?:^|,)\s*(\w+)", without_bodies(inside)):
                found["enumerator", word] = "declared"
            continue
        for member in without_bodies(inside).split(";"):
            member_type, member_name = split_name(member)
            if name and member_name:
                found["member", f"{name}.{member_name}"] = member_type
    for result, name, parameters in _FUNCTION.findall(text):
        if "typedef" not in result and "return" not in result.split():
            found["function", name] = f"{plain_type(result)} ({parameter_types(parameters)})"
    for target, name in _TYPEDEF.findall(text):
        found["type", name] = plain_type(target)
    for match in re.finditer(r"\btypedef\s+([^;{}]*?\(\s*\*\s*\w+\s*\)\s*\([^()]*\))\s*;", text):
        callback, name = split_name(match.group(1))
        found["type", name] = callback
    for kind, name in list(found):
        tag = found[kind, name].partition(" ")
        if kind == "type" and tag[0] in ("struct", "union"):
            found.update({("member", key[1].replace(tag[2], name, 1)): value
                          for key, value in list(found.items())
                          if key[0] == "member" and key[1].startswith(tag[2] + ".")})
    return found
