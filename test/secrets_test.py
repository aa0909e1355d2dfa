#!/usr/bin/env python3
"""No secret is in the log, in an error or in the audit log: all of openapi_test's requests once
more, with a log of JSON. And what secret_watch.py finds where there is one."""
import json
import unittest

import openapi_test
from api_contract import parts
from secret_watch import HARMLESS, SECRET, SUSPICIOUS, SecretWatch, spellings
from world import WorldTest


class Document(unittest.TestCase):
    def test_each_member_that_sounds_like_a_secret_is_known_to_be_one_or_none(self):
        document = openapi_test.document()
        named = {name for part in parts(document) for name in part.get("properties", ())}
        self.assertEqual({name for name in named if SUSPICIOUS.search(name)}, SECRET | HARMLESS)


class Json(openapi_test.OpenapiTest):
    log = "json"


class Leaks(SecretWatch, WorldTest):
    def test_each_spelling_is_found_in_the_log(self):
        self.request("GET", "/")
        self.assertEqual(self.leaks(), [])
        for spelling in spellings(self.key):
            with open(self.folder / "serve.log", "ab") as log:
                before = log.tell()
                log.write(spelling)
            self.assertEqual(self.leaks(), [("printed", "the log")], spelling)
            with open(self.folder / "serve.log", "ab") as log:
                log.truncate(before)

    def test_a_token_in_the_place_of_an_id_is_hidden(self):
        bearer = {"Authorization": f"Bearer {self.token}"}
        for target in f"/api/v1/tokens/{self.token}", f"/api/v1/products/fan/keys/{self.key}":
            self.assertEqual(self.request("DELETE", target, bearer)[0], 404)
        self.assertEqual(self.leaks(), [])
        refused = self.otter("account", "remove", self.token, ok=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("/api/v1/tokens/ota_...", self.server_log())

    def test_a_token_that_is_seen_is_revoked_by_itself(self):
        made = json.loads(self.otter("token", "make", "admin", "--json").stdout)
        told = self.otter("token", "revoke", made["token"]).stdout
        self.assertEqual(told, f"revoked the token {made['id']}\n")
        self.assertEqual(self.leaks(), [])

    def test_what_a_device_says_is_found_where_it_is_kept_and_shown(self):
        report = {"device_id": "x", "status": "FAILED", "version": "1.0.1", "error": self.token}
        self.request("POST", "/firmware/report",
                     {"X-API-Key": self.key, "Content-Type": "application/json"},
                     json.dumps(report).encode())
        target = "/api/v1/devices/x/reports"
        self.request("GET", target, {"Authorization": f"Bearer {self.token}"})
        self.assertEqual(self.leaks(), [("printed", f"GET {target} 200"),
                                        ("printed", "otter.sqlite-wal")])


if __name__ == "__main__":
    unittest.main()
