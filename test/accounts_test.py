#!/usr/bin/env python3
"""Accounts, tokens, sessions and the audit log: the real programs on real sockets."""
import http.cookies
import json
import re
import sqlite3
import subprocess
import unittest

from world import OTTER, SOURCE, WorldTest

PASSWORD = "correct horse battery"


class People(WorldTest):
    def secret_file(self, text, name="password"):
        path = self.folder / name
        path.write_text(text + "\n")
        return path

    def make_token(self, *arguments):
        return json.loads(self.otter("token", "make", *arguments, "--json").stdout)

    def as_token(self, token):
        """Lets `otter` use this token from now on."""
        (self.folder / "otter-data/secrets/admin.token").write_text(token + "\n")

    def refusal(self, *arguments):
        return self.otter(*arguments, ok=False).stderr

    def api(self, method, target, headers=None, body=None):
        headers = dict(headers or {})
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        status, headers, answer = self.request(method, target, headers, body)
        return status, headers, json.loads(answer)


class Accounts(People):
    def test_a_token_that_cant_be_written_is_none(self):
        self.assertIn("/nonexistent", self.otter("token", "make", "admin", "--out",
                                                 "/nonexistent/x", ok=False).stderr)
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([OTTER, "token", "list"], cwd=self.folder, stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output can't be written", done.stderr)
        self.assertEqual(len(json.loads(self.otter("token", "list", "--json").stdout)["tokens"]),
                         1)

    def test_an_empty_product_is_not_all_of_them(self):
        for option in ("--product", "--role"):
            done = subprocess.run([OTTER, "token", "make", "admin", option, ""], cwd=self.folder,
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("it is empty", done.stderr)

    def test_the_first_token_is_replaced_and_revoked(self):
        token_file = self.folder / "otter-data/secrets/admin.token"
        first = json.loads(self.otter("token", "list", "--json").stdout)["tokens"][0]
        told = self.otter("token", "make", "admin", "--out", token_file)
        self.assertEqual(told.stderr, f"otter: the token that was in {token_file} is as good as "
                                      f"before: otter token revoke {first['id']}\n")
        self.assertEqual(token_file.stat().st_mode & 0o777, 0o600)
        self.assertNotEqual(token_file.read_text().strip(), self.token)
        self.otter("token", "revoke", first["id"])
        self.otter("product", "list")
        self.as_token(self.token)
        self.assertIn("[unauthorized]", self.refusal("product", "list"))

    def test_a_builds_token_publishes_one_product_and_nothing_else(self):
        self.otter("product", "add", "other", "--chip", self.chip)
        self.otter("account", "add", "ci", "--role", "publisher")
        token = self.make_token("ci", "--product", "demo", "--days", "90")
        self.assertEqual((token["role"], token["product"]), ("publisher", "demo"))
        self.as_token(token["token"])
        self.publish("1.0.0")
        self.assertIn("good for the product demo alone", self.refusal(
            "publish", self.make_image("1.0.1", project="other")))
        self.assertIn("[forbidden]", self.refusal("account", "list"))
        self.assertIn("[forbidden]", self.refusal("product", "show", "other"))
        products = json.loads(self.otter("product", "list", "--json").stdout)["products"]
        self.assertEqual([product["name"] for product in products], ["demo"])

    def test_roles_and_errors_are_told_in_one_line(self):
        self.otter("account", "add", "ada", "--role", "viewer", "--password-file",
                   self.secret_file(PASSWORD))
        self.assertRegex(self.otter("account", "list").stdout, r"ada +viewer +yes")
        self.otter("account", "role", "ada", "operator")
        self.assertRegex(self.otter("account", "list").stdout, r"ada +operator +yes")
        self.assertIn("[exists]", self.refusal("account", "add", "ada", "--role", "viewer"))
        self.assertIn("at least 15", self.refusal("account", "password", "ada", "--password-file",
                                                  self.secret_file("short")))
        self.assertIn("must be viewer", self.refusal("account", "role", "ada", "root"))
        self.assertIn("[last_admin]", self.refusal("account", "remove", "admin"))
        self.otter("account", "remove", "ada")
        self.assertIn("[not_found]", self.refusal("account", "remove", "ada"))

    def test_a_person_signs_in_changes_something_and_signs_out(self):
        self.otter("account", "add", "ada", "--role", "admin", "--password-file",
                   self.secret_file(PASSWORD))
        login = {"name": "ada", "password": PASSWORD}
        status, headers, answer = self.api("POST", "/api/v1/session", body=login)
        self.assertEqual(status, 201)
        cookie = http.cookies.SimpleCookie(headers["Set-Cookie"])["__Host-otter"]
        self.assertTrue(cookie["secure"] and cookie["httponly"])
        self.assertEqual((cookie["samesite"], cookie["path"]), ("Strict", "/"))
        sent = {"Cookie": f"__Host-otter={cookie.value}"}
        self.assertEqual(self.api("GET", "/api/v1/products", sent)[0], 200)
        self.assertEqual(self.api("POST", "/api/v1/products", sent, {"name": "x"})[0], 403)
        sent["X-CSRF-Token"] = answer["csrf_token"]
        self.assertEqual(self.api("POST", "/api/v1/products", sent, {"name": "x"})[0], 201)
        self.stop_server()
        self.start_server()
        self.assertEqual(self.api("GET", "/api/v1/products", sent)[0], 200)
        self.assertEqual(self.api("DELETE", "/api/v1/session", sent)[0], 200)
        self.assertEqual(self.api("GET", "/api/v1/products", sent)[0], 401)
        log = self.server_log()
        for secret in (PASSWORD, cookie.value, answer["csrf_token"], "argon2"):
            self.assertNotIn(secret, log)

    def test_whoever_guesses_has_to_wait(self):
        login = {"name": "admin", "password": "wrong"}
        told = [self.api("POST", "/api/v1/session", body=login) for _ in range(7)]
        statuses = [status for status, _, _ in told]
        self.assertEqual(statuses[:5], [401] * 5)
        self.assertIn(429, statuses)
        waits = [headers["Retry-After"] for status, headers, _ in told if status == 429]
        self.assertTrue(all(int(wait) >= 1 for wait in waits))


class ProductKeys(People):
    def status_of(self, key):
        return self.request("GET", "/firmware/manifest", {"X-API-Key": key})[0]

    def test_a_key_is_replaced_without_a_moment_in_which_none_is_good(self):
        self.publish("1.0.0")
        fresh = json.loads(self.otter("product", "key", "demo", "--json").stdout)
        self.assertEqual([self.status_of(self.key), self.status_of(fresh["api_key"])], [200, 200])
        keys = json.loads(self.otter("product", "keys", "demo", "--json").stdout)["keys"]
        self.assertEqual([key["id"] for key in keys][1], fresh["id"])
        self.assertTrue(all(key["used"] for key in keys))
        told = self.otter("product", "revoke-key", "demo", keys[0]["id"]).stdout
        self.assertIn("the product has 1 left", told)
        self.assertEqual([self.status_of(self.key), self.status_of(fresh["api_key"])], [401, 200])
        self.assertIn("[not_found]", self.refusal("product", "revoke-key", "demo", keys[0]["id"]))
        self.stop_server()
        self.start_server()
        self.assertEqual(self.status_of(self.key), 401)
        kept = json.loads(self.otter("product", "keys", "demo", "--json").stdout)["keys"]
        self.assertEqual(kept, keys[1:])
        self.assertIn("none left", self.otter("product", "revoke-key", "demo", fresh["id"]).stdout)


class Approval(People):
    def test_a_release_goes_out_when_a_second_account_approves_it(self):
        self.run_board(*self.create(self.publish("1.0.0")), "--until", "idle")
        self.otter("product", "approval", "demo", "on")
        told = self.otter("publish", self.make_image("1.0.1"))
        self.assertIn("until another account approves it", told.stderr)
        self.run_board("--until", "idle")
        self.assertEqual(self.device()["version"], "1.0.0")
        self.assertRegex(self.otter("release", "list").stdout, r"1\.0\.1 .* pending ")
        self.assertIn("[forbidden]", self.refusal("approve", "demo", "1.0.1"))
        self.otter("account", "add", "ada", "--role", "publisher")
        self.as_token(self.make_token("ada")["token"])
        self.assertIn("approved by ada", self.otter("approve", "demo", "1.0.1").stdout)
        self.run_board("--until", "confirmed")
        self.assertEqual(self.device()["version"], "1.0.1")


class Audit(WorldTest):
    def setUp(self):
        super().setUp()
        for name in ("a", "b", "c"):
            self.otter("product", "add", name)
        self.file = self.folder / "audit.jsonl"
        self.otter("audit", "export", "-o", self.file)
        self.lines = self.file.read_text().splitlines(keepends=True)

    def refusal(self, *arguments):
        return self.otter("audit", "verify", *arguments, ok=False).stderr

    def tampered(self, lines):
        self.file.write_text("".join(lines))
        return self.refusal("--offline", self.file)

    def head(self, *arguments):
        return json.loads(self.otter("audit", "verify", "--json", *arguments).stdout)["head"]

    def database(self, sql):
        """What someone with the server's disk in hand could do."""
        self.stop_server()
        with sqlite3.connect(self.folder / "otter-data/otter.sqlite") as database:
            database.execute(sql)
        database.close()
        self.start_server()

    def test_a_whole_log_is_told_whole(self):
        self.assertEqual(len(self.lines), 4)
        self.assertEqual([json.loads(line)["subject"] for line in self.lines],
                         ["admin", "a", "b", "c"])
        head = self.head()
        self.assertEqual(head, "4:" + json.loads(self.lines[-1])["hash"])
        self.assertEqual(self.head("--offline", self.file), head)
        self.assertEqual(self.head(self.file, "--head", head), head)
        self.assertEqual(self.otter("audit", "export").stdout, "".join(self.lines))

    def test_an_export_goes_on_where_it_ended(self):
        self.otter("product", "add", "d")
        self.otter("audit", "export", "-o", self.file)
        self.assertEqual(len(self.file.read_text().splitlines()), 5)
        self.assertEqual(self.head(), self.head("--offline", self.file))

    def test_an_export_that_was_cut_off_goes_on(self):
        whole = self.file.read_text()
        self.file.write_text(whole[:-7])
        self.otter("audit", "export", "-o", self.file)
        self.assertEqual(self.file.read_text(), whole)

    def test_a_list_with_a_gap_shows_each_entry_once(self):
        self.database("DELETE FROM audit WHERE number = 2")
        told = self.otter("audit", "list").stdout
        self.assertEqual(re.findall(r"(?m)^ *(\d+) ", told), ["1", "3", "4"])

    def test_a_changed_file_is_found_out(self):
        lines = self.lines
        self.assertIn("line 2: behind entry 1: the entry was changed", self.tampered(
            [lines[0], lines[1].replace('"admin"', '"nobody"'), *lines[2:]]))
        self.assertIn("some are missing", self.tampered([lines[0], *lines[2:]]))
        self.assertIn("some are missing", self.tampered(lines[1:]))
        self.assertIn("line 2: behind entry 1", self.tampered(
            [lines[0], lines[2], lines[1], lines[3]]))
        self.assertIn("cut off", self.tampered([*lines[:3], lines[3][:-20] + "\n"]))
        self.assertIn("has no end", self.tampered([*lines[:3], lines[3][:-1]]))

    def test_a_cut_off_end_is_found_with_the_head(self):
        head = self.head()
        self.file.write_text("".join(self.lines[:2]))
        self.otter("audit", "verify", "--offline", self.file)
        self.assertIn("its end was cut off", self.refusal("--offline", self.file, "--head", head))

    def test_a_changed_database_is_found_out(self):
        head = self.head()
        self.database("DELETE FROM audit WHERE number = 4")
        self.otter("audit", "verify")
        for arguments in ([self.file], ["--head", head]):
            self.assertIn("its end was cut off", self.refusal(*arguments))
        self.database("UPDATE audit SET line = replace(line, '\"a\"', '\"z\"') WHERE number = 2")
        self.assertIn("the server's log: behind entry 1: the entry was changed", self.refusal())

    def test_a_log_made_anew_is_not_the_one_that_was_exported(self):
        self.database("DELETE FROM audit")
        for name in ("e", "f", "g", "h"):
            self.otter("product", "add", name)
        self.otter("audit", "verify")
        self.assertIn("entry 4 is another one than", self.refusal(self.file))

    def test_the_page_says_how_to_verify_without_otter(self):
        page = (SOURCE / "docs/spec/audit.md").read_text()
        command = next(line for line in page.splitlines() if "sha256sum" in line)
        told = subprocess.run(["sh", "-c", command], cwd=self.folder, capture_output=True,
                              text=True, check=True).stdout
        self.assertEqual(told.split()[0], json.loads(self.lines[1])["hash"])


if __name__ == "__main__":
    unittest.main()
