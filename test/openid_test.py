#!/usr/bin/env python3
"""Signing in by an identity provider: the real server, a provider on loopback, and a browser's part
done by hand."""
import json
import os
import subprocess
import unittest
from unittest import mock

from identity_provider import CLIENT_SECRET
from sign_in_scenes import BEGIN, SignInScenes
from world import OTTER, WorldTest


class OpenId(SignInScenes, WorldTest):
    def setUp(self):
        super().setUp()
        self.trust_provider()

    def session_of(self, cookie):
        status, _, body = self.request("GET", "/api/v1/session", {"Cookie": cookie})
        return json.loads(body) if status == 200 else status

    def test_a_person_signs_in_and_changes_something(self):
        status, _, ways = self.request("GET", "/api/v1/sign-in")
        self.assertEqual((status, json.loads(ways)["openid"]),
                         (200, {"name": "Staff", "path": BEGIN}))
        status, cookie, page = self.sign_in(roles=["otter-admin"])
        self.assertEqual(status, 200, self.server_log())
        self.assertIn('content="0; url=/"', page)
        session = self.session_of(cookie)
        self.assertEqual((session["account"], session["role"]), ("ada", "admin"))
        sent = {"Cookie": cookie, "X-CSRF-Token": session["csrf_token"],
                "Content-Type": "application/json"}
        self.assertEqual(self.request("POST", "/api/v1/products", sent, b'{"name":"x"}')[0], 201)
        self.assertRegex(self.otter("account", "list").stdout, r"ada +admin +no +yes")
        entries = [json.loads(line) for line in self.otter("audit", "export").stdout.splitlines()]
        self.assertEqual([entry["action"] for entry in entries[-3:]],
                         ["Account added", "Signed in", "Product added"])
        self.assertEqual(entries[-1]["account"], "ada")
        self.otter("audit", "verify")
        log = self.server_log()
        for secret in (cookie.partition("=")[2], CLIENT_SECRET, "eyJ", "code="):
            self.assertNotIn(secret, log)

    def test_signatures_of_each_kind_and_new_keys_are_taken(self):
        for algorithm in ("ES256", "EdDSA", "RS256"):
            self.stop_server()
            self.start_server()  # else it would ask for keys again in a minute
            self.provider.rotate(algorithm)
            self.assertEqual(self.sign_in()[0], 200, f"{algorithm}: {self.server_log()}")

    def test_what_is_wrong_with_a_token_is_refused_and_logged(self):
        def change(where, name, value):
            def break_token(header, claims):
                (header if where == "header" else claims)[name] = value
            self.provider.break_token = break_token

        for where, name, value in (("header", "alg", "none"), ("header", "alg", "HS256"),
                                   ("header", "kid", "other"), ("claims", "aud", "other"),
                                   ("claims", "exp", 1)):
            with self.subTest(name=name, value=value):
                change(where, name, value)
                self.assertEqual(self.sign_in()[0], 401)
                self.stop_server()  # five failures would have this address wait
                self.start_server()
        self.assertEqual(self.server_log().count("Identity provider's token refused"), 5)
        self.assertNotIn("ada", self.otter("account", "list").stdout)

    def test_who_has_no_role_is_refused(self):
        status, cookie, _ = self.sign_in()
        self.assertEqual(status, 200)
        self.assertEqual(self.sign_in(roles=["Staff"])[0], 403)
        self.assertEqual(self.session_of(cookie), 401)
        self.assertEqual(self.sign_in(roles="Staff of all sorts")[0], 200)

    def test_an_account_is_called_by_the_claim_that_is_set(self):
        self.stop_server()
        with mock.patch.dict(os.environ, {"OTTER_OPENID_ACCOUNT_CLAIM": "nickname"}):
            self.start_server()
        self.assertEqual(self.sign_in(nickname="countess")[0], 200)
        self.assertRegex(self.otter("account", "list").stdout, r"(?m)^countess +operator ")

    def test_an_answer_counts_once_and_in_its_own_browser(self):
        cookie, url = self.begin()
        back = self.at_provider(url)
        other = self.begin()[0]
        self.assertEqual(self.request("GET", back, {"Cookie": other})[0], 401)
        self.assertEqual(self.request("GET", back)[0], 401)
        self.assertEqual(self.request("GET", back, {"Cookie": cookie})[0], 200)
        self.assertEqual(self.request("GET", back, {"Cookie": cookie})[0], 502)

    def test_a_password_still_does(self):
        (self.folder / "password").write_text("correct horse battery\n")
        self.otter("account", "add", "bob", "--role", "viewer", "--password-file", "password")
        self.provider.stop()
        login = json.dumps({"name": "bob", "password": "correct horse battery"}).encode()
        status, _, _ = self.request("POST", "/api/v1/session",
                                    {"Content-Type": "application/json"}, login)
        self.assertEqual(status, 201)
        self.assertEqual(self.request("GET", BEGIN)[0], 502)

    def test_the_doctor_asks_the_provider(self):
        found = subprocess.run([OTTER, "doctor", "--json"], cwd=self.folder, capture_output=True,
                               check=False).stdout
        lines = {line["check"]: line for line in json.loads(found)["checks"]}
        self.assertEqual(lines["sign-in"]["health"], "ok", lines)


if __name__ == "__main__":
    unittest.main()
