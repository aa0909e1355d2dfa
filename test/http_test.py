#!/usr/bin/env python3
"""The endpoints as a stranger meets them: good requests, wrong ones and hostile ones, over real
sockets; nothing of the wrong ones is stored."""
import hashlib
import hmac
import json
import sqlite3
import unittest

from world import WorldTest


class Endpoints(WorldTest):
    def setUp(self):
        super().setUp()
        self.image = self.publish("1.0.1").read_bytes()

    def get(self, target, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("GET", target, {"X-API-Key": self.key, **named})

    def post(self, body, key=None, kind="application/json", target="/firmware/report"):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return self.request("POST", target, {"X-API-Key": key or self.key, "Content-Type": kind},
                            body)

    def assert_problem(self, answer, status, code=None):
        self.assertEqual(answer[0], status, answer[2])
        self.assertEqual(answer[1]["Content-Type"], "application/problem+json")
        problem = json.loads(answer[2])
        self.assertEqual(problem["status"], status)
        if code is not None:
            self.assertEqual(problem["code"], code)

    def rows(self, table):
        with sqlite3.connect(self.folder / "otter-data/otter.sqlite") as database:
            return database.execute(f"select count(*) from {table}").fetchone()[0]

    def test_manifest_agrees_with_the_file_that_it_names(self):
        status, _, body = self.get("/firmware/manifest")
        self.assertEqual(status, 200)
        manifest = json.loads(body)
        status, _, image = self.get(manifest["url"])
        self.assertEqual((status, image), (200, self.image))
        self.assertEqual(manifest["size"], len(image))
        self.assertEqual(manifest["sha256"], hashlib.sha256(image).hexdigest())
        digest = hmac.new(self.hmac_secret.encode(), image, hashlib.sha256).hexdigest()
        self.assertEqual(manifest["hmac"], digest)
        kind = manifest["envelope"]["payloadType"]
        self.assertEqual(kind, "application/vnd.otter.manifest.v1+json")

    def test_all_names_of_a_version_are_the_same_file(self):
        sha256 = hashlib.sha256(self.image).hexdigest()
        for name in ("1.0.1.bin", "v1.0.1.bin", "firmware_v1.0.1.bin", f"blob/{sha256}"):
            status, headers, body = self.get(f"/firmware/{name}")
            self.assertEqual((status, body), (200, self.image), name)
            self.assertEqual(headers["ETag"], f'"{sha256}"')
            self.assertEqual(headers["Accept-Ranges"], "bytes")
        self.assertIn("immutable", headers["Cache-Control"])

    def test_ranges(self):
        size = len(self.image)
        etag = f'"{hashlib.sha256(self.image).hexdigest()}"'
        for wanted, first, last in (("bytes=0-0", 0, 0), ("bytes=5-", 5, size - 1),
                                    ("bytes=-7", size - 7, size - 1),
                                    (f"bytes=9-{10 * size}", 9, size - 1)):
            status, headers, body = self.get("/firmware/1.0.1.bin", Range=wanted)
            self.assertEqual((status, body), (206, self.image[first:last + 1]), wanted)
            self.assertEqual(headers["Content-Range"], f"bytes {first}-{last}/{size}")
        for match, expected in ((etag, 206), ('"another"', 200)):
            answer = self.get("/firmware/1.0.1.bin", Range="bytes=5-", If_Range=match)
            self.assertEqual(answer[0], expected, match)
        answer = self.get("/firmware/1.0.1.bin", Range=f"bytes={size}-")
        self.assert_problem(answer, 416)
        self.assertEqual(answer[1]["Content-Range"], f"bytes */{size}")

    def test_head_sends_the_length_and_no_body(self):
        status, headers, body = self.request("HEAD", "/firmware/1.0.1.bin",
                                             {"X-API-Key": self.key})
        self.assertEqual((status, headers["Content-Length"], body),
                         (200, str(len(self.image)), b""))

    def test_without_a_key_or_with_a_wrong_one(self):
        for headers in ({}, {"X-API-Key": ""}, {"X-API-Key": "otk_wrong"},
                        {"X-API-Key": "board-1." + 64 * "0"}, {"X-API-Key": 5000 * "x"}):
            for target in ("/firmware/manifest", "/firmware/1.0.1.bin"):
                self.assert_problem(self.request("GET", target, headers), 401)

    def test_tricks_with_paths(self):
        tricks = ("/firmware/..%2f..%2fotter.toml", "/firmware/../otter.toml",
                  "//firmware//manifest",
                  "/firmware/%00.bin", "/firmware/1.0.1.bin%00", "/firmware/9.9.9.bin",
                  "/firmware/" + 8192 * "a" + ".bin", "/firmware/%zz.bin", "/firmware/.bin",
                  "/firmware/blob/" + 64 * "g", "/firmware/blob/..%2f..", "/nothing")
        for target in tricks:
            answer = self.get(target)
            self.assertIn(answer[0], (400, 404, 414), target[:60])
            self.assert_problem(answer, answer[0])
        self.assertGreaterEqual(self.server_log().count("Request refused"), len(tricks))

    def test_a_good_report_is_kept_and_counted_once(self):
        report = {"device_id": "sketch-1", "status": "SUCCESS", "version": "1.0.1", "error": "",
                  "report_id": 32 * "a"}
        for _ in range(2):
            self.assertEqual(self.post(report)[0], 200)
        self.assertEqual(self.rows("reports"), 1)
        self.assertIn("Device reported: UPDATE_SUCCESS", self.server_log())

    def test_wrong_reports_are_refused_and_not_kept(self):
        good = {"device_id": "sketch-1", "status": "SUCCESS", "version": "1.0.1", "error": ""}
        wrong = (b"", b"{", b"[]", b"\xff\xfe", b"null", {}, {**good, "status": "MAYBE"},
                 {**good, "status": 1}, {**good, "device_id": ""}, {**good, "device_id": "../x"},
                 {**good, "device_id": 7}, {**good, "device_id": 100 * "x"},
                 {**good, "version": []}, {**good, "error": 10000 * "x"},
                 b'{"device_id":"a","device_id":"b","status":"SUCCESS"}', 100 * b"[")
        for body in wrong:
            answer = self.post(body)
            self.assertIn(answer[0], (400, 422), body)
            self.assert_problem(answer, answer[0])
        self.assert_problem(self.post(good, kind="text/plain"), 415)
        self.assert_problem(self.post(b"x" * 100_000), 413)
        self.assert_problem(self.post(good, key="otk_wrong"), 401)
        self.assert_problem(self.request("DELETE", "/firmware/report"), 405)
        self.assertEqual((self.rows("reports"), self.rows("devices")), (0, 0))

    def test_a_products_key_opens_no_other_product(self):
        self.otter("product", "add", "kettle", "--chip", self.chip)
        told = self.otter("product", "key", "kettle").stdout
        other = next(word for word in told.split() if word.startswith("otk_"))
        sha256 = hashlib.sha256(self.image).hexdigest()
        for target in ("/firmware/1.0.1.bin", f"/firmware/blob/{sha256}"):
            self.assert_problem(self.request("GET", target, {"X-API-Key": other}), 404)

    def test_the_admin_api_wants_its_token(self):
        for headers in ({}, {"X-API-Key": self.key}, {"Authorization": "Bearer ota_wrong"},
                        {"Authorization": f"Basic {self.token}"}):
            self.assert_problem(self.request("GET", "/api/v1/devices", headers), 401)

    def test_no_secret_is_in_the_log(self):
        self.get("/firmware/manifest")
        self.request("GET", f"/firmware/manifest?key={self.key}")
        self.post({"device_id": "x", "status": "SUCCESS", "version": "1.0.1", "error": self.key})
        self.otter("device", "list")
        log = self.server_log()
        for secret in (self.token, self.hmac_secret):
            self.assertNotIn(secret, log)
        lines = [line for line in log.split("\n") if self.key in line]
        self.assertEqual(lines, [])


if __name__ == "__main__":
    unittest.main()
