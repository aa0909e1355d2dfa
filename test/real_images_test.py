#!/usr/bin/env python3
"""Released firmware of real products: `otter image info` reads each file and agrees with the index.

The files are no part of the repository. OTTER_REAL_IMAGES names their folder (index.tsv and
firmware/); OTTER names the program.
"""
import csv
import json
import os
import pathlib
import subprocess
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
FOLDER = pathlib.Path(os.environ.get("OTTER_REAL_IMAGES", REPOSITORY.parent / "shared" / "data"))
INDEX = FOLDER / "index.tsv"
OTTER = os.environ.get("OTTER", str(REPOSITORY / "build" / "release" / "otter"))


def read_index():
    """The distinct files of the index: SHA-256 -> what the index says of the file."""
    files = {}
    with open(INDEX, newline="", encoding="utf-8") as index:
        for row in csv.DictReader(index, delimiter="\t"):
            for side in ("old", "new"):
                files[row[side + "_sha256"]] = {
                    "chip": row["chip"],
                    "chip_id": int(row["chip_id"]),
                    "size": int(row[side + "_size"]),
                    "sha256": row[side + "_sha256"],
                    "idf_version": row["idf_" + side],
                }
    return files


def path_of(sha256):
    return FOLDER / "firmware" / (sha256[:16] + ".bin")


def run(*arguments):
    return subprocess.run([OTTER, *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, check=False)


@unittest.skipUnless(INDEX.is_file(), f"no real images: {INDEX} is absent (OTTER_REAL_IMAGES)")
class RealImages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = read_index()
        cls.reports = {}

    def info(self, sha256):
        """What the program says of a file; asked once."""
        if sha256 not in self.reports:
            done = run("image", "info", path_of(sha256), "--json")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.reports[sha256] = json.loads(done.stdout)
        return self.reports[sha256]

    def test_the_index_names_every_file(self):
        present = {path.stem for path in (FOLDER / "firmware").glob("*.bin")}
        self.assertEqual({sha256[:16] for sha256 in self.files}, present)
        self.assertGreater(len(present), 0)

    def test_info_agrees_with_the_index(self):
        for sha256, expected in self.files.items():
            with self.subTest(file=sha256[:16]):
                report = self.info(sha256)
                self.assertEqual(expected, {key: report[key] for key in expected})

    def test_every_segment_lies_in_known_memory(self):
        for sha256 in self.files:
            with self.subTest(file=sha256[:16]):
                for segment in self.info(sha256)["segments"]:
                    self.assertNotEqual("unknown", segment["memory"], segment)

    def test_only_images_without_their_own_hash_can_not_be_published(self):
        for sha256 in self.files:
            with self.subTest(file=sha256[:16]):
                with open(path_of(sha256), "rb") as file:
                    hash_flag = file.read(24)[23]
                self.assertEqual(hash_flag == 1, self.info(sha256)["publishable"])

    def test_info_for_people_names_version_and_hash(self):
        for sha256, expected in self.files.items():
            with self.subTest(file=sha256[:16]):
                done = run("image", "info", path_of(sha256))
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(sha256, done.stdout)
                self.assertIn("ESP-IDF " + expected["idf_version"], done.stdout)

    def test_info_refuses_each_file_cut_in_half(self):
        for sha256, expected in self.files.items():
            with self.subTest(file=sha256[:16]):
                cut = subprocess.run(
                    ["sh", "-c", 'head -c "$1" "$2" | "$3" image info /dev/stdin', "sh",
                     str(expected["size"] // 2), str(path_of(sha256)), OTTER],
                    capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual((cut.returncode, cut.stdout), (1, ""))
                self.assertIn("ends too early", cut.stderr)


if __name__ == "__main__":
    unittest.main()
