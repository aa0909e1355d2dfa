#!/usr/bin/env python3
"""New boards: what `otter device provision` writes, read by a reader of its own, and taken by the
server; and where `otter device flash-args` puts it."""
import hashlib
import hmac
import json
import os
import stat
import struct
import subprocess
import unittest
import zlib

from nvs_reader import BadImage, read_nvs
from world import DEADLINE, OTTER, WorldTest

TABLE = """nvs,data,nvs,0x9000,0x5000
otadata,data,ota,0xe000,0x2000
ota_0,app,ota_0,0x10000,1M
ota_1,app,ota_1,,1M
"""


def api_key(device_id, stored):
    """What a device with that setting sends, docs/spec/device-keys.md."""
    secret = hmac.digest(b"otter-v1", stored[4:], hashlib.sha256)
    return f"{device_id}.{hmac.digest(secret, b'api-key' + bytes([1]), hashlib.sha256).hex()}"


class ProvisionTest(WorldTest):
    """What the tests of both verbs begin with."""

    def write(self, name, content):
        (self.folder / name).write_text(content)
        return name

    def provision(self, *arguments, name="lamp-7"):
        """(what the board finds, what was printed)"""
        out = f"{name}.nvs"
        told = self.otter("device", "provision", name, *arguments, "--out", out)
        spaces = read_nvs((self.folder / out).read_bytes())
        self.assertEqual(list(spaces), ["otter"])
        return spaces["otter"], told


def settings_file(stored):
    """A virtual board's settings with that device key: sim/file_settings.cpp."""
    body = b"OTS1" + bytes([0, len(stored)]) + stored
    return body + struct.pack("<I", zlib.crc32(body))


