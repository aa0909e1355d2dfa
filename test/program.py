"""The built program `otter` on files in a folder: what it answers, and what it refuses. OTTER names
the program."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
OTTER = os.environ.get("OTTER", str(REPOSITORY / "build" / "release" / "otter"))
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("OTTER_")}


class ProgramTest(unittest.TestCase):
    """Each class works in a folder of its own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="otter-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def run_otter(self, *arguments):
        return subprocess.run([OTTER, *map(str, arguments)], cwd=self.folder, env=ENVIRONMENT,
                              text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              check=False)

    def succeed(self, *arguments):
        done = self.run_otter(*arguments)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return done.stdout

    def refuse(self, reason, *arguments):
        """Exit code 1, nothing on standard output, one line with the reason on standard error."""
        done = self.run_otter(*arguments)
        self.assertEqual((1, ""), (done.returncode, done.stdout), done.stderr)
        self.assertRegex(done.stderr, r"\Aotter: [^\n]*\n\Z")
        self.assertIn(reason, done.stderr)
