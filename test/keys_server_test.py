#!/usr/bin/env python3
"""Device keys over several epochs: nobody is shut out, unless the operator insists."""
import base64
import hashlib
import hmac
import json
import unittest

from world import WorldTest


def api_key(device_id, device_key):
    """What a device sends: HKDF-SHA256 of one block, docs/spec/device-keys.md."""
    secret = hmac.digest(b"otter-v1", device_key, hashlib.sha256)
    digits = hmac.digest(secret, b"api-key\x01", hashlib.sha256).hex()
    return f"{device_id}.{digits}"


class Keys(WorldTest):
    def enroll(self, key, device_id="sensor-1"):
        """(epoch, what the device sends from now on)"""
        body = json.dumps({"device_id": device_id, "product": "demo", "chip": self.chip}).encode()
        status, _, answer = self.request("POST", "/firmware/enroll", {
            "X-API-Key": key, "Content-Type": "application/json"}, body)
        self.assertEqual(status, 200, answer)
        answer = json.loads(answer)
        return answer["epoch"], api_key(device_id, base64.b64decode(answer["device_key"]))

    def check_in(self, key, device_id="sensor-1"):
        """(status, statement)"""
        facts = (f'id="{device_id}", ver="1.0.0", product="demo", chip="{self.chip}", '
                 'nonce=:AAECAwQFBgcICQoLDA0ODw==:')
        status, _, answer = self.request("GET", "/firmware/manifest", {
            "X-API-Key": key, "Accept": "application/vnd.otter.checkin.v1",
            "X-Otter-Device": facts})
        if status != 200:
            return status, None
        return status, json.loads(answer[6:6 + int.from_bytes(answer[4:6], "little")])

    def epoch(self):
        return json.loads(self.otter("keys", "epoch", "--json").stdout)

    def test_a_device_goes_from_epoch_to_epoch(self):
        epoch, first = self.enroll(self.key)
        self.assertEqual(epoch, 1)
        self.assertIn("of epoch 2", self.otter("keys", "rotate-epoch").stdout)
        status, statement = self.check_in(first)
        self.assertEqual((status, statement["key_epoch"]), (200, 2))
        epoch, second = self.enroll(first)
        self.assertEqual(epoch, 2)
        self.assertNotEqual(first, second)
        self.assertEqual(self.check_in(second)[0], 200)
        self.otter("keys", "rotate-epoch")
        self.assertEqual((self.check_in(first)[0], self.check_in(second)[0]), (401, 200))

    def test_nobody_is_shut_out_unless_forced(self):
        _, first = self.enroll(self.key)
        self.otter("keys", "rotate-epoch")
        self.assertEqual(self.epoch(), {"epoch": 2, "accepted": [2, 1], "devices_behind": 1})
        self.assertIn("would be shut out", self.otter("keys", "rotate-epoch", ok=False).stderr)
        self.assertEqual(self.check_in(first)[0], 200)
        self.otter("keys", "rotate-epoch", "--force")
        self.assertEqual(self.check_in(first)[0], 401)
        self.assertEqual(self.enroll(self.key)[0], 3)

    def test_an_epoch_outlives_the_server(self):
        _, first = self.enroll(self.key)
        self.otter("keys", "rotate-epoch")
        _, second = self.enroll(first)
        self.stop_server()
        self.start_server()
        self.assertEqual((self.check_in(first)[0], self.check_in(second)[0]), (200, 200))
        self.assertEqual(self.epoch()["epoch"], 2)

    def test_a_board_is_updated_across_an_epoch(self):
        first = self.publish("1.0.0")
        self.run_board(*self.create(first), "--until", "idle")
        self.otter("keys", "rotate-epoch")
        self.publish("1.0.1")
        self.run_board("--until", "confirmed")
        self.assertEqual(self.device()["version"], "1.0.1")

    def test_a_link_that_is_short_of_signatures_names_who_has_yet_to_sign(self):
        keys = [f"k{number}.pem" for number in range(2)]
        for key in keys:
            self.otter("keys", "make", key)
        root_keys = [part for key in keys for part in ("--root-key", key + ".pub")]
        self.otter("keys", "root", "init", "-o", "root-1.json", "--threshold", "2", *root_keys,
                   "--release-key", "otter-data/keys/release-1.pem.pub")
        self.otter("keys", "root", "sign", "root-1.json", "--key", keys[0], "-o", "root-1.otr")
        missing = json.loads(self.otter("keys", "show", keys[1], "--json").stdout)["keyid"]
        publish = ("keys", "root", "publish", "root-1.otr")
        self.assertIn(f"1 more must sign, of {missing}", self.otter(*publish, ok=False).stderr)
        self.otter("keys", "root", "sign", "root-1.otr", "--key", keys[1], "-o", "root-1.otr")
        self.otter(*publish)
        self.otter("keys", "root", "next", "--from", "root-1.otr", "-o", "root-2.json")
        self.otter("keys", "root", "sign", "root-2.json", "--key", keys[0], "-o", "root-2.otr")
        self.assertIn(f"1 more must sign, of {missing}", self.otter(
            "keys", "root", "publish", "root-2.otr", ok=False).stderr)
        self.otter("keys", "trust", "make", "--version", "1", "--anchor",
                   "otter-data/certs/ca.crt", "-o", "trust-1.json")
        self.otter("keys", "trust", "sign", "trust-1.json", "--key", keys[0], "-o", "trust-1.otr")
        self.assertIn(f"not yet by {missing}", self.otter(
            "keys", "trust", "publish", "trust-1.otr", ok=False).stderr)

    def test_what_is_no_root_is_refused(self):
        path = self.folder / "root-1.otr"
        self.otter("keys", "root", "init", "-o", "root-1.json", "--threshold", "1", "--root-key",
                   "otter-data/keys/root-1.pem.pub", "--release-key",
                   "otter-data/keys/release-1.pem.pub")
        self.assertIn("nobody has signed it; `otter keys root sign`", self.otter(
            "keys", "root", "publish", "root-1.json", ok=False).stderr)
        path.write_bytes(b"OTE1")
        for role in ("root", "trust"):
            self.assertIn("truncated", self.otter("keys", role, "publish", path, ok=False).stderr)
            path_of = {"root": "/firmware/root/1", "trust": "/firmware/trust"}[role]
            self.assertEqual(self.request("GET", path_of)[0], 404)


if __name__ == "__main__":
    unittest.main()
