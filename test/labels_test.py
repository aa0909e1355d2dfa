#!/usr/bin/env python3
"""Tags, attributes, filters and groups as operators use them: `otter device` and `otter group`
against a running server."""
import json
import re
import subprocess
import unittest

from world import OTTER, SOURCE, WorldTest


class LabelsTest(WorldTest):
    def setUp(self):
        super().setUp()
        self.otter("device", "allow", "--product", "demo", "lamp-7", "lamp-8", "lamp-9")

    def told(self, *arguments):
        return json.loads(self.otter(*arguments, "--json").stdout)

    def ids(self, query):
        return [one["id"] for one in self.told("device", "list", "--filter", query)["devices"]]

    def labels(self, device):
        shown = self.told("device", "show", device)
        return shown["tags"], shown["attributes"]

    def failed(self, *arguments):
        """What it prints where something can't be done: (standard output, lines of the error)."""
        done = subprocess.run([OTTER, *arguments], cwd=self.folder, capture_output=True, text=True,
                              check=False, timeout=60)
        self.assertEqual(done.returncode, 1, done)
        return done.stdout, done.stderr.splitlines()

    def test_labels_devices(self):
        self.otter("device", "tag", "lamp-7", "lamp-8", "--add", "kitchen,beta", "--remove", "x")
        self.otter("device", "tag", "lamp-8", "--remove", "beta")
        told = self.otter("device", "set", "lamp-7", "floor=3", "site=Berlin Mitte",
                          'size="3"').stdout
        self.assertRegex(told, r'Tags: +beta kitchen\nAttributes: +floor=3 site=Berlin Mitte '
                               r'size="3"')
        self.assertEqual(self.labels("lamp-7"), (
            ["beta", "kitchen"], {"floor": 3, "site": "Berlin Mitte", "size": "3"}))
        self.otter("device", "set", "lamp-7", "site=")
        self.assertNotIn("site", self.otter("device", "show", "lamp-7").stdout)
        self.assertEqual(self.ids('tag = "kitchen" and not has(attr.floor)'), ["lamp-8"])
        self.assertEqual(self.ids("attr.floor >= 3"), ["lamp-7"])

    def test_names_what_cant_be_done(self):
        self.otter("device", "set", "lamp-7", "floor", ok=False)
        self.otter("device", "tag", "lamp-7", ok=False)
        wrong = self.otter("device", "list", "--filter", "tag =", ok=False).stderr
        self.assertIn('"filter", column 6: expected a value, found the end', wrong)
        _, errors = self.failed("device", "tag", "lamp-7", "ghost", "lamp-8", "--add", "a")
        self.assertRegex(errors[0], "ghost.*there is no such device")
        self.assertEqual(errors[1], "otter: 1 of 3 devices were not changed")
        self.assertEqual(self.ids("tag = a"), ["lamp-7", "lamp-8"])

    def test_keeps_groups(self):
        self.otter("device", "tag", "lamp-7", "lamp-8", "--add", "kitchen")
        told = self.otter("group", "set", "demo", "kitchens", "--filter", "tag=kitchen").stdout
        self.assertRegex(told, r'kitchens +2 +tag = "kitchen"')
        self.otter("group", "set", "demo", "all", "--filter", "")
        listed = self.told("group", "list", "demo")["groups"]
        self.assertEqual([(one["name"], one["devices"]) for one in listed],
                         [("all", 3), ("kitchens", 2)])
        self.assertEqual(self.told("group", "show", "demo", "all")["filter"], "")
        self.otter("group", "remove", "demo", "all")
        self.otter("group", "show", "demo", "all", ok=False)
        self.otter("group", "set", "demo", "x", "--filter", "tag", ok=False)

    def moved(self, text):
        """Imported into devices without labels, and exported again in both forms."""
        for device in ("lamp-7", "lamp-8"):
            self.otter("device", "tag", device, "--remove", "beta,kitchen")
        (self.folder / "labels").write_text(text)
        self.otter("device", "import", "labels")
        query = ("--filter", "id in (lamp-7, lamp-8)")
        return (self.otter("device", "export", *query).stdout,
                self.otter("device", "export", "--format", "jsonl", *query).stdout)

    def test_moves_labels_by_files(self):
        page = (SOURCE / "docs/spec/labels.md").read_text()
        csv, lines = re.findall(r"```\w+ labels-example\n(.*?)```", page, re.S)
        exported = self.moved(csv)
        self.assertEqual(exported[0], csv)
        self.assertEqual(exported[1], lines.replace(',"site":null', ""))
        for form in (lines, csv.replace("\n", "\r\n"), "\ufeff" + csv, exported[1]):
            self.assertEqual(self.moved(form), exported)

    def test_loses_nothing_to_a_line_that_cant_be_taken(self):
        (self.folder / "labels.csv").write_text(
            "id,tags,attr.floor\nlamp-7,a,1\nghost,a,1\nlamp-8,b!,1\nlamp-8,\"b,1\n\n"
            f"lamp-8,{' '.join(f't{i}' for i in range(33))},1\nlamp-9,c,2\nlamp-9,c,2\n")
        out, errors = self.failed("device", "import", "labels.csv", "--dry-run")
        self.assertEqual(out, "2 would be changed, 1 stay as they are\n")
        self.assertEqual(self.ids("has(attr.floor)"), [])
        out, wrong = self.failed("device", "import", "labels.csv")
        self.assertEqual(out, "2 changed, 1 stay as they are\n")
        self.assertEqual(wrong, errors)
        self.assertEqual([line.removeprefix("otter: labels.csv ") for line in wrong], [
            "line 3: there is no such device",
            "line 4: a tag is 1 to 64 letters, digits and . - _ :",
            "line 5: it is no CSV: a quotation mark does not fit",
            "line 7: a device has at most 32 tags",
            "otter: 4 of 7 lines can't be taken"])
        self.assertEqual(self.ids("has(attr.floor)"), ["lamp-7", "lamp-9"])
        out, _ = self.failed("device", "import", "labels.csv", "--json")
        told = json.loads(out)
        self.assertEqual((told["changed"], told["unchanged"]), (0, 3))
        self.assertEqual([one["line"] for one in told["refused"]], [3, 4, 5, 7])

    def test_refuses_a_file_that_is_no_table(self):
        (self.folder / "labels.csv").write_text("name,tags\nlamp-7,a\n")
        self.otter("device", "import", "labels.csv", ok=False)
        self.otter("device", "import", "none.csv", ok=False)


if __name__ == "__main__":
    unittest.main()
