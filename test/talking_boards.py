"""Devices that only talk: they enrol, check in and report as boards do, without flash and engine.
For tests of what an operator sees, where a fleet of virtual boards would take minutes."""
import base64
import hashlib
import hmac
import json

CHECKIN = "application/vnd.otter.checkin.v1"
NONCE = ":AAECAwQFBgcICQoLDA0ODw==:"


def api_key_of(device, key):
    """What a device sends: HKDF-SHA256 of one block, docs/spec/device-keys.md."""
    secret = hmac.digest(b"otter-v1", base64.b64decode(key), hashlib.sha256)
    return f"{device}.{hmac.digest(secret, b'api-key' + bytes([1]), hashlib.sha256).hex()}"


class TalkingBoard:
    """`world` is a WorldTest."""

    def __init__(self, world, name, version, key=None):
        """`key`: that it was given, in base64; else it is enrolled now."""
        self.world, self.name, self.version, self.product = world, name, version, "demo"
        self.sequence = 0
        if key is None:
            asked = {"id": name, "product": self.product}
            key = world.admin("POST", "/api/v1/devices", asked)["device_key"]
        self.key = api_key_of(name, key)

    def check_in(self, up=86400, heap=148000, rssi=58, config=0, patches_from=None):
        """`patches_from`: the release that it runs, of a board that takes patches."""
        stated = f", config={config}" if config else ""
        if patches_from is not None:
            elf = base64.b64encode(bytes.fromhex(patches_from["app_elf_sha256"])).decode()
            stated += f", elf=:{elf}:, patch=32768"
        told = (f'id="{self.name}", ver="{self.version}", product="{self.product}", '
                f'chip="{self.world.chip}", slot=1900544, boot="confirmed", seq={self.sequence}, '
                f'nonce={NONCE}{stated}, up={up}, reset="power_on", heap={heap}, rssi={rssi}')
        status, _, answer = self.world.request("GET", "/firmware/manifest", {
            "X-API-Key": self.key, "Accept": CHECKIN, "X-Otter-Device": told})
        assert status == 200, answer
        return answer

    def report(self, release, phase, **more):
        """What became of a release, as GET /api/v1/releases/<product>/<version> shows it."""
        boot = {"confirmed": "confirmed", "rolled_back": "rolled_back"}.get(phase, "confirmed")
        runs_it = phase == "confirmed"
        if runs_it:
            self.version, self.sequence = release["version"], release["sequence"]
        body = {"device_id": self.name, "manifest": release["manifest"], "phase": phase,
                "boot_state": boot, "running_version": self.version, **more}
        if runs_it:
            body |= {"app_elf_sha256": release["app_elf_sha256"],
                     "image_sha256": release["sha256"]}
        status, _, answer = self.world.request(
            "POST", "/firmware/report",
            {"X-API-Key": self.key, "Content-Type": "application/json"},
            json.dumps(body).encode())
        assert status == 200, answer

    def send_log(self, text):
        """Somebody has to have asked for it."""
        status, _, answer = self.world.request(
            "POST", "/firmware/log", {"X-API-Key": self.key}, text.encode())
        assert status == 200, answer

    def send_dump(self, dump):
        sha256 = hashlib.sha256(dump).hexdigest()
        status, _, answer = self.world.request(
            "POST", f"/firmware/dump?sha256={sha256}&size={len(dump)}&offset=0",
            {"X-API-Key": self.key}, dump)
        assert (status, json.loads(answer)) == (200, {"kept": len(dump)}), answer
