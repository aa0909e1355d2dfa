#!/usr/bin/env python3
"""Each rule of tidy.py finds what it is for, and nothing in a clean tree."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
import cpp_source  # noqa: E402
import errors_page  # noqa: E402
import sizes  # noqa: E402
import tidy  # noqa: E402
from source_file import SourceFile  # noqa: E402

HEADER = "// What it is. Pure, any thread.\n#pragma once\n"


class TidyTest(unittest.TestCase):
    def findings(self, files):
        """What tidy says of a tree of these files: {"rule path:line", ...}."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            (root / ".clang-format").write_text("BasedOnStyle: Google\nColumnLimit: 100\n")
            for name, text in files.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
            return {f"{f.rule} {f.path}:{f.line}" for f in tidy.check(root)}

    def assert_found(self, expected, path, text):
        self.assertEqual(self.findings({path: text}), {f"{e.split()[0]} {path}:{e.split()[1]}"
                                                       for e in expected})

    def assert_clean(self, path, text):
        self.assertEqual(self.findings({path: text}), set())


class Includes(TidyTest):
    def test_keep_the_wire_to_itself(self):
        self.assert_found(["include 3"], "device/src/ota/wire/a.h",
                          HEADER + '#include "ota/flash.h"\n')

    def test_keep_the_engine_out_of_the_server(self):
        self.assert_found(["include 1"], "server/a.cpp", '#include "ota/updater.h"\n')
        self.assert_clean("server/a.cpp", '#include "ota/wire/bytes.h"\n')

    def test_keep_cxx_headers_out_of_the_core(self):
        self.assert_found(["include 1"], "device/src/ota/a.cpp", "#include <string>\n")
        self.assert_clean("device/src/ota/a.cpp", "#include <string.h>\n")

    def test_keep_a_library_in_its_place(self):
        self.assert_found(["include 1"], "server/routes.cpp", "#include <sqlite3.h>\n")
        self.assert_clean("server/store_sqlite.cpp", "#include <sqlite3.h>\n")

    def test_ask_where_an_unknown_library_belongs(self):
        self.assert_found(["include 1"], "server/a.cpp", "#include <curl/curl.h>\n")

    def test_name_house_headers_from_the_top(self):
        self.assert_found(["include 1"], "server/a.cpp", '#include "b.h"\n')

    def test_begin_with_the_own_header(self):
        found = self.findings({"sim/a.cpp": '#include <vector>\n\n#include "sim/a.h"\n'})
        self.assertIn("include sim/a.cpp:3", found)

    def test_in_comments_do_not_count(self):
        self.assert_clean("sim/a.cpp", "/*\n#include <curl/curl.h>\n*/\nint a;\n")


class Cycles(TidyTest):
    def test_between_headers_are_found(self):
        found = self.findings({"sim/a.h": HEADER + '#include "sim/b.h"\n',
                               "sim/b.h": HEADER + '#include "sim/a.h"\n'})
        self.assertEqual(found, {"cycle sim/a.h:3"})

    def test_between_folders_are_found(self):
        found = self.findings({"sim/a.cpp": '#include "publish/a.h"\n',
                               "publish/b.cpp": '#include "sim/b.h"\n'})
        self.assertEqual(found, {"cycle publish/b.cpp:1", "include publish/b.cpp:1"})


class Headers(TidyTest):
    def test_need_a_paragraph_on_top(self):
        self.assert_found(["header 1"], "sim/a.h", "#pragma once\n")

    def test_need_pragma_once_right_after_it(self):
        self.assert_found(["header 2"], "sim/a.h", "// What it is.\n\n#pragma once\n")

    def test_keep_the_order_of_a_contract(self):
        self.assert_found(["contract 5"], "sim/a.h",
                          HEADER + "// Does.\n// Source: RFC 1\n// Power:  a cut\nvoid a();\n")

    def test_spell_the_words_of_a_contract(self):
        self.assert_found(["contract 4"], "sim/a.h",
                          HEADER + "// Does.\n// Requires: b\nvoid a();\n")

    def test_name_only_errors_of_the_closed_list(self):
        text = HEADER + "// Does.\n// Errors: flash_io, it_rained\nvoid a();\n"
        self.assert_found(["contract 4"], "publish/a.h", text)
        self.assert_clean("server/a.h", text)


