#!/usr/bin/env python3
"""Configurations from the operator's file to the board that acts on them, and back again when it
can't: the real programs on real sockets."""
import json
import unittest

from world import WorldTest


class Config(WorldTest):
    def setUp(self):
        super().setUp()
        self.run_board(*self.create(self.publish("1.0.0")), "--until", "idle")

    def values(self, text):
        path = self.folder / "values.json"
        path.write_text(text)
        return path

    def set(self, **values):
        return self.otter("config", "set", "demo", self.values(json.dumps(values))).stdout

    def shown(self, *more):
        return json.loads(self.otter("config", "show", "demo", "--json", *more).stdout)

    def settle(self):
        """A check-in that fetches what is in force, and one that tells the server of it."""
        said = self.run_board("--until", "idle")
        self.run_board("--until", "idle")
        return said

    def test_values_arrive_and_the_operator_sees_it(self):
        self.assertIn("demo configuration 1 is in force", self.set(behaviour="healthy", level=3))
        self.assertEqual({"enrolled": 1, "applied": 0, "failed": 0}, self.shown()["devices"])
        self.assertIn("Configuration 1 confirmed", self.settle())
        self.assertEqual({"enrolled": 1, "applied": 1, "failed": 0}, self.shown()["devices"])
        self.assertEqual(1, self.device()["config"])
        told = self.otter("config", "show", "demo").stdout
        self.assertIn("1 of 1 have it", told)
        self.assertIn('"values":{"behaviour": "healthy", "level": 3}', told)

    def test_what_the_application_refuses_is_taken_back_and_told(self):
        self.set(behaviour="healthy")
        self.settle()
        self.set(behaviour="no such")
        self.assertIn("Configuration 2 taken back", self.settle())
        device = self.device()
        self.assertEqual((1, 2), (device["config"], device["config_failed"]))
        self.assertEqual({"enrolled": 1, "applied": 0, "failed": 1}, self.shown()["devices"])

    def test_an_earlier_version_can_be_put_in_force_again(self):
        self.set(behaviour="healthy", level=1)
        self.set(behaviour="healthy", level=2)
        self.settle()
        self.assertEqual(2, self.device()["config"])
        self.otter("config", "use", "demo", "1")
        self.settle()
        self.assertEqual(1, self.device()["config"])
        self.assertEqual([2, 1], [one["version"] for one in self.shown()["versions"]])

    def test_what_is_added_is_not_in_force(self):
        self.otter("config", "add", "demo", self.values("{}"))
        self.settle()
        self.assertEqual(0, self.device()["config"])
        self.assertIn("no configuration is in force", self.otter("config", "show", "demo").stdout)
        self.assertIn("{}", self.shown("--version", "1")["document"])

    def test_a_version_goes_out_in_stages_and_comes_back(self):
        self.set(behaviour="healthy", level=1)
        self.settle()
        self.otter("config", "add", "demo", self.values('{"behaviour":"healthy","level":2}'))
        told = self.otter("config", "rollout", "demo", "2", "--template", "all_at_once").stdout
        self.assertIn("demo configuration 2: waiting", told)

        def rollout():
            return json.loads(self.otter("rollout", "show", "demo", "config-2", "--json").stdout)

        self.wait_for(lambda: rollout()["phase"] == "filling")
        self.assertIn("Configuration 2 confirmed", self.settle())
        self.assertEqual(rollout()["devices"]["confirmed"], 1)
        self.assertEqual(self.shown()["in_force"], 1)
        explained = json.loads(self.otter("explain", "board-1", "--json").stdout)
        self.assertEqual(explained["config"], {"desired": 2, "reported": 2, "failed": 0})
        self.otter("rollout", "back", "demo", "config-2")
        self.settle()
        self.wait_for(lambda: rollout()["phase"] == "returned")
        self.assertEqual(self.device()["config"], 1)

    def test_a_release_brings_its_configuration(self):
        self.set(behaviour="healthy", level=1)
        self.settle()
        self.otter("config", "add", "demo", self.values('{"behaviour":"healthy","level":2}'))
        self.otter("publish", self.make_image("1.0.1"), "--configuration", "2")
        said = self.run_board("--until", "confirmed")
        self.assertNotIn("Configuration 2 on trial", said)
        self.settle()
        device = self.device()
        self.assertEqual(("1.0.1", 2), (device["version"], device["config"]))
        self.assertIn("has no configuration 9", self.otter(
            "publish", self.make_image("1.0.2"), "--configuration", "9", ok=False).stderr)

    def test_a_groups_and_a_devices_values_arrive_merged(self):
        second = {"flash": "second.bin", "name": "board-2"}
        self.run_board(*self.create(self.folder / "demo-1.0.0.bin"), "--until", "idle", **second)
        self.otter("device", "tag", "board-1", "--add", "kitchen")
        self.otter("group", "set", "demo", "kitchens", "--filter",
                   "tag = kitchen")
        self.set(behaviour="healthy", level=1, night=7)
        told = self.otter("config", "set", "demo", "--group", "kitchens",
                          self.values('{"level":2,"night":null}')).stdout
        self.assertIn("kitchens of demo has values of its own", told)
        self.otter("config", "set", "demo", "--device", "board-1", self.values('{"volume":5}'))
        self.assertIn("Configuration 2 confirmed", self.settle())
        for _ in range(2):
            self.run_board("--until", "idle", **second)
        of_one = self.both_sides("board-1")
        self.assertEqual(of_one["desired"], of_one["reported"])
        document = json.loads(of_one["reported"]["document"])
        self.assertRegex(document.pop("salt"), r"^[\w-]{22}$")
        self.assertEqual(document, {
            "version": 2, "values": {"behaviour": "healthy", "level": 2, "volume": 5}})
        self.assertEqual(self.both_sides("board-2")["reported"]["version"], 1)
        self.assertEqual({"enrolled": 2, "applied": 2, "failed": 0}, self.shown()["devices"])
        told = self.otter("config", "show", "demo", "--device", "board-1").stdout
        self.assertIn("reported  2 (1 of the product, merged)", told)
        told = self.otter("config", "layers", "demo").stdout
        self.assertRegex(told, r"group +kitchens .*admin +.*level[^$]*device +board-1 ")
        self.assertIn("otter config unset", self.otter("group", "remove", "demo", "kitchens",
                                                       ok=False).stderr)
        self.otter("config", "unset", "demo", "--device", "board-1")
        self.otter("config", "unset", "demo", "--group", "kitchens")
        self.settle()
        self.assertEqual(self.device()["config"], 1)
        self.assertIn("say whose", self.otter("config", "unset", "demo", ok=False).stderr)

    def both_sides(self, device):
        return json.loads(self.otter("config", "show", "demo", "--device", device,
                                     "--json").stdout)

    def test_a_schema_keeps_wrong_values_at_home(self):
        schema = self.folder / "schema.json"
        schema.write_text(json.dumps({
            "type": "object", "required": ["level"], "additionalProperties": False,
            "properties": {"level": {"type": "integer", "minimum": 1},
                           "behaviour": {"type": "string"}}}))

        def tried(values, *more, ok=True):
            return self.otter("config", "set", "demo", self.values(json.dumps(values)), *more,
                              "--schema", schema, ok=ok)
        tried({"level": 1})
        for wrong in ({"level": 0}, {"level": "1"}, {}, {"level": 1, "colour": "warm"}):
            said = tried(wrong, ok=False).stderr
            self.assertIn("values.json: not as", said)
        self.assertRegex(tried({"level": 0}, ok=False).stderr,
                         r"values\[level\]: .*greater than or equal")
        # What a device has of its own is judged by what it gives with the product's.
        tried({"behaviour": "healthy"}, "--device", "board-1")
        self.assertIn("not as", tried({"level": None}, "--device", "board-1", ok=False).stderr)
        self.assertEqual([1], [one["version"] for one in self.shown()["versions"]])
        schema.write_text("[")
        self.assertIn("schema.json: not JSON", tried({}, ok=False).stderr)
        schema.write_text('{"type":"nonsense"}')
        self.assertIn("not a JSON Schema", tried({}, ok=False).stderr)

    def test_wrong_input_is_named(self):
        for text, reason in (("[1]", "must be one JSON object"), ('{"a":1.5}', "whole numbers"),
                             ("{", "values.json: no device would take these values"),
                             (json.dumps({"a": "x" * 3072}), "may have 3072 bytes"),
                             ('{},"values":{}', "trailing_bytes")):
            path = self.values(text)
            self.assertIn(reason, self.otter("config", "set", "demo", path, ok=False).stderr)
        self.assertIn("No such file", self.otter("config", "set", "demo", "none.json",
                                                 ok=False).stderr)
        self.assertIn("no such product", self.otter("config", "set", "fan", self.values("{}"),
                                                    ok=False).stderr)
        self.assertIn("demo has no configuration 7", self.otter("config", "use", "demo", "7",
                                                                ok=False).stderr)
        self.assertEqual([], self.shown()["versions"])


if __name__ == "__main__":
    unittest.main()
