#!/usr/bin/env python3
"""The command line as a person meets it: help, completions, the man page, colour, progress."""
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from world import DEADLINE, OTTER, WorldTest

# What prints no facts, or has a form of its own for programs.
WITHOUT_JSON = ("serve", "sim device", "device export", "audit export", "delta apply",
                "completion bash", "completion zsh", "completion fish", "man")


def help_of(*verbs):
    return subprocess.run([OTTER, *verbs, "--help"], capture_output=True, text=True,
                          check=True).stdout


def verbs_in(text):
    found = re.search(r"Subcommands:\n((?:  .*\n)+)", text)
    return re.findall(r"^  (\S+)", found.group(1), re.MULTILINE) if found else []


def leaves(*verbs):
    """(verb, help) of each verb that has none inside."""
    text = help_of(*verbs)
    inside = verbs_in(text)
    if not inside:
        yield " ".join(verbs), text
    for verb in inside:
        yield from leaves(*verbs, verb)


class Help(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.texts = dict(leaves())

    def test_each_verb_has_an_example_that_it_takes(self):
        self.assertGreater(len(self.texts), 80)
        for verb, text in self.texts.items():
            with self.subTest(verb):
                example = text[text.index("Example"):]
                self.assertIn(f"otter {verb}", example)
                own = re.search(rf"otter {verb}\b[^&|>]*", example).group()
                for option in re.findall(r" (--[\w-]+)", own):
                    self.assertIn(option, text[:text.index("Example")])

    def test_each_verb_that_prints_facts_prints_json(self):
        without = {verb for verb, text in self.texts.items() if "--json" not in text}
        self.assertEqual(without, set(WITHOUT_JSON))


class Completions(unittest.TestCase):
    def text_for(self, shell):
        return subprocess.run([OTTER, "completion", shell], capture_output=True, text=True,
                              check=True).stdout

    def completed(self, *words):
        """What bash offers in place of the last word."""
        script = (self.text_for("bash") + f"COMP_WORDS=({' '.join(map(repr, words))})\n"
                  f"COMP_CWORD={len(words) - 1}\n_otter\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"")
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash_offers_verbs_options_and_choices(self):
        self.assertEqual(self.completed("otter", "prod"), ["product"])
        self.assertEqual(self.completed("otter", "product", "re"), ["reports", "revoke-key"])
        self.assertIn("--enrolment", self.completed("otter", "product", "set", "lamp", "--e"))
        self.assertEqual(self.completed("otter", "product", "set", "lamp", "--enrolment", ""),
                         ["open", "approve", "listed"])
        self.assertEqual(self.completed("otter", "product", "approval", "lamp", "o"), ["on", "off"])
        self.assertEqual(self.completed("otter", "publish", "--notes", ""), [])
        self.assertEqual(self.completed("otter", "keys", "root", "ver"), ["verify"])
        self.assertEqual(self.completed("otter", "completion", ""), ["bash", "zsh", "fish"])

    def test_other_shells_can_read_theirs(self):
        for shell in ("bash", "zsh", "fish"):
            text = self.text_for(shell)
            self.assertIn("all_at_once", text)
            if shutil.which(shell):
                with self.subTest(shell):
                    done = subprocess.run([shell, "-n"], input=text, capture_output=True,
                                          text=True, check=False)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish_offers_the_same(self):
        def completed(line):
            script = self.text_for("fish") + f"complete -C '{line}'\n"
            done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True,
                                  text=True, check=True)
            return [one.split("\t")[0] for one in done.stdout.splitlines()]

        self.assertEqual(completed("otter prod"), ["product"])
        self.assertEqual(sorted(completed("otter product set lamp --enrolment ")),
                         ["approve", "listed", "open"])
        self.assertIn("--slot-bytes", completed("otter product add --s"))

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_offers_the_same(self):
        def offered(*words):
            """What is handed to the functions by which zsh offers it."""
            script = ("compdef() { : }\n_describe() { print -l -- ${(P)@[-1]} }\n"
                      "_files() { print files }\ncompadd() { shift; print -l -- $@ }\n"
                      + self.text_for("zsh") + f"words=({' '.join(map(repr, words))})\n"
                      f"CURRENT={len(words)}\nPREFIX={words[-1]!r}\n_otter\n")
            done = subprocess.run(["zsh", "-f", "-c", script], capture_output=True, text=True,
                                  check=True)
            self.assertEqual(done.stderr, "")
            return [line.split(":")[0] for line in done.stdout.splitlines()]

        self.assertIn("product", offered("otter", "prod"))
        self.assertEqual(offered("otter", "product", "set", "lamp", "--enrolment", ""),
                         ["open", "approve", "listed"])
        self.assertIn("--enrolment", offered("otter", "product", "set", "--"))
        self.assertEqual(offered("otter", "backup", "--config", ""), ["files"])

    def test_the_man_page_has_all_verbs(self):
        text = subprocess.run([OTTER, "man"], capture_output=True, text=True, check=True).stdout
        for verb, _ in leaves():
            self.assertIn(f".SS {verb}\n".replace("-", "\\-"), text)
        self.assertIn(".SH EXIT STATUS", text)
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-man", "-ww", "-Tascii"], input=text,
                                  capture_output=True, text=True, check=True)
            self.assertEqual(done.stderr, "")
            self.assertIn("product revoke-key", done.stdout)


