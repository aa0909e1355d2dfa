#!/usr/bin/env python3
"""idf_signatures.py finds each kind of difference, and none where there is none."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
import idf_signatures  # noqa: E402
from c_declarations import declarations  # noqa: E402

STUB = """// One line.
#pragma once
#define ANSWER 42
#define GIVE(what) stub_give(what)
extern const int* DOGS[];
typedef struct dog* dog_handle_t;
typedef enum {
  DOG_SMALL,
} dog_size_t;
typedef struct {
  const char* name;
  uint8_t paws[4];
  int (*bark)(void* self);
} dog_t;
extern "C" {
int dog_feed(dog_handle_t dog, const char* food, uint32_t size);
void dog_walk(void);  // until 5.5
int stub_give(int what);
}
"""
VENDOR = """#define ANSWER   (41 + 1)   /* why not */
#define GIVE( xWhat )   give_it( ( xWhat ), 0 )
#define STACK_TYPE  uint32_t
extern const int *DOGS[];
typedef struct dog *dog_handle_t;
typedef enum { DOG_SMALL = 1, /*!< up to 10 kg */ DOG_LARGE } dog_size_t;
struct dog_config { const char *name; /* of the dog */ uint8_t paws[4]; bool is_good : 1;
  struct { int deep; } more; int (*bark)(void *); };
typedef struct dog_config dog_t;
/** Feeds it. */
__attribute__((nonnull(1))) static inline int dog_feed(dog_handle_t dog, const char *const food,
  const STACK_TYPE size) { return size > 0; }
void dog_walk(void);
"""


class Differences(unittest.TestCase):
    def lines(self, vendor, stub=STUB, version=(5, 1, 4)):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "stubs").mkdir()
            (root / "stubs/dog.h").write_text(stub)
            header = root / "idf/components/dog/include/dog.h"
            header.parent.mkdir(parents=True)
            header.write_text(vendor)
            cmake = root / "idf/tools/cmake/version.cmake"
            cmake.parent.mkdir(parents=True)
            cmake.write_text("".join(f"set(IDF_VERSION_{part} {number})\n" for part, number
                                     in zip(("MAJOR", "MINOR", "PATCH"), version)))
            return idf_signatures.differences(root / "stubs", root / "idf")

    def assert_differs(self, old, new, words):
        self.assertIn(old, VENDOR)
        _, lines = self.lines(VENDOR.replace(old, new))
        self.assertEqual([line.split(":")[1].strip() for line in lines], [words])

    def test_are_none_where_only_the_spelling_differs(self):
        self.assertEqual(self.lines(VENDOR), (10, []))

    def test_are_found_in_functions(self):
        self.assert_differs("STACK_TYPE size)", "size_t size)", "function dog_feed")
        self.assert_differs("inline int dog_feed", "inline void dog_feed", "function dog_feed")
        self.assert_differs("void dog_walk(void);", "", "function dog_walk")

    def test_are_found_in_variables(self):
        self.assert_differs("const int *DOGS[]", "const int *DOGS", "variable DOGS")

    def test_are_found_in_types_and_their_members(self):
        self.assert_differs("struct dog *dog_handle_t", "uint32_t dog_handle_t",
                            "type dog_handle_t")
        self.assert_differs("paws[4]", "paws[5]", "member dog_t.paws")
        self.assert_differs("const char *name;", "char *name;", "member dog_t.name")
        self.assert_differs("(void *);", "(int);", "member dog_t.bark")
        self.assert_differs("DOG_SMALL", "DOG_TINY", "enumerator DOG_SMALL")

    def test_are_found_in_macros(self):
        self.assert_differs("ANSWER ", "QUESTION ", "macro ANSWER")
        self.assert_differs("GIVE( xWhat )", "GIVE( xWhat, xWhom )", "macro GIVE")

    def test_heed_the_version(self):
        without = VENDOR.replace("void dog_walk(void);", "")
        self.assertEqual(self.lines(without, version=(5, 5, 0)), (9, []))
        self.assertEqual(len(self.lines(without, version=(5, 4, 9))[1]), 1)


class Efuses(unittest.TestCase):
    STUB = """#if CONFIG_IDF_TARGET_DOG
extern const int* ESP_EFUSE_BARKS[];
#if CONFIG_SOC_TAIL_SUPPORTED
extern const int* ESP_EFUSE_WAGS[];
#endif
#endif
"""
    BARKS = "extern const int* ESP_EFUSE_BARKS[];\n"
    WAGS = "extern const int* ESP_EFUSE_WAGS[];\n"

    def lines(self, capabilities, tables):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            files = {"stubs/esp_efuse_table.h": self.STUB,
                     "components/soc/dog/include/soc/soc_caps.h": capabilities,
                     **{f"components/efuse/dog/include/{name}": text
                        for name, text in tables.items()}}
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return idf_signatures.efuse_differences(root / "stubs", root)

    def test_are_those_of_the_chip(self):
        table = {"esp_efuse_table.h": self.BARKS}
        self.assertEqual(self.lines("", table), (1, []))
        self.assertEqual(self.lines("// #define SOC_TAIL_SUPPORTED 1\n", table), (1, []))
        count, lines = self.lines("#define SOC_TAIL_SUPPORTED   (1)\n", table)
        self.assertEqual((count, [line[-12:] for line in lines]), (2, ["dog: nothing"]))

    def test_are_in_the_tables_of_all_revisions(self):
        tables = {"esp_efuse_table.h": '#include "esp_efuse_table_v3.h"\n',
                  "esp_efuse_table_v0.h": self.BARKS + self.WAGS,
                  "esp_efuse_table_v3.h": self.WAGS}
        self.assertEqual(self.lines("", tables)[0], 2)
        self.assertEqual(len(self.lines("", tables)[1]), 1)
        tables["esp_efuse_table.h"] += self.BARKS  # what old revisions had besides is no table
        self.assertEqual(self.lines("", tables), (1, []))


class Declarations(unittest.TestCase):
    def test_take_no_calls_for_functions(self):
        found = declarations("static inline int f(int a) { return g(a); }\n")
        self.assertEqual({key[1] for key in found if key[0] == "function"}, {"f"})

    def test_leave_out_names_of_parameters(self):
        found = declarations("void f(const char *a[], void (*b)(int c), unsigned int d);")
        self.assertEqual(found["function", "f"], "void (const char**, void(*)(int), unsigned int)")


if __name__ == "__main__":
    unittest.main()
