"""Test vectors of root metadata and trust payloads, signed with deterministic ECDSA (RFC 6979), so
that each run gives the same bytes. Slow and not constant in time: good for tests alone."""
import base64
import hashlib
import hmac
import json

import vectors_binary
import vectors_keys

# SP 800-186 section 3.2.1.3: P-256
PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
BASE = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
ORDER = vectors_keys.ORDER
ROOT_TYPE = b"application/vnd.otter.root.v1+json"
TRUST_TYPE = b"application/vnd.otter.trust.v1+json"


def point_sum(a, b):
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0]:
        if (a[1] + b[1]) % PRIME == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, PRIME)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, PRIME)
    x = (slope * slope - a[0] - b[0]) % PRIME
    return x, (slope * (a[0] - x) - a[1]) % PRIME


def multiple(factor, point=BASE):
    total = None
    while factor:
        if factor & 1:
            total = point_sum(total, point)
        point = point_sum(point, point)
        factor >>= 1
    return total


def nonce(scalar, digest):
    """RFC 6979 section 3.2; the first candidate is in range but once in 2^32."""
    reduced = (int.from_bytes(digest, "big") % ORDER).to_bytes(32, "big")
    key, value = bytes(32), b"\x01" * 32
    for step in (b"\0", b"\1"):
        key = hmac.new(key, value + step + scalar.to_bytes(32, "big") + reduced,
                       hashlib.sha256).digest()
        value = hmac.new(key, value, hashlib.sha256).digest()
    return int.from_bytes(hmac.new(key, value, hashlib.sha256).digest(), "big")


def sign(scalar, message):
    digest = hashlib.sha256(message).digest()
    k = nonce(scalar, digest)
    r = multiple(k)[0] % ORDER
    s = pow(k, -1, ORDER) * (int.from_bytes(digest, "big") + r * scalar) % ORDER
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


SCALARS = [int.from_bytes(hashlib.sha256(b"test key %d" % i).digest(), "big") % ORDER
           for i in range(10)]
POINTS = [b"\x04" + b"".join(value.to_bytes(32, "big") for value in multiple(scalar))
          for scalar in SCALARS]
IDS = [hashlib.sha256(point).digest()[:8] for point in POINTS]


def encoded(key):
    return base64.b64encode(POINTS[key]).decode()


def root_body(keys=(0, 1, 2), release=(6,), rights=None, **changes):
    """Root metadata: 2 of the root keys 0, 1, 2; key 6 signs releases."""
    body = {
        "schema": 1, "version": 2, "epoch": 1, "created": 1790000000,
        "root": {"threshold": 2, "keys": [encoded(key) for key in keys]},
        "release": {"threshold": 1,
                    "keys": [{"point": encoded(key), **(rights or {})} for key in release]},
        "revoked": []}
    body.update(changes)
    return compact(body)


def compact(body):
    return json.dumps(body, separators=(",", ":")).encode()


def signed(kind, body, keys):
    message = vectors_keys.pae(kind, body)
    return vectors_binary.envelope([IDS[key] + sign(SCALARS[key], message) for key in keys], body)


