#!/usr/bin/env python3
"""`otter delta` from outside: patches between made images, between nothing and something, and
between released ones where they are at hand (OTTER_REAL_IMAGES); what it refuses."""
import csv
import json
import os
import pathlib
import unittest

from program import REPOSITORY, ProgramTest

REAL = pathlib.Path(os.environ.get("OTTER_REAL_IMAGES", REPOSITORY.parent / "shared" / "data"))
HEADER = 96  # [bytes]


class Delta(ProgramTest):
    def make_image(self, version, chip="esp32c3"):
        path = self.folder / f"{version}-{chip}.bin"
        self.succeed("image", "make", "--chip", chip, "--project", "demo", "--version", version,
                     "--size", "128K", "-o", path)
        return path

    def patch(self, old, new, *more):
        path = self.folder / "made.patch"
        told = self.succeed("delta", "make", old, new, "-o", path, "--json", *more)
        return path, json.loads(told)

    def expect_round_trip(self, old, new, *more):
        patch, told = self.patch(old, new, *more)
        made = self.folder / "made.bin"
        self.succeed("delta", "apply", old, patch, "-o", made)
        self.assertEqual(made.read_bytes(), pathlib.Path(new).read_bytes())
        self.assertEqual(told["patch_size"], patch.stat().st_size)
        return told

    def test_a_patch_is_a_small_part_of_the_image(self):
        old, new = self.make_image("1.0.0"), self.make_image("1.0.1")
        for profile in (16, 32, 64):
            told = self.expect_round_trip(old, new, "--profile", profile)
            self.assertEqual(told["memory"], profile * 1024)
            self.assertLess(told["patch_size"], new.stat().st_size // 20)

    def test_a_whole_image_is_compressed(self):
        told = self.expect_round_trip("-", self.make_image("1.0.0"))
        self.assertEqual(told["method"], "lzma")
        self.assertNotIn("base_sha256", told)
        self.assertLess(told["patch_size"], 128 * 1024 * 7 // 10)

    def test_any_bytes_will_do(self):
        for name, content in (("nothing", b""), ("byte", b"x"), ("text", b"some text " * 99)):
            (self.folder / name).write_bytes(content)
        for old in ("nothing", "byte", "text", "-"):
            for new in ("nothing", "byte", "text"):
                base = old if old == "-" else self.folder / old
                self.expect_round_trip(base, self.folder / new)

    def test_info_says_what_the_patch_is_for(self):
        old, new = self.make_image("1.0.0"), self.make_image("1.0.1")
        patch, told = self.patch(old, new)
        del told["seconds"]
        self.assertEqual(json.loads(self.succeed("delta", "info", patch, "--json")), told)
        self.assertIn(told["base_sha256"], self.succeed("delta", "info", patch))

    def test_another_base_is_refused(self):
        old, new = self.make_image("1.0.0"), self.make_image("1.0.1")
        patch, _ = self.patch(old, new)
        self.refuse("the patch is for another image", "delta", "apply", new, patch, "-o", "x")

    def test_spoiled_patches_are_refused(self):
        old, new = self.make_image("1.0.0"), self.make_image("1.0.1")
        patch, _ = self.patch(old, new)
        whole = patch.read_bytes()
        spoiled = self.folder / "spoiled.patch"
        for at in (0, 5, 40, HEADER + 3, len(whole) - 1):
            spoiled.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            self.refuse("patch", "delta", "apply", old, spoiled, "-o", self.folder / "none")
        spoiled.write_bytes(whole[:-5])
        self.refuse("ends too early", "delta", "apply", old, spoiled, "-o", self.folder / "none")
        self.assertFalse((self.folder / "none").exists())

    def test_no_patch_is_refused(self):
        self.refuse("magic", "delta", "info", self.make_image("1.0.0"))

    @unittest.skipUnless((REAL / "index.tsv").is_file(), f"no real images in {REAL}")
    def test_released_images_both_ways(self):
        with open(REAL / "index.tsv", newline="", encoding="utf-8") as index:
            pairs = [row for row in csv.DictReader(index, delimiter="\t")
                     if row["kind"] in ("rebuild", "patch")]
        for pair in pairs[::3]:
            old, new = (REAL / "firmware" / (pair[side][:16] + ".bin")
                        for side in ("old_sha256", "new_sha256"))
            for base, result in ((old, new), (new, old)):
                told = self.expect_round_trip(base, result, "--tries", 1)
                self.assertLess(told["patch_size"], result.stat().st_size // 50, pair["pair"])


if __name__ == "__main__":
    unittest.main()