class Provision(ProvisionTest):
    def refused(self, *arguments, name="lamp-7"):
        line = self.otter("device", "provision", name, *arguments, "--out", "refused.nvs",
                          ok=False).stderr
        self.assertFalse((self.folder / "refused.nvs").exists())
        self.assertIsNone(self.device(name))
        return line

    def test_a_board_gets_all_that_it_needs(self):
        self.write("wifi", "correct horse\n")
        values, told = self.provision("--product", "demo", "--server", "https://otter.example",
                                      "--wifi-ssid", "home", "--wifi-password-file", "wifi")
        key = values.pop("device_key")
        self.assertEqual(values, {
            "device_id": "lamp-7", "product": "demo", "server_host": "otter.example",
            "server_port": 443, "wifi_ssid": "home", "wifi_pass": "correct horse",
            "ca": (self.folder / "otter-data/certs/ca.crt").read_bytes()})
        self.assertEqual((len(key), struct.unpack_from("<I", key)[0]), (36, 1))
        for secret in ("correct horse", key[4:].hex()):
            self.assertNotIn(secret, told.stdout + told.stderr + self.server_log())
        image = self.folder / "lamp-7.nvs"
        self.assertEqual(image.stat().st_size, 0x6000)
        self.assertEqual(stat.S_IMODE(image.stat().st_mode), 0o600)

    def test_the_server_knows_the_board_by_its_key(self):
        values, _ = self.provision()
        self.assertEqual(values["product"], "demo")
        self.assertEqual(self.device("lamp-7")["last_seen"], 0)
        status, _, _ = self.request("GET", "/firmware/manifest",
                                    {"X-API-Key": api_key("lamp-7", values["device_key"])})
        self.assertEqual(status, 404)  # no release yet; a wrong key is a 401
        wrong = values["device_key"][:-1] + bytes([values["device_key"][-1] ^ 1])
        self.assertEqual(self.request("GET", "/firmware/manifest", {
            "X-API-Key": api_key("lamp-7", wrong)})[0], 401)
        self.otter("keys", "rotate-epoch", "--force")
        newer, _ = self.provision("--force")
        self.assertEqual(newer["device_key"][:4], b"\2\0\0\0")

    def test_the_engine_updates_with_the_key_alone(self):
        first = self.publish("1.0.0")
        values, _ = self.provision(name="board-1")
        (self.folder / "board.bin.nvs").write_bytes(settings_file(values["device_key"]))
        self.write("api.key", "otk_of-nobody")
        self.publish("1.0.1")
        self.run_board(*self.create(first), "--until", "confirmed")
        self.assertEqual(self.device()["version"], "1.0.1")
        self.assertNotIn("Device enrolled", self.server_log())

    def test_a_board_can_be_left_to_enrol_by_itself(self):
        values, told = self.provision("--api-key-file", "api.key", "--hmac-secret-file",
                                      "hmac.key")
        self.assertEqual((values["api_key"], values["hmac_secret"]), (self.key, self.hmac_secret))
        self.assertNotIn("device_key", values)
        self.assertIsNone(self.device("lamp-7"))
        self.assertNotIn(self.key, told.stdout + told.stderr)

    def test_a_board_takes_several_authorities_and_root_metadata(self):
        self.otter("certs", "make", "--folder", "new", "--name", "otter.example")
        self.otter("keys", "root", "init", "-o", "root-1.json", "--threshold", "1", "--root-key",
                   "otter-data/keys/root-1.pem.pub", "--release-key",
                   "otter-data/keys/release-1.pem.pub")
        self.assertIn("must sign", self.refused("--root", "root-1.json"))
        self.otter("keys", "root", "sign", "root-1.json", "--key", "otter-data/keys/root-1.pem",
                   "-o", "root-1.otr")
        old, new = self.folder / "otter-data/certs/ca.crt", self.folder / "new/ca.crt"
        values, _ = self.provision("--ca", old, "--ca", new, "--root", "root-1.otr")
        self.assertEqual(values["root"], (self.folder / "root-1.json").read_bytes())
        self.assertEqual(values["ca"], old.read_bytes() + new.read_bytes())

    def test_the_table_says_how_large_and_where(self):
        self.write("partitions.csv", TABLE)
        _, told = self.provision("--partitions", "partitions.csv", "--json")
        document = json.loads(told.stdout)
        self.assertEqual((document["size"], document["offset"]), (0x5000, 0x9000))
        self.assertEqual((document["chip"], document["epoch"]), ("esp32c3", 1))
        self.assertEqual((self.folder / "lamp-7.nvs").stat().st_size, 0x5000)
        self.assertIn("note: no board reaches this machine as localhost", told.stderr)

    def test_a_password_comes_from_elsewhere_than_the_command(self):
        command = [OTTER, "device", "provision", "lamp-7", "--wifi-ssid", "home", "--out"]
        subprocess.run([*command, "input.nvs", "--wifi-password-file", "-"], cwd=self.folder,
                       input=b"from input\n", check=True, timeout=DEADLINE, capture_output=True)
        subprocess.run([*command, "environment.nvs"], cwd=self.folder, check=True,
                       env=dict(os.environ, OTTER_WIFI_PASSWORD="from environment"),
                       timeout=DEADLINE, capture_output=True)
        for source in ("input", "environment"):
            values = read_nvs((self.folder / f"{source}.nvs").read_bytes())["otter"]
            self.assertEqual(values["wifi_pass"], f"from {source}")
        self.assertIn("--wifi-open", self.refused("--wifi-ssid", "home", name="lamp-8"))
        values, _ = self.provision("--wifi-ssid", "cafe", "--wifi-open")
        self.assertNotIn("wifi_pass", values)

    def test_an_encrypted_image_comes_with_its_keys(self):
        self.write("partitions.csv", TABLE + "keys,data,nvs_keys,,4K,encrypted\n")
        told = self.otter("device", "provision", "lamp-7", "--partitions", "partitions.csv",
                          "--out", "lamp-7.nvs", "--encrypt", "lamp-7.keys").stdout
        image, keys = ((self.folder / f"lamp-7.{end}").read_bytes() for end in ("nvs", "keys"))
        self.assertEqual(struct.unpack_from("<I", keys, 64)[0], zlib.crc32(keys[:64], 0xFFFFFFFF))
        self.assertEqual(keys[68:], b"\xff" * (4096 - 68))
        self.assertEqual(stat.S_IMODE((self.folder / "lamp-7.keys").stat().st_mode), 0o600)
        self.assertIn("lamp-7.keys for the partition nvs_keys", told)
        self.assertNotIn(b"lamp-7", image)
        with self.assertRaisesRegex(BadImage, "CRC of an entry"):
            read_nvs(image)
        self.assertIn("lamp-7.keys is there already", self.otter(
            "device", "provision", "lamp-7", "--out", "x", "--encrypt", "lamp-7.keys",
            ok=False).stderr)
        self.assertIn("0x210000 lamp-7.keys", self.otter(
            "device", "flash-args", "--chip", "esp32", "--partitions", "partitions.csv", "--nvs",
            "lamp-7.nvs", "--nvs-keys", "lamp-7.keys").stdout)

    def test_what_is_there_is_not_replaced(self):
        self.provision()
        before = (self.folder / "lamp-7.nvs").read_bytes()
        self.assertIn("is there already", self.otter("device", "provision", "lamp-8", "--out",
                                                     "lamp-7.nvs", ok=False).stderr)
        self.assertEqual((self.folder / "lamp-7.nvs").read_bytes(), before)
        self.assertIsNone(self.device("lamp-8"))

    def test_wrong_input_is_named_and_enrols_nobody(self):
        self.write("short", "1234567")
        self.write("empty", "\n")
        self.write("partitions.csv", TABLE.replace("nvs,", "data,", 1))
        for arguments, reason in (
                (("--server", "http://x"), "not https://"),
                (("--server", "https://[::1]"), "a name or an IPv4 address"),
                (("--product", "a lamp"), "is no product"),
                (("--product", "fan"), "there is no such product"),
                (("--chip", "esp32"), "the product is for the esp32c3"),
                (("--wifi-ssid", "home", "--wifi-password-file", "short"), "8 to 63"),
                (("--wifi-ssid", "home", "--wifi-password-file", "empty"), "empty is empty"),
                (("--wifi-ssid", "home", "--wifi-password-file", "none"), "can't read none"),
                (("--ca", "api.key"), "api.key"),
                (("--size", "0x2000"), "0x3000 at least"),
                (("--size", "0x6100"), "a multiple of 0x1000"),
                (("--partitions", "partitions.csv"), "has no partition 'nvs'")):
            self.assertIn(reason, self.refused(*arguments), arguments)
        self.assertIn("is no device id", self.otter("device", "provision", "a b", "--out", "x",
                                                    ok=False).stderr)
        self.otter("product", "add", "fan")
        self.assertIn("which product? There are 2", self.refused())