class Conditions(TidyTest):
    def test_are_not_for_the_core(self):
        self.assert_found(["condition 1"], "device/src/ota/a.cpp", "#ifdef A\n")

    def test_on_a_platform_are_for_the_port_alone(self):
        self.assert_found(["condition 1"], "sim/a.cpp", "#ifdef ESP_PLATFORM\n")
        self.assert_clean("device/src/ota_esp/a.cpp", "#ifdef ESP_PLATFORM\n")


class Sizes(TidyTest):
    def test_of_a_file(self):
        self.assert_found(["file-size 601"], "sim/a.cpp", "int a;\n" * 601)

    def test_of_a_function(self):
        self.assert_found(["function-size 1"], "sim/a.cpp",
                          "void a() {\n" + "  b();\n" * 69 + "}\n")
        self.assert_clean("sim/a.cpp", "void a() {\n" + "  b();\n" * 68 + "}\n")

    def test_of_a_python_function(self):
        self.assert_found(["function-size 1"], "test/a.py", "def a():\n" + "    b()\n" * 70)

    def test_of_a_line(self):
        self.assert_found(["line-size 1"], "a.py", "#" * 101 + "\n")

    def test_of_a_list_of_parameters(self):
        self.assert_found(["parameters 1"], "sim/a.cpp",
                          "void a(int b, int c, int d, int e, int f, int g) {}\n")
        self.assert_clean("sim/a.cpp", "void a(std::map<int, int> b, int c, int d, int e) {}\n")

    def test_are_told_as_median_p90_and_max(self):
        self.assertEqual(sizes.spread([9, 1, 2, 3, 4, 5, 6, 7, 8, 100]), "6 / 100 / 100")


class Words(TidyTest):
    def test_that_say_nothing_are_no_names(self):
        self.assert_found(["name 1"], "sim/a_util.cpp", "int a;\n")
        self.assert_found(["name 1"], "sim/common/a.cpp", "int a;\n")
        self.assert_found(["name 1"], "sim/a.cpp", "class SlotManager;\n")
        self.assert_clean("sim/a.cpp", "class Simple;\n")

    def test_name_one_type_in_a_folder(self):
        found = self.findings({"sim/a.h": HEADER + "class A {};\n",
                               "sim/b.h": HEADER + "class A {\n};\nclass B {};\n"})
        self.assertEqual(found & {"name sim/b.h:3"}, {"name sim/b.h:3"})
        self.assert_clean("sim/a.h", HEADER + "class A;\nclass A {};\n")

    def test_of_unfinished_work_are_refused(self):
        self.assert_found(["word 1"], "sim/a.cpp", "// TO" "DO: more\n")
        self.assert_found(["word 1"], "a.md", "This works for" " now.\n")

    def test_of_one_machine_are_refused(self):
        self.assert_found(["word 1"], "a.sh".replace("sh", "md"), "see /ro" "ot/notes\n")
        self.assert_clean("a.md", "see docs/wo" "rk/notes\n")