def root_vectors():
    first = root_body(version=1)
    later = root_body(version=1, epoch=3, revoked=[IDS[7].hex()])
    all_new = root_body(keys=(3, 4, 5))
    good = signed(ROOT_TYPE, root_body(), (0, 1))
    dull = {"root": {"threshold": 0, "keys": [encoded(0)]}}
    rows = [
        ("next-version", "ok", first, good),
        ("any-two-of-three", "ok", first, signed(ROOT_TYPE, root_body(), (2, 0))),
        ("with-a-stranger", "ok", first, signed(ROOT_TYPE, root_body(), (9, 0, 1))),
        ("all-new-keys", "ok", first, signed(ROOT_TYPE, all_new, (0, 1, 3, 4))),
        ("one-key-in-both", "ok", first,
         signed(ROOT_TYPE, root_body(keys=(2, 3, 4)), (0, 2, 3))),
        ("higher-epoch", "ok", first, signed(ROOT_TYPE, root_body(epoch=7), (0, 1))),
        ("rights", "ok", first, signed(ROOT_TYPE, root_body(
            rights={"products": ["lamp"], "channels": ["beta"]}), (0, 1))),
        ("unknown-member", "ok", first, signed(ROOT_TYPE, root_body(later=[1]), (0, 1))),
        ("one-signature", "unknown_key", first, signed(ROOT_TYPE, root_body(), (0,))),
        ("same-key-twice", "unknown_key", first, signed(ROOT_TYPE, root_body(), (0, 0))),
        ("release-key-signs", "unknown_key", first, signed(ROOT_TYPE, root_body(), (0, 6))),
        ("new-threshold-missing", "unknown_key", first, signed(ROOT_TYPE, all_new, (0, 1, 3))),
        ("old-threshold-missing", "unknown_key", first, signed(ROOT_TYPE, all_new, (0, 3, 4))),
        ("flipped-body", "bad_signature", first, vectors_binary.flipped(good, len(good) - 3)),
        ("flipped-signature", "bad_signature", first, vectors_binary.flipped(good, 40)),
        ("signed-as-manifest", "bad_signature", first,
         signed(vectors_keys.TYPE, root_body(), (0, 1))),
        ("skipped-version", "old_root", first, signed(ROOT_TYPE, root_body(version=3), (0, 1))),
        ("same-version", "old_root", first, signed(ROOT_TYPE, root_body(version=1), (0, 1))),
        ("lower-epoch", "old_root", later, signed(ROOT_TYPE, root_body(epoch=2), (0, 1))),
        ("revoked-key-listed", "key_not_allowed", first,
         signed(ROOT_TYPE, root_body(revoked=[IDS[6].hex()]), (0, 1))),
        ("revoked-key-back", "key_not_allowed", later,
         signed(ROOT_TYPE, root_body(epoch=3, release=(6, 7)), (0, 1))),
        ("key-twice", "duplicate_key", first,
         signed(ROOT_TYPE, root_body(release=(6, 6)), (0, 1))),
        ("root-key-for-releases", "duplicate_key", first,
         signed(ROOT_TYPE, root_body(release=(0,)), (0, 1))),
        ("threshold-zero", "out_of_range", first, signed(ROOT_TYPE, root_body(**dull), (0, 1))),
        ("threshold-above-keys", "out_of_range", first,
         signed(ROOT_TYPE, root_body(keys=(0,)), (0, 1))),
        ("no-epoch", "wrong_type", first, signed(ROOT_TYPE, root_body(epoch=None), (0, 1))),
        ("not-a-body", "missing_field", first, signed(ROOT_TYPE, b"{}", (0, 1))),
        ("other-schema", "unsupported", first, signed(ROOT_TYPE, root_body(schema=2), (0, 1))),
        ("revoked-id-too-short", "malformed", first,
         signed(ROOT_TYPE, root_body(revoked=["ab"]), (0, 1))),
        ("body-too-large", "too_large", first,
         signed(ROOT_TYPE, root_body(later="x" * 3072), (0, 1))),
    ]
    return [{"name": name, "error": error, "trusted": trusted.decode(), "input": data}
            for name, error, trusted, data in rows]


def trust_body(**changes):
    """Two authorities, shorter than real certificates, and a pin."""
    anchors = [base64.b64encode(b"\x30\x82" + bytes([i]) * size).decode()
               for i, size in ((1, 98), (2, 300))]
    body = {"schema": 1, "version": 2, "created": 1790000000, "anchors": anchors,
            "pins": ["ab" * 32]}
    body.update(changes)
    return compact(body)


def trust_vectors():
    good = signed(TRUST_TYPE, trust_body(), (0, 2))
    rows = [
        ("two-authorities", "ok", good),
        ("no-pins", "ok", signed(TRUST_TYPE, trust_body(pins=[]), (0, 1, 2))),
        ("one-signature", "unknown_key", signed(TRUST_TYPE, trust_body(), (1,))),
        ("release-key-signs", "unknown_key", signed(TRUST_TYPE, trust_body(), (0, 6))),
        ("signed-as-root", "bad_signature", signed(ROOT_TYPE, trust_body(), (0, 1))),
        ("flipped-body", "bad_signature", vectors_binary.flipped(good, len(good) - 3)),
        ("no-authority", "missing_field", signed(TRUST_TYPE, trust_body(anchors=[]), (0, 1))),
        ("version-zero", "out_of_range", signed(TRUST_TYPE, trust_body(version=0), (0, 1))),
        ("anchor-no-sequence", "malformed",
         signed(TRUST_TYPE, trust_body(anchors=["AAAA"]), (0, 1))),
        ("short-pin", "malformed", signed(TRUST_TYPE, trust_body(pins=["ab"]), (0, 1))),
        ("nine-pins", "too_large", signed(TRUST_TYPE, trust_body(pins=["ab" * 32] * 9), (0, 1))),
        ("pins-as-text", "wrong_type", signed(TRUST_TYPE, trust_body(pins="ab"), (0, 1))),
        ("other-schema", "unsupported", signed(TRUST_TYPE, trust_body(schema=2), (0, 1))),
    ]
    root = root_body(version=1).decode()
    return [{"name": name, "error": error, "root": root, "input": data}
            for name, error, data in rows]


def body_of(frame):
    """The body inside an envelope frame."""
    return frame[5 + 72 * frame[4] + 2:]