class FlashArgs(ProvisionTest):
    def setUp(self):
        super().setUp()
        self.write("partitions.csv", TABLE)
        self.make_image("1.0.0")
        for name, size in (("bootloader.bin", 0x5000), ("otadata.bin", 0x2000)):
            (self.folder / name).write_bytes(bytes([0xFF]) * size)

    def plan(self, *arguments):
        told = self.otter("device", "flash-args", *arguments, "--json")
        document = json.loads(told.stdout)
        return document, {file["path"]: file["offset"] for file in document["files"]}

    def build(self, **changes):
        """A build folder as ESP-IDF leaves it, for the bytes of the real table."""
        folder = self.folder / "my build"
        folder.mkdir()
        arguments = ["--flash_mode", "dio", "--flash_size", "4MB", "--flash_freq", "80m"]
        document = {"write_flash_args": arguments,
                    "flash_files": {"0x10000": "demo.bin", "0x0": "bootloader.bin"},
                    "partition-table": {"offset": "0x8000", "file": "table.bin"},
                    "extra_esptool_args": {"chip": "esp32c3"}, **changes}
        (folder / "flasher_args.json").write_text(json.dumps(document))
        (folder / "table.bin").write_bytes(self.board_table())
        for name in ("demo.bin", "bootloader.bin"):
            (folder / name).write_bytes(b"x" * 100)
        return folder

    def board_table(self):
        """The table of a virtual board's flash."""
        self.publish("1.0.1")
        self.run_board(*self.create(self.folder / "demo-1.0.0.bin"), "--run-for", "1s")
        return (self.folder / "board.bin").read_bytes()[0x8000:0x8C00]

    def test_files_go_where_table_and_chip_want_them(self):
        self.provision("--partitions", "partitions.csv")
        document, places = self.plan("--partitions", "partitions.csv", "--app", "demo-1.0.0.bin",
                                     "--otadata", "otadata.bin", "--nvs", "lamp-7.nvs")
        self.assertEqual(places, {"lamp-7.nvs": 0x9000, "otadata.bin": 0xE000,
                                  "demo-1.0.0.bin": 0x10000})
        self.assertEqual(document["command"],
                         "esptool.py --chip esp32c3 write_flash --flash_mode keep --flash_freq "
                         "keep --flash_size keep 0x9000 lamp-7.nvs 0xe000 otadata.bin "
                         "0x10000 demo-1.0.0.bin")

    def test_what_stays_is_told(self):
        told = self.otter("device", "flash-args", "--partitions", "partitions.csv", "--app",
                          "demo-1.0.0.bin").stderr
        self.assertIn("note: partitions.csv is a CSV and is not flashed", told)
        self.assertIn("note: otadata stays", told)

    def test_a_build_says_the_rest(self):
        folder = self.build()
        table = folder / "table.bin"
        self.provision("--partitions", table)
        document, places = self.plan("--build", folder, "--nvs", "lamp-7.nvs")
        self.assertEqual(places["lamp-7.nvs"], 0x9000)
        self.assertIn("write_flash --flash_mode dio --flash_size 4MB --flash_freq 80m 0x0 "
                      f"'{folder}/bootloader.bin' 0x9000 lamp-7.nvs 0x10000 '{folder}/demo.bin'",
                      document["command"])

    def test_a_newer_build_is_answered_in_its_words(self):
        folder = self.build(write_flash_args=["--flash-mode", "dio"])
        document, _ = self.plan("--build", folder)
        self.assertTrue(document["command"].startswith(
            "esptool --chip esp32c3 write-flash --flash-mode dio 0x0 "), document["command"])

    def test_what_does_not_fit_together_is_named(self):
        self.provision()
        for arguments, reason in (
                (("--partitions", "partitions.csv", "--chip", "esp32c3", "--nvs", "lamp-7.nvs"),
                 "lamp-7.nvs has 0x6000 bytes, the partition 'nvs' has 0x5000"),
                (("--partitions", "partitions.csv", "--chip", "esp32", "--app", "demo-1.0.0.bin"),
                 "demo-1.0.0.bin is for the esp32c3, not for the esp32"),
                (("--partitions", "partitions.csv", "--app", "otadata.bin"), "is no image"),
                (("--partitions", "partitions.csv", "--nvs", "lamp-7.nvs"), "which chip?"),
                (("--partitions", "partitions.csv", "--chip", "z80"), "no such chip"),
                (("--partitions", "partitions.csv", "--chip", "esp32"), "no file to flash"),
                (("--partitions", "lamp-7.nvs", "--chip", "esp32"), "lamp-7.nvs: neither a"),
                (("--chip", "esp32"), "--partitions is missing"),
                (("--build", "otter-data"), "is not what `idf.py build` leaves")):
            self.assertIn(reason, self.otter("device", "flash-args", *arguments, ok=False).stderr)


if __name__ == "__main__":
    unittest.main()