class Text(TidyTest):
    def test_has_no_tabs_and_no_blanks_at_the_end(self):
        self.assert_found(["blank 1", "blank 2", "blank 3"], "a.md", "a\tb\nc \nd")

    def test_is_no_rule_for_data(self):
        self.assert_clean("fuzz/corpus/json/a.json", "\t ")
        self.assert_clean("docs/a.bin", b"\0\t \n")

    def test_of_scripts_begins_alike(self):
        self.assert_found(["shell 1"], "a.sh", "#!/bin/sh\nset -euo pipefail\n")
        self.assert_found(["shell 2"], "a.sh", "#!/usr/bin/env bash\necho a\n")
        self.assert_found(["shell 1"], "a.sh", "#!/usr/bin/env bash\nset -euo pipefail\nif\n")

    def test_links_lead_somewhere(self):
        self.assert_found(["link 2"], "a.md", "[a](a.md) [w](https://a.example/)\n[b](b.md)\n")
        self.assert_found(["link 3"], "a.md", "# The way\n[a](#the-way)\n[b](#the-end)\n")
        self.assert_clean("a.md", "```\n[b](b.md)\n```\n")


class Format(TidyTest):
    def test_is_that_of_clang_format(self):
        self.assert_found(["format 1"], "sim/a.cpp", "int   a;\n")


class ErrorsPage(TidyTest):
    HEADER_TEXT = 'X(ok, 0, "no error")\nX(flash_io, 1, "failed")\n'

    def differences(self, page):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in ((errors_page.HEADER, self.HEADER_TEXT), (errors_page.PAGE, page)):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return [line for line, _ in errors_page.differences(root)]

    def test_agrees_with_the_header(self):
        rows = "| 0 | `ok` | no error | - |\n| 1 | `flash_io` | failed | try again |\n"
        self.assertEqual(self.differences(rows), [])

    def test_lacks_no_error_and_has_none_of_its_own(self):
        self.assertEqual(self.differences("| 0 | `ok` | no error |\n| 2 | `b` | c |\n"), [1, 2])

    def test_tells_of_another_meaning(self):
        rows = "| 0 | `ok` | no error |\n| 1 | `flash_io` | worked |\n"
        self.assertEqual(self.differences(rows), [2])


class ThreatsPage(TidyTest):
    HEAD = "# T\n\n| threat | defence | test | status |\n|---|---|---|---|\n"
    ROW = "| Rollback | a floor | `threat_rollback` | proved |\n"
    TEST = "TEST_F(Threat, threat_rollback) {}\n"

    def page(self, rows, test=TEST):
        found = self.findings({"docs/threats.md": self.HEAD + rows, "sim/a_test.cpp": test})
        return sorted(finding.split(":")[-1] for finding in found
                      if finding.startswith("threats-page"))

    def test_agrees_with_the_tests(self):
        planned = "| Glitch | twice | - | planned: there is none |\n"
        hardware = "| Clip | encryption | - | not a matter of simulation: it is hardware |\n"
        self.assertEqual(self.page(self.ROW + planned + hardware), [])

    def test_names_no_test_that_is_not_there(self):
        self.assertEqual(self.page(self.ROW, test="TEST_F(Threat, rollback) {}\n"), ["5"])

    def test_leaves_no_test_out(self):
        self.assertEqual(self.page("| Clip | none | - | planned: x |\n"), ["1"])

    def test_has_a_status_that_fits(self):
        self.assertEqual(self.page(self.ROW.replace("proved", "done")), ["5"])
        self.assertEqual(self.page(self.ROW.replace("proved", "planned: later")), ["5"])
        self.assertEqual(self.page(self.ROW + "| A | b | - | proved |\n"), ["6"])

    def test_names_a_test_once(self):
        self.assertEqual(self.page(self.ROW + self.ROW), ["6"])

    def test_has_whole_rows(self):
        self.assertEqual(self.page(self.ROW + "| A | b |\n"), ["6"])


class Versions(TidyTest):
    def test_are_the_same_in_every_manifest(self):
        build = "project(otter VERSION 0.2.0 LANGUAGES CXX)\n"
        manifest = '{\n  "version": "0.2.0"\n}\n'
        library = "name=Otter\nversion=0.1.0\n"
        self.assertEqual(
            self.findings({"CMakeLists.txt": build, "device/library.json": manifest}), set())
        self.assertEqual(
            self.findings({"CMakeLists.txt": build, "device/library.properties": library}),
            {"version device/library.properties:2"})

    def test_are_not_missing(self):
        self.assert_found(["version 1"], "device/idf_component.yml", "license: MIT\n")


