"""The sizes of the tree's C++ files and functions: the figures that STYLE.md sets aims for."""
import re


def spread(values):
    """median / p90 / max"""
    if not values:
        return "-"
    ordered = sorted(values)
    return " / ".join(str(ordered[min(len(ordered) - 1, int(len(ordered) * part))])
                      for part in (0.5, 0.9, 1.0))


def comment_share(files):
    """Comment lines for 100 lines of public headers that are not empty."""
    lines = [line.strip() for file in files for line in file.lines if line.strip()]
    comments = [line for line in lines if line.startswith("//")]
    return f"{100 * len(comments) / len(lines):.0f} %" if lines else "-"


def condition_rate(files):
    lines = [line for file in files for line in file.lines]
    conditions = [line for line in lines if re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line)]
    return f"{1000 * len(conditions) / len(lines):.1f}" if lines else "-"


def report(files):
    """A table for people."""
    source = [file for file in files if file.is_cpp and file.text]
    code = [file for file in source if not file.is_test]
    tests = [file for file in files if file.is_test and file.is_code and file.text]
    code_lines = sum(len(file.lines) - 1 for file in code)
    test_lines = sum(len(file.lines) - 1 for file in tests)
    core = [file for file in code if file.path.startswith("device/src/ota/")]
    rows = [
        ("lines per file, median / p90 / max", spread([len(f.lines) - 1 for f in code])),
        ("lines per function, median / p90 / max",
         spread([function.length for file in code for function in file.functions])),
        ("comments in headers", comment_share([f for f in code if f.is_header])),
        ("#if per 1,000 lines of the core", condition_rate(core)),
        ("lines of code, without tests", f"{code_lines} in {len(code)} files"),
        ("tests : code", f"{test_lines / code_lines:.2f}" if code_lines else "-"),
    ]
    return "\n".join(f"{name:40} {value}" for name, value in rows)
