#!/usr/bin/env python3
"""Every route as docs/spec/openapi.json describes it, against a running server: each documented
status is given at least once, none that is not documented, each answer as documented; and no secret
is told where none may be."""
import base64
import hashlib
import hmac
import json
import os
import re
import resource
import socket
import sqlite3
import ssl
import unittest
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPResponse
from unittest import mock

from api_contract import Contract, faults
from fleet_scenes import CHECKIN, FleetScenes, facts
from secret_watch import SECRET, SecretWatch
from sign_in_scenes import SignInScenes
from world import SANITIZED, SOURCE, WorldTest

JSON_TYPES = ("application/json", "application/problem+json")
NOBODY = "0" * 64
PASSWORD = "correct horse battery"
# What devices send is no change by a person; signing in is in the server's log; a blob is no change
# before a release needs it.
UNAUDITED = ("take_report", "take_log", "take_dump", "enroll_device", "begin_session", "put_blob")
PARALLEL = 8  # requests at once: more than the server has threads here, so that two meet


def document():
    return json.loads((SOURCE / "docs/spec/openapi.json").read_text())


def device_key(device, key):
    """What a device sends: HKDF-SHA256 of one block, docs/spec/device-keys.md."""
    secret = hmac.digest(b"otter-v1", base64.b64decode(key), hashlib.sha256)
    return f"{device}.{hmac.digest(secret, b'api-key' + bytes([1]), hashlib.sha256).hex()}"


class Document(unittest.TestCase):
    def test_is_whole(self):
        self.assertEqual(list(faults(Contract(document()))), [])


