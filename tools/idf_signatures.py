#!/usr/bin/env python3
"""Compares device/test/idf, which declares what the port uses of ESP-IDF, with ESP-IDF itself.

    tools/idf_signatures.py --idf ~/esp/esp-idf

Prints each difference and, last, how many declarations were compared; exits 1 if there was a
difference. A line of device/test/idf that ends with `// since 5.5` or `// until 5.5` is compared
with those versions alone; one with `// stub`, and names that begin with stub_, with none.
eFuses are compared for each chip that ESP-IDF has a table of: each has names of its own.
"""
import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from c_declarations import declarations  # noqa: E402

STUBS = Path(__file__).resolve().parent.parent / "device/test/idf"
# What no declaration of ours can come from, and is large.
SKIPPED = {"test", "test_apps", "host_test", "examples", "bt", "openthread", "soc", "linux",
           "unity", "esp_rom", "hal", "ulp", "esp_wifi_remote", "esp_tee"}
OWN = {"esp_idf_version.h", "sdkconfig.h"}  # made of the compiler's own macros
EFUSES = "esp_efuse_table.h"
COMPILER = os.environ.get("CXX", "g++")

# Headers whose macros stand for types.
CONFIGURATIONS = {"FreeRTOSConfig.h", "portmacro.h"}


def version_of(idf):
    """(5, 1, 4), as tools/cmake/version.cmake says."""
    text = (idf / "tools/cmake/version.cmake").read_text()
    return tuple(int(re.search(rf"IDF_VERSION_{part} (\d+)", text).group(1))
                 for part in ("MAJOR", "MINOR", "PATCH"))


def concerns(line, version):
    """False for a line that this version has not."""
    match = re.search(r"// (since|until) (\d+)\.(\d+)$", line)
    if match is None:
        return not line.endswith("// stub")
    limit = (int(match.group(2)), int(match.group(3)))
    return version[:2] >= limit if match.group(1) == "since" else version[:2] < limit


def expected(stubs, version):
    """{key: (declaration, header)} of the stubs."""
    found = {}
    for path in sorted(stubs.rglob("*.h")):
        if path.name in OWN or path.name == EFUSES:
            continue
        lines = [line for line in path.read_text().split("\n") if concerns(line, version)]
        for key, text in declarations("\n".join(lines)).items():
            if key[0] != "alias" and not key[1].startswith("stub_"):
                found[key] = (text, path.relative_to(stubs).as_posix())
    return found


def headers(components):
    for folder, folders, files in os.walk(components):
        folders[:] = [name for name in folders if name not in SKIPPED]
        yield from (Path(folder) / name for name in files if name.endswith(".h"))


def declared(idf, names):
    """{key: [(declaration, path)]} of the headers that name one of `names`; and all aliases."""
    found, aliases = {}, {}
    pattern = re.compile(r"\b(?:" + "|".join(sorted(names)) + r")\b")
    for path in headers(idf / "components"):
        text = path.read_text(errors="replace")
        if not pattern.search(text) and path.name not in CONFIGURATIONS:
            continue
        for key, value in declarations(text).items():
            if key[0] == "alias":
                aliases[key[1]] = value
            found.setdefault(key, []).append((value, path.as_posix()))
    return found, aliases


def resolved(text, aliases):
    """`text` with macros that stand for one word in place of which they stand."""
    return re.sub(r"\w+", lambda word: aliases.get(word.group(), word.group()), text)


def differences(stubs, idf):
    """(how many were compared, lines that say what differs)."""
    wanted = expected(stubs, version_of(idf))
    found, aliases = declared(idf, {key[1].split(".")[0] for key in wanted})
    lines = []
    for key, (text, header) in sorted(wanted.items()):
        places = found.get(key, [])
        if key[0] == "enumerator":  # some are macros
            places = places or [("declared", path) for _, path in
                                found.get(("macro", key[1]), [])]
        same_header = [place for place in places if place[1].endswith("/" + header)]
        candidates = {resolved(value, aliases) for value, _ in same_header or places}
        if resolved(text, aliases) not in candidates:
            lines.append(f"{header}: {key[0]} {key[1]}: {text}; there: "
                         f"{' | '.join(sorted(candidates)) or 'nothing'}")
    return len(wanted), lines


def efuses_of(stubs, idf, chip):
    """What the stubs have of the eFuses of `chip`, with its capabilities as Kconfig knows them."""
    capabilities = idf / "components/soc" / chip / "include/soc/soc_caps.h"
    known = re.findall(r"^#define (SOC_\w+) +\(?1\)?", capabilities.read_text(), re.M)
    macros = [f"CONFIG_IDF_TARGET_{chip.upper()}", *(f"CONFIG_{name}" for name in known)]
    done = subprocess.run([COMPILER, "-E", "-dD", "-P", f"-I{stubs}", "-x", "c++",
                           *(f"-D{macro}=1" for macro in macros), stubs / EFUSES],
                          text=True, capture_output=True, check=True)
    return {key: text for key, text in declarations(done.stdout).items()
            if key[0] in ("macro", "variable") and key[1].startswith("ESP_EFUSE_")}


def has_variables(found):
    return any(kind == "variable" for kind, _ in found)


def efuse_differences(stubs, idf):
    """The same as differences(), of all chips."""
    count, lines = 0, []
    for header in sorted((idf / "components/efuse").glob(f"*/include/{EFUSES}")):
        chip = header.parent.parent.name
        wanted = efuses_of(stubs, idf, chip)
        tables = [declarations(header.read_text())]
        if not has_variables(tables[0]):  # it includes the one of the chip's revision
            tables = [declarations(path.read_text())
                      for path in sorted(header.parent.glob("esp_efuse_table_*.h"))]
        for table in tables:
            count += len(wanted)
            lines += [f"{EFUSES}: {key[0]} {key[1]}: {text}; {chip}: {table.get(key, 'nothing')}"
                      for key, text in sorted(wanted.items()) if table.get(key) != text]
    return count, lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--idf", type=Path, required=True, help="a tree of ESP-IDF")
    arguments = parser.parse_args()
    count, lines = differences(STUBS, arguments.idf)
    efuse_count, efuse_lines = efuse_differences(STUBS, arguments.idf)
    count, lines = count + efuse_count, lines + efuse_lines
    version = ".".join(map(str, version_of(arguments.idf)))
    print("\n".join([*lines, f"ESP-IDF {version}: {count} compared, {len(lines)} differ"]))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