class Functions(unittest.TestCase):
    def names(self, text):
        code = cpp_source.blank_comments_and_strings(text)
        return [(f.name, f.length, f.parameters) for f in cpp_source.functions(code)]

    def test_in_scopes_are_found(self):
        text = ("namespace a {\nclass B : public C {\n public:\n  int d() const { return 1; }\n"
                "};\n}  // namespace a\n")
        self.assertEqual(self.names(text), [("d", 1, 0)])

    def test_with_initialisers_are_one(self):
        self.assertEqual(self.names("A::A(int b) : b_{b}, c_(1) {\n  d();\n}\n"), [("A::A", 3, 1)])

    def test_are_not_values(self):
        text = ("int a{1};\nint b[] = {1, 2};\nauto c = [](int d) { return d; };\n"
                "enum class E { f, g };\n")
        self.assertEqual(self.names(text), [])

    def test_of_templates_and_operators_are_found(self):
        text = ("template <typename T, typename = decltype(f<T>()->g())>\nvoid a(T b) {}\n"
                "bool operator==(A a, A b) { return true; }\n")
        self.assertEqual(self.names(text), [("a", 2, 1), ("operator_", 1, 2)])

    def test_of_googletest_carry_their_claim(self):
        self.assertEqual(self.names("TEST(Journal, IgnoresATornRecord) {\n}\n"),
                         [("Journal.IgnoresATornRecord", 2, 0)])

    def test_in_text_are_none(self):
        self.assertEqual(self.names('// void a() {}\nconst char b[] = "void c() {";\n'), [])

    def test_keep_their_length_through_separators_and_characters(self):
        self.assertEqual(self.names("int a() {\n  b(1'000, '{', '\\'');\n}\n"), [("a", 3, 0)])


class Listing(unittest.TestCase):
    def test_works_without_git(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            (root / "build").mkdir()
            (root / "build" / "a.o").write_text("")
            (root / "a.md").write_text("")
            self.assertEqual(tidy.list_files(root), ["a.md"])

    def test_reads_bytes_as_no_text(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "a.bin").write_bytes(b"\xff\xfe")
            self.assertIsNone(SourceFile(Path(folder), "a.bin").text)


class LogPage(TidyTest):
    SOURCE = """void a() {
  LogLine(board, LogLevel::error)
      .text("Stopped at byte ")
      .number(offset)
      .text(": ")
      .text(name(error));
  LogLine(board).text("Hash: ").text(holds ? "PASSED" : "FAILED");
}
"""
    PAGE = "| `[OTA] Stopped at byte <n>: <error>` | the network |\n"

    def page(self, text, path="docs/guides/troubleshooting.md"):
        found = self.findings({"device/src/ota_esp/a.cpp": self.SOURCE, path: text})
        return sorted(finding for finding in found if finding.startswith("log-page"))

    def test_quotes_what_a_source_prints(self):
        self.assertEqual(self.page(self.PAGE + "```\n[OTA] Hash: PASSED\n```\n"), [])

    def test_quotes_nothing_else(self):
        changed = self.PAGE.replace("Stopped", "Ended") + self.PAGE
        self.assertEqual(self.page(changed), ["log-page docs/guides/troubleshooting.md:1"])
        self.assertEqual(self.page("```\n[OTA] Hash: LOST\n```\n", "docs/a.md"),
                         ["log-page docs/a.md:2"])

    def test_leaves_no_error_out(self):
        self.assertEqual(self.page("`[OTA] Hash: PASSED`\n"),
                         ["log-page docs/guides/troubleshooting.md:1"])


if __name__ == "__main__":
    unittest.main()