class OpenapiTest(FleetScenes, SignInScenes, SecretWatch, WorldTest):
    """One server; the scenes follow each other as they are named in test_all_of_it."""

    def setUp(self):
        super().setUp()
        self.contract = Contract(document())

    def ask(self, name, status, body=None, **names):
        """One request of an operation; its answer is as documented, and a change leaves one entry
        in the audit log. `names`: what stands in the path; `query`; `headers`; `key` in place of
        the right one, None for none."""
        operation = self.contract.operations[name]
        query = names.pop("query", "")
        sent = {**self.credentials(operation, names.pop("key", ...)), **names.pop("headers", {})}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        before = self.audited()
        answer = self.request(operation.method, operation.target(names) + query, sent, body)
        told = f"{name} {status} {names} {body and body[:300]}: {answer[0]} {answer[2][:500]}"
        self.assertEqual(answer[0], status, told)
        self.assertEqual(self.contract.judge(operation, answer), [], told)
        if status // 100 == 2:
            self.assertEqual(self.contract.judge_request(operation, body), [], told)
        is_change = (status // 100 == 2 and operation.method != "GET" and name not in UNAUDITED
                     and "Idempotency-Replayed" not in answer[1])
        self.assertEqual(self.audited(), before + is_change, told)
        is_json = answer[1].get("Content-Type", "") in JSON_TYPES
        return json.loads(answer[2]) if is_json else answer[2]

    def audited(self):
        """The number of entries in the audit log."""
        with closing(sqlite3.connect(self.folder / "otter-data/otter.sqlite")) as database:
            return database.execute("SELECT COUNT(*) FROM audit").fetchone()[0]

    def credentials(self, operation, key):
        schemes = {scheme for entry in operation.text["security"] for scheme in entry}
        if not schemes or key is None:
            return {}
        if "token" in schemes:
            return {"Authorization": f"Bearer {self.token if key is ... else key}"}
        return {"X-API-Key": self.key if key is ... else key}

    def test_all_of_it(self):
        self.assertEqual(self.ask("serve_openapi", 200), self.contract.document)
        for scene in (self.strangers, self.bodies, self.products, self.configurations,
                      self.releases, self.accounts, self.sessions, self.firmware,
                      self.enrolment, self.commands, self.checkins, self.reports, self.uploads,
                      self.fleet, self.dashboard, self.devices, self.labels, self.groups,
                      self.rollouts, self.experiments, self.preflight,
                      self.removal, self.keys,
                      self.epochs, self.trust, self.once,
                      self.health, self.events, self.metrics, self.anything, self.settings,
                      self.sign_in_scene):
            with self.subTest(scene.__name__):
                scene()
        self.assertEqual(self.contract.unseen(), [])
        self.assertEqual(self.contract.unseen_anywhere(), ["internal"] if SANITIZED else [])
        self.note_provider(self.provider)
        self.assertEqual(self.leaks(), [])
        kinds = set(self.secrets.values())
        self.assertLessEqual(SECRET | {"Set-Cookie", "state", "code", "ID token"}, kinds)

    def strangers(self):
        names = {"product": "demo", "device": "x", "sha256": NOBODY, "version": 1, "file": "x.bin",
                 "account": "x", "token": "x", "group": "x", "rollout": "x", "experiment": "x",
                 "api_key": "x"}
        for operation in self.contract.operations.values():
            if operation.text["security"]:
                self.ask(operation.name, 401, b"{}", key=None, **names)
                self.ask(operation.name, 401, b"{}", key="ota_" + 43 * "w", **names)

    def bodies(self):
        """What every JSON body can be refused with."""
        names = {"product": "demo", "device": "x", "account": "x", "group": "x", "rollout": "x",
                 "experiment": "x"}
        for operation in self.contract.operations.values():
            if "415" in operation.responses:
                self.ask(operation.name, 415, b"{}", **names)
                self.ask(operation.name, 400, b"{", headers={"Content-Type": "application/json"},
                         **names)

    def products(self):
        made = self.ask("add_product", 201, {"name": "lamp", "chip": "esp32c3", "slot_bytes": 0})
        self.lamp_key = made["api_key"]
        self.ask("add_product", 201, {"name": "open", "chip": None})
        self.ask("add_product", 409, {"name": "lamp"})
        self.ask("add_product", 422, {"name": "x", "chip": "z80"})
        self.ask("add_product", 422, {"name": "../x"})
        self.assertEqual(self.pages("list_products", "products"), [["demo"], ["lamp"], ["open"]])
        self.ask("show_product", 200, product="open", query="?channel=beta")
        self.ask("show_product", 404, product="none")
        self.ask("show_product", 400, product="demo", query="?chanel=beta")
        self.ask("change_product", 200, {"enrolment": "open", "plain": True}, product="lamp")
        self.ask("change_product", 404, {"plain": True}, product="none")
        self.ask("change_product", 422, {}, product="lamp")
        self.ask("add_product_key", 201, {}, product="lamp")
        self.ask("add_product_key", 404, {}, product="none")
        keys = self.ask("list_product_keys", 200, product="lamp")["keys"]
        self.ask("list_product_keys", 404, product="none")
        self.ask("revoke_product_key", 200, product="lamp", api_key=keys[1]["id"])
        self.ask("revoke_product_key", 404, product="lamp", api_key=keys[1]["id"])

    def fleet(self):
        self.ask("count_fleet", 200, product="demo")
        self.ask("count_fleet", 404, product="none")
        self.ask("count_fleet", 400, product="demo", query="?what=x")

    def dashboard(self):
        page = self.ask("serve_dashboard", 200).decode()
        file = re.search(r"/assets/([\w.-]+\.js)", page).group(1)
        self.ask("serve_dashboard_file", 200, file=file)
        for asked, names in (("serve_dashboard", {}), ("serve_dashboard_file", {"file": file})):
            self.ask(asked, 304, headers={"If-None-Match": "*"}, **names)
        self.ask("serve_dashboard_file", 404, file="none.js")

    def pages(self, name, items, member="name", query="?limit=1", **names):
        """What each page of a list has; an unknown parameter and a strange cursor are refused."""
        for wrong in ("&what=x", "&cursor=00"):
            self.ask(name, 400, query=query + wrong, **names)
        found, cursor = [], ""
        while True:
            page = self.ask(name, 200, query=query + cursor, **names)
            found.append([item[member] for item in page[items]])
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    def configurations(self):
        self.ask("show_configuration", 200, product="demo")
        first = {"version": 1, "values": {"a": "b"}}
        self.ask("add_configuration", 201, first, product="demo")
        self.ask("add_configuration", 409, first, product="demo")
        self.ask("add_configuration", 404, first, product="none")
        self.ask("add_configuration", 422, [], product="demo")
        self.ask("use_configuration", 200, {"version": 1}, product="demo")
        self.ask("use_configuration", 404, {"version": 9}, product="demo")
        self.ask("use_configuration", 422, {"version": "1"}, product="demo")
        self.configuration = self.ask("show_configuration", 200, product="demo", query="?version=1")
        self.ask("show_configuration", 404, product="demo", query="?version=2")
        self.ask("show_configuration", 400, product="demo", query="?limit=0")

    def envelope(self, image):
        self.otter("publish", image, "--out-manifest", "manifest.json")
        return self.sign((self.folder / "manifest.json").read_bytes())

    def sign(self, manifest):
        (self.folder / "manifest.json").write_bytes(manifest)
        self.otter("sign", "manifest.json", "--key", "otter-data/keys/release-1.pem", "-o",
                   "envelope.json")
        return json.loads((self.folder / "envelope.json").read_text())

    def of_no_product(self, envelope):
        return self.sign(base64.b64decode(envelope["payload"]).replace(b'"demo"', b'"none"'))

    def releases(self):
        path = self.make_image("1.0.1")
        self.image = path.read_bytes()
        self.sha256 = hashlib.sha256(self.image).hexdigest()
        release = {"envelope": self.envelope(path), "notes": "Mends the timer."}
        self.ask("add_release", 422, release)  # blob_missing
        self.ask("put_blob", 422, self.image, sha256=NOBODY)
        self.ask("put_blob", 404, self.image, sha256="short")
        self.ask("put_blob", 201, self.image, sha256=self.sha256)
        self.ask("put_blob", 200, self.image, sha256=self.sha256)
        self.ask("put_blob", 413, bytes(17 * 1024 * 1024), sha256=self.sha256)
        self.ask("add_release", 201, release)
        self.ask("add_release", 409, release)
        self.ask("add_release", 422, {"envelope": {}})
        self.ask("add_release", 404, {"envelope": self.of_no_product(release["envelope"])})
        self.assertEqual(self.pages("list_releases", "releases", "version"), [["1.0.1"]])
        self.ask("list_releases", 400, query="?product=none")
        self.ask("show_release", 200, product="demo", version="1.0.1")
        self.ask("show_release", 404, product="demo", version="1.0.2")
        self.ask("show_release", 400, product="demo", version="1.0.1", query="?what=x")

    def accounts(self):
        ada = {"name": "ada", "role": "publisher", "password": PASSWORD}
        self.ask("add_account", 201, ada)
        self.ask("add_account", 409, ada)
        self.ask("add_account", 422, {**ada, "role": "root"})
        self.ask("list_accounts", 200)
        self.ask("change_account", 200, {"role": "publisher"}, account="ada")
        self.ask("change_account", 404, {"role": "viewer"}, account="eve")
        self.ask("change_account", 409, {"role": "viewer"}, account="admin")
        self.ask("change_account", 422, {"role": 1}, account="ada")
        self.ask("add_token", 404, {"account": "eve"})
        self.ask("add_token", 422, {"account": "ada", "role": "admin"})
        token = self.ask("add_token", 201, {"account": "ada", "role": "publisher"})
        self.ada = token["token"]
        self.ask("list_tokens", 200, query="?account=ada")
        self.ask("list_tokens", 400, query="?acount=ada")
        first = self.ask("list_tokens", 200, query="?account=admin")["tokens"][0]["id"]
        self.ask("revoke_token", 409, token=first)
        self.ask("revoke_token", 404, token="x")
        self.ask("remove_account", 409, account="admin")
        self.ask("remove_account", 404, account="eve")
        self.approval()
        self.ask("list_audit", 200, query="?after=1")
        self.assertEqual(self.ask("list_audit", 200, query="?last=2").count(b"\n"), 2)
        self.ask("list_audit", 400, query="?after=x")
        forbidden = self.request("GET", "/api/v1/audit", {"Authorization": f"Bearer {self.ada}"})
        self.expect_anywhere("forbidden", forbidden)

    def approval(self):
        release = {"product": "demo", "version": "1.0.1"}
        self.ask("set_approval", 200, {"required": False}, product="demo")
        self.ask("set_approval", 404, {"required": True}, product="none")
        self.ask("set_approval", 422, {}, product="demo")
        self.ask("approve_release", 200, {}, **release)  # it needs none
        with closing(sqlite3.connect(self.folder / "otter-data/otter.sqlite")) as database:
            database.execute("UPDATE releases SET is_pending = 1 WHERE version = '1.0.1'")
            database.commit()
        self.ask("approve_release", 403, {}, **release)
        self.ask("approve_release", 404, {}, product="demo", version="9.9")
        named = {**release, "key": self.ada, "headers": {"Idempotency-Key": "k1"}}
        self.ask("approve_release", 200, {}, **named)
        self.ask("approve_release", 422, {"other": 1}, **named)

    def sessions(self):
        login = {"name": "ada", "password": PASSWORD}
        operation = self.contract.operations["begin_session"]
        answer = self.request("POST", "/api/v1/session", {"Content-Type": "application/json"},
                              json.dumps(login).encode())
        self.assertEqual((answer[0], self.contract.judge(operation, answer)), (201, []))
        sent = {"Cookie": answer[1]["Set-Cookie"].partition(";")[0],
                "X-CSRF-Token": json.loads(answer[2])["csrf_token"]}
        self.ask("begin_session", 401, {**login, "password": "wrong horse battery"})
        self.ask("begin_session", 422, {"name": "ada"})
        self.ask("show_session", 200, key=None, headers=sent)
        self.ask("show_session", 200)
        change = {"password": PASSWORD, "new_password": PASSWORD + "!"}
        self.ask("change_password", 422, {**change, "new_password": "x"}, key=self.ada)
        self.ask("change_password", 200, change, key=None, headers=sent)
        self.ask("end_session", 200, key=None, headers=sent)
        self.ask("end_session", 404)
        self.ask("end_sessions", 200, account="ada")
        self.ask("end_sessions", 404, account="eve")
        token = self.ask("add_token", 201, {"account": "ada"})
        self.ask("revoke_token", 200, token=token["id"])
        self.ask("remove_account", 200, account="ada")

    def firmware(self):
        self.ask("serve_manifest", 200)
        self.ask("serve_manifest", 404, key=self.lamp_key)
        etag = f'"{self.sha256}"'
        for name, names in (("serve_version", {"file": "1.0.1.bin"}),
                            ("serve_blob", {"sha256": self.sha256}),
                            ("serve_blob", {"sha256": self.configuration["sha256"]})):
            whole = self.ask(name, 200, **names)
            part = self.ask(name, 206, headers={"Range": "bytes=2-9"}, **names)
            self.assertEqual(part, whole[2:10])
            self.ask(name, 416, headers={"Range": "bytes=999999999-"}, **names)
            self.ask(name, 412, headers={"If-Match": '"x"'}, **names)
            if whole == self.image:
                self.ask(name, 304, headers={"If-None-Match": etag}, **names)
        self.ask("serve_version", 404, file="9.9.bin")
        self.ask("serve_blob", 404, sha256=NOBODY)

    def enrolment(self):
        board = {"device_id": "board-1", "product": "demo", "chip": self.chip}
        made = self.ask("enroll_device", 200, board)
        self.board_key = device_key("board-1", made["device_key"])
        self.ask("enroll_device", 403, {**board, "product": "lamp"})
        self.ask("enroll_device", 422, {**board, "chip": "esp32"})
        self.ask("provision_device", 201, {"id": "board-2", "product": "demo"})
        self.ask("provision_device", 409, {"id": "board-2", "product": "lamp"})
        self.ask("provision_device", 404, {"id": "board-3", "product": "none"})
        self.ask("provision_device", 422, {"id": "board-3", "product": "demo", "chip": "esp32"})
        self.standing({"device_id": "open-1", "product": "open", "chip": self.chip})

    def standing(self, board):
        """How a device is let in and shut out."""
        key = self.ask("add_product_key", 201, {}, product="open")["api_key"]
        self.ask("change_product", 200, {"enrolment": "approve"}, product="open")
        self.ask("enroll_device", 202, board, key=key)
        self.ask("change_device", 200, {"standing": "allowed"}, device="open-1")
        self.ask("enroll_device", 200, board, key=key)
        self.ask("change_device", 200, {"standing": "revoked"}, device="open-1")
        self.ask("change_device", 404, {"standing": "revoked"}, device="none")
        self.ask("change_device", 422, {"standing": "enrolled"}, device="open-1")
        self.ask("change_product", 200, {"enrolment": "listed"}, product="open")
        self.ask("enroll_device", 403, {**board, "device_id": "open-2"}, key=key)
        self.ask("allow_devices", 200, {"ids": ["open-2"]}, product="open")
        self.ask("enroll_device", 200, {**board, "device_id": "open-2"}, key=key)
        self.ask("allow_devices", 404, {"ids": ["x"]}, product="none")
        self.ask("allow_devices", 409, {"ids": ["board-1"]}, product="open")
        self.ask("allow_devices", 422, {"ids": []}, product="open")

    def commands(self):
        self.ask("give_command", 200, {"command": "reboot"}, device="board-1")
        self.ask("show_device", 200, device="board-1")
        self.ask("give_command", 404, {"command": "reboot"}, device="none")
        self.ask("give_command", 409, {"command": "reboot"}, device="open-1")  # revoked
        self.ask("give_command", 422, {"command": "dance"}, device="board-1")
        self.ask("withdraw_command", 200, device="board-1")
        self.ask("withdraw_command", 404, device="board-1")

    def checkins(self):
        def check_in(status, key, told):
            headers = {"Accept": CHECKIN, "X-Otter-Metrics": "latency_ms=41",
                       **({"X-Otter-Device": told} if told else {})}
            return self.ask("serve_manifest", status, key=key, headers=headers)
        self.assertTrue(check_in(200, self.board_key, facts("board-1")).startswith(b"OTC1"))
        health = ', up=0, reset="brownout", heap=4294967295, rssi=255'
        check_in(200, self.board_key, facts("board-1") + health)
        check_in(400, self.board_key, None)
        check_in(403, self.board_key, facts("board-2"))
        check_in(403, self.key, facts("board-1"))

    def reports(self):
        report = {"device_id": "board-1", "status": "FAILED", "version": "1.0.1", "error": "x"}
        self.ask("take_report", 200, report, key=self.board_key)
        self.ask("take_report", 200, {**report, "device_id": "sketch"})
        self.ask("take_report", 403, report)
        self.ask("take_report", 422, {**report, "status": "MAYBE"}, key=self.board_key)
        self.assertEqual(self.pages("list_reports", "reports", "error", device="board-1"), [["x"]])
        self.ask("list_reports", 404, device="none")
        told = self.ask("count_reports", 200, product="demo")["counts"]
        self.assertEqual([(one["outcome"], one["count"]) for one in told], [("failed", 2)])
        self.ask("count_reports", 400, product="demo", query="?day=1")
        self.ask("count_reports", 404, product="none")
        self.histories()

    def devices(self):
        self.assertEqual(self.pages("list_devices", "devices", "id"),
                         [["board-1"], ["board-2"], ["open-1"], ["open-2"], ["sketch"]])
        query = "?limit=9&product=demo&outcome=failed&id_prefix=board&seen_from=1"
        self.assertEqual(self.pages("list_devices", "devices", "id", query), [["board-1"]])
        self.assertEqual(self.pages("list_devices", "devices", query="?version=9.9"), [[]])
        self.assertEqual(self.pages("list_devices", "devices", "id", "?standing=revoked"),
                         [["open-1"]])
        self.ask("show_device", 200, device="sketch")
        self.ask("show_device", 404, device="board")
        self.ask("show_device", 400, device="sketch", query="?what=x")
        listed = json.loads(self.otter("device", "list", "--json", "--outcome", "failed").stdout)
        self.assertEqual([one["id"] for one in listed["devices"]], ["board-1", "sketch"])

    def keys(self):
        self.otter("keys", "make", "more.pem")
        pem = (self.folder / "more.pem.pub").read_text()
        self.ask("add_release_key", 201, {"public_key_pem": pem})
        self.ask("add_release_key", 409, {"public_key_pem": pem})
        self.ask("add_release_key", 422, {"public_key_pem": "x"})
        self.assertIsNone(self.ask("list_release_keys", 200)["root_version"])

    def epochs(self):
        self.ask("show_epoch", 200)
        self.ask("begin_epoch", 422, {})
        self.ask("begin_epoch", 409, {"epoch": 9})
        self.ask("begin_epoch", 201, {"epoch": 2})
        self.ask("begin_epoch", 409, {"epoch": 3})  # devices_behind
        self.ask("begin_epoch", 201, {"epoch": 3, "force": True})

    def signed(self, kind, *how):
        """A frame of root metadata or trust, by the key root-1."""
        key = "otter-data/keys/root-1.pem"
        self.otter("keys", kind, *how, "-o", f"{kind}.json")
        self.otter("keys", kind, "sign", f"{kind}.json", "--key", key, "-o", f"{kind}.otr")
        return {"frame": base64.b64encode((self.folder / f"{kind}.otr").read_bytes()).decode()}

    def trust(self):
        root = self.signed("root", "init", "--threshold", "1", "--root-key",
                           "otter-data/keys/root-1.pem.pub", "--release-key", "more.pem.pub")
        trust = self.signed("trust", "make", "--version", "1", "--anchor",
                            "otter-data/certs/ca.crt")
        self.ask("serve_root", 404, version=1)
        self.ask("serve_trust", 404)
        self.ask("publish_trust", 404, trust)
        self.ask("publish_root", 422, trust)
        self.ask("publish_root", 201, root)
        self.ask("publish_trust", 422, root)
        self.ask("publish_trust", 201, trust)
        self.ask("serve_root", 200, version=1)
        self.ask("serve_trust", 200)
        self.assertEqual(self.ask("list_release_keys", 200)["root_version"], 1)

    def health(self):
        with self.locked_store():
            self.ask("serve_ready", 503)
        self.ask("serve_ready", 200)
        self.ask("serve_alive", 200)

    @contextmanager
    def listening(self, **headers):
        """A stream of events: next() gives its next line."""
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        with self.connected() as stream:
            stream.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                           f"{self.token}\r\n{head}\r\n".encode())
            answer = HTTPResponse(stream)
            answer.begin()
            operation = self.contract.operations["serve_events"]
            told = (answer.status, answer.headers, b"")
            self.assertEqual(self.contract.judge(operation, told), [])
            yield (line.decode().rstrip("\n") for line in iter(answer.readline, b""))

    def next_event(self, lines, kind):
        """(id or None, data) of the next event of that kind."""
        number = None
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "id":
                number = value
            if line == f"event: {kind}":
                return number, json.loads(next(lines).partition(": ")[2])
            if not line:
                number = None
        return self.fail(f"the stream ended without {kind}")

    def events(self):
        self.ask("serve_events", 400, query="?what=x")
        report = {"device_id": "sketch", "status": "FAILED", "version": "1.0.1", "error": "first"}
        with self.listening() as lines:
            self.ask("take_report", 200, report)
            first, data = self.next_event(lines, "report")
            self.assertEqual((data["device"], data["error"]), ("sketch", "first"))
        self.ask("take_report", 200, {**report, "error": "second"})
        with self.listening(Last_Event_ID=first) as lines:
            self.assertEqual(self.next_event(lines, "report")[1]["error"], "second")
        with self.listening(Last_Event_ID="1-1") as lines:
            self.assertEqual(self.next_event(lines, "missed"), (None, {}))
            self.stop_server()
            self.assertEqual([line for line in lines if line], [])  # ended by the server
        self.start_server()

    def metrics(self):
        self.ask("serve_metrics", 401)
        self.ask("serve_metrics", 200, headers={"Authorization": f"Bearer {self.token}"})

    def settings(self):
        """What an answer depends on."""
        self.stop_server()
        given = {"OTTER_SERVER_METRICS": "off", "OTTER_LIMITS_REQUESTS_PER_KEY_PER_S": "1",
                 "OTTER_LIMITS_CONNECTIONS_MAX": str(PARALLEL)}
        with mock.patch.dict(os.environ, given):
            self.start_server()
        self.ask("serve_metrics", 404)
        asked = b"GET /firmware/9.bin HTTP/1.1\r\nHost: x\r\nX-API-Key: x.y\r\n\r\n"
        for _ in range(20):
            answer = self.raw(asked)
        self.expect_anywhere("too_many_requests", answer)
        with ExitStack() as others:
            for _ in range(PARALLEL):
                others.enter_context(self.connected())
            self.expect_anywhere("busy", self.raw(asked))

    def raw(self, sent, first=lambda: None):
        """The answer to bytes that no client library would send; `first` is done in between."""
        with self.connected() as stream:
            first()
            stream.sendall(sent)
            answer = HTTPResponse(stream)
            answer.begin()
            return answer.status, answer.headers, answer.read()

    @contextmanager
    def connected(self):
        trust = ssl.create_default_context(cafile=self.folder / "otter-data/certs/ca.crt")
        with socket.create_connection(("localhost", self.port)) as plain:
            with trust.wrap_socket(plain, server_hostname="localhost") as stream:
                yield stream

    def expect_anywhere(self, code, answer):
        self.assertEqual(json.loads(answer[2])["code"], code)
        wrong = self.contract.judge(self.contract.operations["serve_trust"], answer)
        self.assertEqual(wrong, [])

    def anything(self):
        """What any request can be refused with."""
        begin = b"GET /api/v1/products HTTP/1.1\r\nHost: localhost\r\n"
        long = b"a" * 5000
        for code, sent in (
                ("bad_request", b"GET / HTTP/9.9\r\n\r\n"),
                ("bad_path", b"GET /api//v1 HTTP/1.1\r\nHost: x\r\n\r\n"),
                ("timeout", begin),
                ("too_large", b"POST /api/v1/products HTTP/1.1\r\nHost: x\r\n"
                              b"Content-Length: 99999999\r\n\r\n"),
                ("target_too_long", b"GET /" + long + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
                ("expectation_failed", begin + b"Expect: wonders\r\n\r\n"),
                ("headers_too_large", begin + 4 * (b"X: " + long + b"\r\n") + b"\r\n")):
            self.expect_anywhere(code, self.raw(sent))
        if not SANITIZED:  # the sanitizers' own code needs descriptors, too
            self.take_all_descriptors()
        self.lock_the_store()

    def take_all_descriptors(self):
        """The image can't be opened."""
        before = resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE)
        sent = f"GET /firmware/1.0.1.bin HTTP/1.1\r\nHost: x\r\nX-API-Key: {self.key}\r\n\r\n"
        answer = self.raw(sent.encode(), lambda: resource.prlimit(
            self.server.pid, resource.RLIMIT_NOFILE, (3, before[1])))
        resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, before)
        self.expect_anywhere("internal", answer)

    def once(self):
        """What an Idempotency-Key can be answered with."""
        named = {"product": "lamp", "headers": {"Idempotency-Key": "k1"}}
        first = self.ask("add_product_key", 201, {}, **named)
        self.assertEqual(self.ask("add_product_key", 201, {}, **named), first)
        self.ask("add_product_key", 422, {"other": 1}, **named)
        self.ask("add_product_key", 400, {}, product="lamp", headers={"Idempotency-Key": "a b"})
        for name, operation in self.contract.operations.items():
            if operation.method == "POST" and "token" in str(operation.text["security"]):
                self.repeat_too_early(name)

    def repeat_too_early(self, name):
        """While the store is locked, the first of these waits; the others are told so."""
        headers = {**self.credentials(self.contract.operations[name], ...),
                   "Content-Type": "application/json", "Idempotency-Key": name}
        operation = self.contract.operations[name]
        names = {"product": "lamp", "version": "1", "device": "board-1", "experiment": "x"}
        with ThreadPoolExecutor(PARALLEL) as pool, self.locked_store():
            asked = [pool.submit(self.request, "POST", operation.target(names), headers, b"{}")
                     for _ in range(PARALLEL)]
            refused = next(one.result() for one in as_completed(asked))
        self.assertEqual(json.loads(refused[2])["code"], "in_progress")
        self.assertEqual(self.contract.judge(operation, refused), [])

    @contextmanager
    def locked_store(self):
        with closing(sqlite3.connect(self.folder / "otter-data/otter.sqlite")) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.rollback()

    def lock_the_store(self):
        with self.locked_store():
            self.ask("add_product", 503, {"name": "late"})


class Lists(WorldTest):
    def test_the_program_shows_every_page(self):
        self.stop_server()
        with sqlite3.connect(self.folder / "otter-data/otter.sqlite") as database:
            database.executemany(
                "INSERT INTO devices (id, product, chip, standing, created_s, last_seen_s, version,"
                " boot_state, slot_bytes) VALUES "
                "(?, 'demo', 'esp32c3', 'enrolled', 1, 1, '', '', 0)",
                [(f"d{number:04}",) for number in range(2001)])
        self.start_server()
        told = json.loads(self.otter("device", "list", "--json").stdout)["devices"]
        self.assertEqual([one["id"] for one in told], [f"d{number:04}" for number in range(2001)])
        self.assertEqual(self.otter("device", "list", "--id-prefix", "d20").stdout.count("d20"), 1)


if __name__ == "__main__":
    unittest.main()
