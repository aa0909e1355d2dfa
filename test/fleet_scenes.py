"""What test/openapi_test.py asks of the routes about devices in numbers."""
import hashlib

CHECKIN = "application/vnd.otter.checkin.v1"


def facts(device, product="demo"):
    return (f'id="{device}", ver="1.0.0", product="{product}", chip="esp32c3", '
            'slot=1048576, nonce=:AAECAwQFBgcICQoLDA0ODw==:')


class FleetScenes:
    """Scenes of OpenapiTest, which has ask() and pages()."""

    def labels(self):
        asked = {"tags": {"add": ["kitchen"]}, "attributes": {"floor": 3, "site": "berlin"}}
        self.ask("change_device", 200, asked, device="board-1")
        self.ask("change_device", 200, {"tags": ["kitchen", "lab"]}, device="board-2")
        self.ask("change_device", 200, {"attributes": {"site": None}}, device="board-1")
        self.ask("change_device", 422, {"tags": ["a b"]}, device="board-1")
        query = "?limit=9&filter=tag%3Dkitchen%20and%20attr.floor%3E2"
        self.assertEqual(self.pages("list_devices", "devices", "id", query), [["board-1"]])
        wrong = self.ask("list_devices", 400, query="?filter=tag%3D")
        self.assertIn("column 5: expected a value, found the end", wrong["detail"])

    def histories(self):
        """After check-ins and a report of board-1."""
        path = {"device": "board-1"}
        self.assertEqual(self.pages("list_history", "samples", "resets", **path), [[0]])
        self.ask("list_history", 404, device="none")
        told = self.ask("count_versions", 200, product="demo", query="?days=2")["counts"]
        self.assertEqual([(one["version"], one["devices"]) for one in told], [("1.0.0", 1)])
        told = self.ask("rank_failures", 200, product="demo")["failures"]
        self.assertEqual([(one["error"], one["devices"]) for one in told], [("x", 2)])
        for view in ("count_versions", "rank_failures"):
            self.ask(view, 400, product="demo", query="?days=0")
            self.ask(view, 404, product="none")

    def uploads(self):
        """What board-1 sends of itself."""
        self.ask("take_log", 409, b"0 I x")
        self.ask("take_log", 404, b"0 I x", key=self.board_key)
        self.ask("give_command", 200, {"command": "send_logs"}, device="board-1")
        self.ask("take_log", 200, "0 I ü\n".encode(), key=self.board_key)
        told = self.ask("list_logs", 200, device="board-1")["logs"]
        self.assertEqual([one["text"] for one in told], ["0 I ??\n"])
        dump = bytes(5000)
        sha256 = hashlib.sha256(dump).hexdigest()
        self.assertEqual(self.send_piece(dump, sha256, 0, 4096), {"kept": 4096})
        self.assertEqual(self.send_piece(dump, sha256, 0, 0), {"kept": 4096})
        self.assertEqual(self.send_piece(dump, sha256, 4096, 904), {"kept": 5000})
        self.ask("take_dump", 400, b"", key=self.board_key, query=f"?sha256={sha256}&size=5000")
        self.ask("take_dump", 409, b"", query=f"?sha256={sha256}&size=5000&offset=0")
        self.ask("take_dump", 413, b"", key=self.board_key,
                 query=f"?sha256={sha256}&size=1048577&offset=0")
        self.ask("take_dump", 422, b"x", key=self.board_key,
                 query=f"?sha256={'1' * 64}&size=1&offset=0")
        told = self.ask("list_dumps", 200, device="board-1")["coredumps"]
        self.assertEqual([(one["sha256"], one["crash"]) for one in told], [(sha256, None)])
        self.assertEqual(self.ask("serve_dump", 200, device="board-1", sha256=sha256), dump)
        self.ask("serve_dump", 404, device="board-1", sha256="0" * 64)
        self.ask("serve_dump", 400, device="board-1", sha256=sha256, query="?what=x")
        for view in ("list_logs", "list_dumps"):
            self.ask(view, 404, device="none")
            self.ask(view, 400, device="board-1", query="?what=x")

    def send_piece(self, dump, sha256, offset, size):
        query = f"?sha256={sha256}&size={len(dump)}&offset={offset}"
        return self.ask("take_dump", 200, dump[offset:offset + size], key=self.board_key,
                        query=query)

    def groups(self):
        of_demo = {"product": "demo", "group": "kitchens"}
        self.ask("put_group", 201, {"filter": "tag=kitchen"}, **of_demo)
        self.ask("put_group", 200, {"filter": "tag=kitchen and not tag=lab"}, **of_demo)
        self.ask("put_group", 422, {"filter": "tag"}, **of_demo)
        self.ask("put_group", 404, {"filter": ""}, product="none", group="all")
        self.ask("put_group", 201, {"filter": ""}, product="demo", group="all")
        self.assertEqual(self.ask("show_group", 200, **of_demo)["devices"], 1)
        self.ask("show_group", 400, query="?what=x", **of_demo)
        self.ask("show_group", 404, product="demo", group="none")
        self.assertEqual(self.pages("list_groups", "groups", product="demo"),
                         [["all"], ["kitchens"]])
        self.ask("list_groups", 404, product="none")
        self.layers(of_demo)
        self.ask("remove_group", 200, **of_demo)
        self.ask("remove_group", 404, **of_demo)

    def layers(self, of_demo):
        for kind, names in (("group", of_demo), ("device", {"product": "demo",
                                                            "device": "board-1"})):
            self.ask(f"set_{kind}_configuration", 201, {"level": 2}, **names)
            self.ask(f"set_{kind}_configuration", 200, {"level": 3, "night": None}, **names)
            self.ask(f"set_{kind}_configuration", 422, {"level": 1.5}, **names)
            self.ask(f"set_{kind}_configuration", 404, {}, **{**names, kind: "none"})
        self.ask("remove_group", 409, **of_demo)
        self.assertEqual(self.pages("list_layers", "layers", "name", product="demo"),
                         [["kitchens"], ["board-1"]])
        self.ask("list_layers", 404, product="none")
        self.ask("list_layers", 400, query="?limit=0", product="demo")
        self.ask("list_layers", 400, query="?kind=product", product="demo")
        of_boards = self.ask("list_layers", 200, query="?kind=device", product="demo")
        self.assertEqual([one["created_by"] for one in of_boards["layers"]], ["admin"])
        told = self.ask("show_device_configuration", 200, device="board-1")
        self.assertEqual([one["name"] for one in told["layers"]], ["kitchens", "board-1"])
        self.assertIn('"level":3', told["desired"]["document"])
        self.ask("show_device_configuration", 404, device="none")
        self.ask("show_device_configuration", 400, device="board-1", query="?what=x")
        for kind, names in (("group", of_demo), ("device", {"product": "demo",
                                                            "device": "board-1"})):
            self.ask(f"unset_{kind}_configuration", 200, **names)
            self.ask(f"unset_{kind}_configuration", 404, **names)

    def rollouts(self):
        self.otter("publish", "--staged", self.make_image("1.1.0"))
        named = {"product": "demo", "rollout": "1.1.0"}
        plan = {"version": "1.1.0", "stages": [{"share": 50}, {"share": 100}],
                "gates": {"health_error_rate": 0}}
        self.ask("add_rollout", 404, {**plan, "version": "9.9"}, product="demo")
        self.ask("add_rollout", 404, plan, product="none")
        self.ask("add_rollout", 422, {**plan, "stages": []}, product="demo")
        self.ask("add_rollout", 201, plan, product="demo")
        self.ask("add_rollout", 409, {**plan, "name": "1.1.0"}, product="demo")
        self.ask("change_rollout", 409, {"action": "resume"}, **named)
        self.ask("change_rollout", 403, {"action": "approve"}, **named)
        self.ask("change_rollout", 422, {"action": "explode"}, **named)
        self.ask("change_rollout", 200, {"gates": {"failing_max": 20}}, **named)
        self.ask("change_rollout", 404, {"action": "halt"}, product="demo", rollout="x")
        self.wait_for(lambda: self.ask("show_rollout", 200, **named)["phase"] == "filling")
        self.ask("show_rollout", 404, product="demo", rollout="x")
        self.ask("show_rollout", 400, query="?what=x", **named)
        told = facts("board-1").replace('ver="1.0.0"', 'ver="1.0.1"') + ", seq=1"
        headers = {"Accept": CHECKIN, "X-Otter-Device": told}
        self.ask("change_rollout", 200, {"action": "advance"}, **named)
        self.ask("serve_manifest", 200, key=self.board_key, headers=headers)
        self.assertEqual(self.pages("list_rollout_devices", "devices", "id", **named),
                         [["board-1"]])
        self.assertEqual(self.pages("list_rollout_devices", "devices", "id", "?end=open", **named),
                         [["board-1"]])
        self.assertEqual(self.pages("list_rollout_devices", "devices", "id", "?end=lost", **named),
                         [[]])
        self.ask("list_rollout_devices", 400, query="?end=never", **named)
        self.ask("list_rollout_devices", 404, product="demo", rollout="x")
        self.ask("add_rollout", 201, plan, product="demo")
        self.assertEqual(self.pages("list_rollouts", "rollouts", "name", product="demo"),
                         [["1.1.0"], ["1.1.0.2"]])
        self.ask("list_rollouts", 404, product="none")
        self.assertEqual(self.ask("explain_device", 200, device="board-1")["lines"][0]["reason"],
                         "offered")
        self.ask("explain_device", 404, device="none")
        self.ask("explain_device", 400, device="board-1", query="?what=x")
        self.ask("change_rollout", 200, {"action": "abort"}, **named)

    def experiments(self):
        self.otter("publish", "--staged", self.make_image("1.3.0"))
        self.otter("publish", "--staged", self.make_image("1.3.1"))
        named = {"product": "demo", "experiment": "x"}
        plan = {"name": "x", "arms": [{"version": "1.3.0"}, {"version": "1.3.1"}], "draft": True}
        self.ask("add_experiment", 404, {**plan, "arms": [{"version": "9.9"}, {"version": "9.8"}]},
                 product="demo")
        self.ask("add_experiment", 422, {**plan, "arms": []}, product="demo")
        self.ask("add_experiment", 201, plan, product="demo")
        self.ask("add_experiment", 409, plan, product="demo")
        self.ask("add_experiment", 201, {**plan, "name": "y"}, product="demo")
        self.assertEqual(self.pages("list_experiments", "experiments", product="demo"),
                         [["x"], ["y"]])
        self.ask("list_experiments", 404, product="none")
        self.ask("list_experiments", 400, product="demo", query="?what=x")
        self.ask("change_experiment", 200, {"action": "start"}, **named)
        self.ask("change_experiment", 409, {"action": "start"}, **named)
        self.ask("change_experiment", 422, {"action": "explode"}, **named)
        self.ask("change_experiment", 404, {"action": "stop"}, product="demo", experiment="z")
        self.wait_for(lambda: sum(arm["members"] for arm in
                                  self.ask("show_experiment", 200, **named)["arms"]) > 0)
        self.ask("show_experiment", 404, product="demo", experiment="z")
        self.ask("show_experiment", 400, query="?what=x", **named)
        told = facts("board-1").replace('ver="1.0.0"', 'ver="1.0.1"') + ", seq=1"
        headers = {"Accept": CHECKIN, "X-Otter-Device": told}
        self.ask("serve_manifest", 200, key=self.board_key, headers=headers)
        self.assertEqual(self.pages("list_experiment_devices", "devices", "id", **named),
                         [["board-1"]])
        self.ask("list_experiment_devices", 404, product="demo", experiment="z")
        self.ask("list_experiment_devices", 400, query="?what=x", **named)
        line = self.ask("explain_device", 200, device="board-1")["lines"][0]
        self.assertEqual((line["experiment"], line["reason"]), ("demo/x", "offered"))
        self.ask("promote_experiment", 409, {}, **named)
        self.ask("promote_experiment", 404, {}, product="demo", experiment="z")
        self.ask("promote_experiment", 422, {"winner": "b", "stages": []}, **named)
        self.ask("promote_experiment", 201, {"winner": "b"}, **named)
        self.ask("change_experiment", 200, {"action": "stop"}, product="demo", experiment="y")

    def preflight(self):
        of_demo = {"product": "demo", "version": "1.3.0"}
        found = self.ask("show_preflight", 200, query="?group=id%20%3D%20board-1", **of_demo)
        self.assertEqual((found["devices"], found["cannot_take"]), (1, 0))
        self.ask("show_preflight", 400, query="?group=id", **of_demo)
        self.ask("show_preflight", 404, product="demo", version="9.9")

    def removal(self):
        self.ask("provision_device", 201, {"id": "gone", "product": "demo"})
        self.ask("remove_device", 200, device="gone")
        self.ask("remove_device", 404, device="gone")
        self.ask("show_device", 404, device="gone")