class Installation(unittest.TestCase):
    def test_the_build_installs_program_completions_and_man_page(self):
        build = Path(OTTER).parent
        if not (build / "texts/otter.1").exists():
            self.skipTest("only the program was built")
        with tempfile.TemporaryDirectory() as prefix:
            subprocess.run(["cmake", "--install", build, "--prefix", prefix], capture_output=True,
                           check=True)
            found = sorted(str(path.relative_to(prefix)) for path in Path(prefix).rglob("*otter*")
                           if path.is_file())
        self.assertEqual(found, [
            "bin/otter", "share/bash-completion/completions/otter",
            "share/fish/vendor_completions.d/otter.fish", "share/man/man1/otter.1",
            "share/zsh/vendor-completions/_otter"])


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, folder, *arguments, **environment):
        self.side, other = pty.openpty()
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith("OTTER_") and name != "NO_COLOR"}
        self.process = subprocess.Popen(
            [OTTER, *arguments], cwd=folder, stdin=other, stdout=other, stderr=other,
            env={**clean, "TERM": "xterm", **environment}, start_new_session=True)
        os.close(other)
        self.text = ""

    def read_until(self, wanted):
        """All that was printed, up to what is wanted or the end."""
        end = time.monotonic() + DEADLINE
        while wanted not in self.text and time.monotonic() < end:
            if not select.select([self.side], [], [], 0.1)[0]:
                continue
            try:
                self.text += os.read(self.side, 65536).decode()
            except OSError:  # its last process has closed it
                break
        return self.text

    def finish(self):
        self.read_until("\0")
        os.close(self.side)
        return self.process.wait(DEADLINE)


class OnATerminal(WorldTest):
    def test_an_upload_shows_how_far_it_is(self):
        terminal = Terminal(self.folder, "publish", self.make_image("1.0.0", size="1M"))
        self.assertEqual(terminal.finish(), 0, terminal.text)
        self.assertRegex(terminal.text, r"uploading \[#+\.*\] \d+ %")
        self.assertIn("[##############################] 100 %", terminal.text)
        told = self.otter("publish", self.make_image("1.0.1", size="1M"))
        self.assertNotIn("uploading", told.stdout + told.stderr)

    def test_colour_is_for_terminals_and_can_be_switched_off(self):
        coloured = Terminal(self.folder, "product", "list")
        coloured.finish()
        self.assertIn("\x1b[1mPRODUCT", coloured.text)
        plain = Terminal(self.folder, "product", "list", NO_COLOR="1")
        plain.finish()
        self.assertNotIn("\x1b", plain.text)
        self.assertNotIn("\x1b", self.otter("product", "list").stdout)

    def test_top_is_drawn_until_q_or_an_interrupt(self):
        for how in ("q", signal.SIGINT):
            terminal = Terminal(self.folder, "top", "--interval", "1")
            shown = terminal.read_until("No device needs a look.")
            self.assertIn("\x1b[?1049h", shown)
            self.assertRegex(shown, r"demo +- +0 +0\.0 %")
            if how == "q":
                os.write(terminal.side, b"q")
            else:
                terminal.process.send_signal(how)
            self.assertEqual(terminal.finish(), 0)
            self.assertTrue(terminal.text.endswith("\x1b[?1049l"), repr(terminal.text[-50:]))


class Top(WorldTest):
    def test_it_is_printed_once_where_there_is_no_terminal(self):
        self.run_board(*self.create(self.publish("1.0.0")), "--until", "idle")
        told = self.otter("top")
        self.assertEqual(told.stderr, "")
        self.assertRegex(told.stdout, r"demo +1\.0\.0 +1 +100\.0 % +#{20}\n")
        self.assertIn("No rollout under way.\n", told.stdout)
        self.assertIn("No device needs a look.\n", told.stdout)
        self.assertNotIn("\x1b", told.stdout)

    def test_it_shows_rollouts_and_what_is_wrong(self):
        self.check_in_often()
        self.run_board(*self.create(self.publish("1.0.0")), "--until", "idle")
        self.otter("publish", self.make_image("1.0.1", behaviour="selftest-fail"), "--staged")
        self.otter("rollout", "start", "demo", "1.0.1", "--template", "all_at_once")
        self.assertIn("demo 1.0.1: ", self.otter("top").stdout)
        self.run_board("--run-for", "25s")
        told = self.otter("top", "--product", "demo").stdout
        self.assertRegex(told, r"Gate: \d+\.\d % failing of at most \d+\.\d %")
        self.assertIn("1 of demo: the last update failed", told)
        seen = json.loads(self.otter("top", "--json").stdout)
        self.assertEqual(seen["products"][0]["failing"], 1)
        self.assertEqual(seen["products"][0]["versions"], {"1.0.0": 1})
        self.assertEqual(seen["rollouts"][0]["version"], "1.0.1")

    def test_it_says_what_is_wrong_in_one_line(self):
        for verb in (("top", "--product", "none"), ("device", "list", "--product", "none"),
                     ("release", "list", "--product", "none"),
                     ("device", "list", "--filter", "product = none")):
            refused = self.otter(*verb, ok=False).stderr
            self.assertIn("there is no product none [bad_query]", refused)


if __name__ == "__main__":
    unittest.main()
