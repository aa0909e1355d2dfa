"""Test vectors of keys: HKDF device keys, and P-256 signatures made by the `openssl` command."""
import hashlib
import hmac
import json
import subprocess
import tempfile
from pathlib import Path

import vectors_text

TYPE = b"application/vnd.otter.manifest.v1+json"
BODY = vectors_text.compact(vectors_text.manifest()).encode()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SP 800-186, P-256
# The private key of RFC 6979 appendix A.2.5: known to everybody, good for tests alone.
TEST_KEY = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
OTHER_KEY = hashlib.sha256(b"another key for tests").digest()
P256_OID = bytes.fromhex("06082a8648ce3d030107")


def hkdf(key, salt, info):
    """RFC 5869 with one block of output."""
    extracted = hmac.new(salt, key, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def device_key_vectors():
    salt = b"otter-v1"
    rows = [
        ("first", bytes(range(32)), "d1", 1), ("next-epoch", bytes(range(32)), "d1", 2),
        ("mac-address", bytes(range(32)), "aa:bb:cc:dd:ee:ff", 1),
        ("longest-id", bytes(32), "x" * 64, 0xFFFFFFFF)]
    vectors = []
    for name, master, device, epoch in rows:
        info = b"device\0" + device.encode() + b"\0" + epoch.to_bytes(4, "little")
        device_key = hkdf(master, salt, info)
        vectors.append({
            "name": name, "master": master.hex(), "device": device, "epoch": epoch,
            "device_key": device_key.hex(),
            "response_mac": hkdf(device_key, salt, b"resp-mac").hex(),
            "api_key": hkdf(device_key, salt, b"api-key").hex()})
    return vectors


def private_key_der(scalar):
    """RFC 5915 ECPrivateKey without the public key; openssl works that out."""
    parameters = b"\xa0" + bytes([len(P256_OID)]) + P256_OID
    inside = b"\x02\x01\x01" + b"\x04\x20" + scalar + parameters
    return b"\x30" + bytes([len(inside)]) + inside


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, check=True,
                          capture_output=True).stdout


def public_point(scalar):
    der = openssl("ec", "-inform", "DER", "-pubout", "-outform", "DER",
                  data=private_key_der(scalar))
    return der[-65:]


def key_id(scalar=TEST_KEY):
    return hashlib.sha256(public_point(scalar)).digest()[:8]


def pae(kind, body):
    """DSSE v1 pre-authentication encoding."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


def raw_signature(der):
    """r || s from the DER sequence of two integers."""
    out = b""
    at = 2
    for _ in range(2):
        size = der[at + 1]
        out += int.from_bytes(der[at + 2:at + 2 + size], "big").to_bytes(32, "big")
        at += 2 + size
    return out


def sign(scalar, message):
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key.der"
        key.write_bytes(private_key_der(scalar))
        return raw_signature(openssl("dgst", "-sha256", "-keyform", "DER", "-sign", str(key),
                                     data=message))


def kept_signature(path, message):
    """The signature that is there already, if it is for the same message."""
    if not path.exists():
        return None
    first = json.loads(path.read_text())[0]
    same = first["pae_sha256"] == hashlib.sha256(message).hexdigest()
    return bytes.fromhex(first["signature"]) if same else None


def signature_vectors(path):
    message = pae(TYPE, BODY)
    good = kept_signature(path, message) or sign(TEST_KEY, message)
    r, s = good[:32], good[32:]
    order, zero = ORDER.to_bytes(32, "big"), bytes(32)
    point, other = public_point(TEST_KEY), public_point(OTHER_KEY)
    mirrored = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    rows = [
        ("good", point, BODY, good, True, True),
        ("mirrored-s", point, BODY, r + mirrored, True, True),
        ("wrong-key", other, BODY, good, True, False),
        ("changed-body", point, BODY + b" ", good, True, False),
        ("flipped-bit-in-r", point, BODY, bytes([r[0] ^ 1]) + good[1:], True, False),
        ("flipped-bit-in-s", point, BODY, good[:-1] + bytes([good[-1] ^ 1]), True, False),
        ("swapped", point, BODY, s + r, True, False),
        ("r-zero", point, BODY, zero + s, False, False),
        ("s-zero", point, BODY, r + zero, False, False),
        ("r-order", point, BODY, order + s, False, False),
        ("s-order", point, BODY, r + order, False, False),
        ("all-ones", point, BODY, b"\xff" * 64, False, False)]
    return [{
        "name": name, "public_key": key.hex(), "key_id": hashlib.sha256(key).digest()[:8].hex(),
        "type": TYPE.decode(), "input": body, "pae_sha256": hashlib.sha256(
            pae(TYPE, body)).hexdigest(), "signature": signature.hex(), "in_range": in_range,
        "verifies": verifies} for name, key, body, signature, in_range, verifies in rows]
