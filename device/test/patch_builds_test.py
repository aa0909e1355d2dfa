#!/usr/bin/env python3
"""The decoder of patches by gcc and clang, without optimiser and with all of it: each build makes
the same bytes of the good vectors in docs/spec/vectors/patch.json. On rv32imc the same vectors run
in ./test_ota.sh chip."""
import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = [*sorted(TOP.glob("device/src/ota/patch/*.cpp")), TOP / "device/src/ota/crc32.cpp",
           *(TOP / f"device/src/ota/wire/{name}.cpp"
             for name in ("bytes", "chip", "crypto", "digest", "error")),
           TOP / "publish/host_crypto.cpp", TOP / "device/test/decode_patch.cpp"]
COMPILERS = [name for name in ("g++", "clang++-19") if shutil.which(name)]
DIGEST = slice(60, 92)  # of the result, in a patch's header


def good_vectors():
    vectors = json.loads((TOP / "docs/spec/vectors/patch.json").read_text())
    return [vector for vector in vectors if vector["error"] == "ok"]


class PatchBuilds(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="otter-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def build(self, compiler, level):
        program = self.folder / "decode"
        subprocess.run([compiler, "-std=c++20", level, f"-I{TOP}", f"-I{TOP}/device/src", *SOURCES,
                        "-o", program, "-lcrypto"], check=True)
        return program

    def decode(self, program, vector):
        for name, key in (("base", "base"), ("patch", "hex")):
            (self.folder / name).write_bytes(bytes.fromhex(vector[key]))
        return subprocess.run([program, self.folder / "base", self.folder / "patch"],
                              capture_output=True, check=True).stdout

    def test_each_build_makes_the_same(self):
        vectors = good_vectors()
        self.assertGreater(len(vectors), 10)
        for compiler in COMPILERS:
            for level in ("-O0", "-O3"):
                program = self.build(compiler, level)
                for vector in vectors:
                    with self.subTest(compiler=compiler, level=level, vector=vector["name"]):
                        made = hashlib.sha256(self.decode(program, vector)).digest()
                        self.assertEqual(made, bytes.fromhex(vector["hex"])[DIGEST])


if __name__ == "__main__":
    unittest.main()
