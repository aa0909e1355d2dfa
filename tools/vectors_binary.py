"""Test vectors of the binary formats: envelope, check-in frame, otadata, partition table, image."""
import hashlib
import hmac
import struct
import zlib

import vectors_keys
import vectors_text


def vector(name, error, data, **expected):
    return {"name": name, "error": error, "input": data, **expected}


def envelope(signatures, body):
    return (b"OTE1" + bytes([len(signatures)]) + b"".join(signatures) + struct.pack("<H", len(body))
            + body)


def signed_manifest(signature):
    """An envelope with the good signature of signature.json."""
    return envelope([vectors_keys.key_id() + signature], vectors_keys.BODY)


def envelope_vectors(signature):
    good = signed_manifest(signature)
    one = vectors_keys.key_id() + signature
    body = b"x" * 4096
    return [
        vector("one-signature", "ok", good, signatures=1, body=len(vectors_keys.BODY)),
        vector("eight-signatures", "ok", envelope([one] * 8, b"{}"), signatures=8, body=2),
        vector("empty-body", "ok", envelope([one], b""), signatures=1, body=0),
        vector("largest-body", "ok", envelope([one], body), signatures=1, body=4096),
        vector("empty", "truncated", b""), vector("cut-magic", "truncated", good[:3]),
        vector("cut-signature", "truncated", good[:60]),
        vector("cut-body", "truncated", good[:-1]),
        vector("other-magic", "bad_magic", b"OTE2" + good[4:]),
        vector("no-signature", "missing_field", envelope([], b"{}")),
        vector("nine-signatures", "too_large", envelope([one] * 9, b"{}")),
        vector("body-too-large", "too_large", envelope([one], body + b"x")),
        vector("newline-behind", "trailing_bytes", good + b"\n"),
    ]


def frame(statement, mac, envelope_bytes):
    return (b"OTC1" + struct.pack("<H", len(statement)) + statement + mac
            + struct.pack("<H", len(envelope_bytes)) + envelope_bytes)


def frame_vectors(signature):
    key = bytes.fromhex(vectors_keys.device_key_vectors()[0]["response_mac"])
    offered = hashlib.sha256(vectors_keys.BODY).hexdigest()
    idle = vectors_text.statement().encode()
    offer = vectors_text.statement(offered=offered).encode()
    mac = hmac.new(key, idle, hashlib.sha256).digest()
    offer_mac = hmac.new(key, offer, hashlib.sha256).digest()
    nothing = frame(idle, mac, b"")
    full = frame(offer, offer_mac, signed_manifest(signature))
    expected = {"key": key.hex(), "statement": len(offer)}
    return [
        vector("nothing-to-install", "ok", nothing, key=key.hex(), statement=len(idle)),
        vector("offer", "ok", full, **expected),
        vector("empty", "truncated", b""), vector("cut-statement", "truncated", full[:20]),
        vector("cut-mac", "truncated", nothing[:-3]),
        vector("no-length", "truncated", nothing[:-2]),
        vector("cut-envelope", "truncated", full[:-1]),
        vector("other-magic", "bad_magic", b"OTC2" + nothing[4:]),
        vector("byte-behind", "trailing_bytes", nothing + b"\0"),
        vector("statement-too-large", "too_large", frame(b"x" * 1025, mac, b"")),
        vector("envelope-too-large", "too_large", frame(idle, mac, b"x" * 4680)),
    ]


def ota_entry(sequence, state, crc_ok=True):
    crc = zlib.crc32(struct.pack("<I", sequence), 0xFFFFFFFF) ^ (0 if crc_ok else 1)
    return struct.pack("<I", sequence) + b"\xff" * 20 + struct.pack("<II", state, crc)


def otadata_vectors():
    new, pending, valid, invalid, aborted, undefined = 0, 1, 2, 3, 4, 0xFFFFFFFF
    erased = b"\xff" * 32
    rows = [
        ("erased", erased, erased, -1, -1),
        ("first-flash", ota_entry(1, valid), erased, 0, 0),
        ("only-second", erased, ota_entry(2, undefined), 1, 1),
        ("staged", ota_entry(1, valid), ota_entry(2, new), 1, 1),
        ("on-trial", ota_entry(3, pending), ota_entry(2, valid), 0, 0),
        ("rolled-back", ota_entry(1, valid), ota_entry(2, aborted), 0, 0),
        ("marked-invalid", ota_entry(1, valid), ota_entry(2, invalid), 0, 0),
        ("wrong-crc", ota_entry(1, valid), ota_entry(2, new, False), 0, 0),
        ("both-wrong-crc", ota_entry(1, valid, False), ota_entry(2, new, False), -1, -1),
        ("tie", ota_entry(2, new), ota_entry(2, valid), 0, 1),
        ("both-aborted", ota_entry(1, aborted), ota_entry(2, aborted), -1, -1),
        ("unknown-state-counts", ota_entry(1, valid), ota_entry(2, 0x404), 1, 1),
        ("sequence-zero-erased-crc", struct.pack("<I", 0) + b"\xff" * 28, erased, 0, 1),
        ("large-sequence", ota_entry(0xFFFFFFFE, valid), ota_entry(1, valid), 0, 1),
    ]
    return [{"name": name, "input": first + second, "slots": 2, "active": active, "slot": slot}
            for name, first, second, active, slot in rows]


def partition(kind, subtype, offset, size, label):
    return struct.pack("<2sBBLL16sL", b"\xaa\x50", kind, subtype, offset, size, label.encode(), 0)


def md5_row(rows):
    return b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(rows).digest()


def two_ota_rows():
    """ESP-IDF's partitions_two_ota.csv"""
    return [
        partition(1, 2, 0x9000, 0x4000, "nvs"), partition(1, 0, 0xD000, 0x2000, "otadata"),
        partition(1, 1, 0xF000, 0x1000, "phy_init"),
        partition(0, 0, 0x10000, 0x100000, "factory"),
        partition(0, 0x10, 0x110000, 0x100000, "ota_0"),
        partition(0, 0x11, 0x210000, 0x100000, "ota_1")]


def table(rows, with_md5=True):
    joined = b"".join(rows)
    return joined + (md5_row(joined) if with_md5 else b"") + b"\xff" * 32


def partition_table_vectors():
    rows = two_ota_rows()
    good = table(rows)
    app = partition(0, 0x10, 0x20000, 0x10000, "ota_0")
    bad = {
        "empty": ("malformed", 0, b"\xff" * 64), "no-terminator": ("truncated", 224, good[:-32]),
        "cut-row": ("truncated", 0, good[:31]), "zeros": ("bad_magic", 0, bytes(64)),
        "row-behind-md5": ("malformed", 224, good[:-32] + rows[0] + b"\xff" * 32),
        "md5-twice": ("malformed", 224, good[:-32] + md5_row(good[:-32]) + b"\xff" * 32),
        "terminator-not-erased": ("bad_magic", 224, good[:-1] + b"\0"),
        "beyond-flash": ("out_of_range", 0, table([partition(0, 0, 0x3F0000, 0x20000, "a")])),
        "app-not-aligned": ("out_of_range", 0, table([partition(0, 0, 0x11000, 0x10000, "a")])),
        "app-of-half-a-sector": ("out_of_range", 0,
                                 table([partition(0, 0, 0x10000, 0x10800, "a")])),
        "size-zero": ("out_of_range", 0, table([partition(1, 2, 0x9000, 0, "a")])),
        "size-wraps": ("out_of_range", 0, table([partition(0, 0, 0x10000, 0xFFFFF000, "a")])),
        "overlap": ("out_of_range", 32, table([app, partition(1, 2, 0x2F000, 0x2000, "b")])),
        "otadata-of-one-sector": ("out_of_range", 0,
                                  table([partition(1, 0, 0x9000, 0x1000, "o")])),
        "otadata-twice": ("malformed", 32, table([partition(1, 0, 0x9000, 0x2000, "o"),
                                                  partition(1, 0, 0xB000, 0x2000, "p")])),
    }
    gap = [partition(0, 0x10, 0x10000, 0x10000, "a"), partition(0, 0x12, 0x20000, 0x10000, "b")]
    vectors = [
        vector("two-ota", "ok", good, rows=6, slots=2, offset=224),
        vector("without-md5", "ok", table(rows, False), rows=6, slots=2, offset=192),
        vector("slots-with-a-gap", "ok", table(gap), rows=2, slots=0, offset=96)]
    return vectors + [vector(name, error, data, offset=offset)
                      for name, (error, offset, data) in bad.items()]


def image(segments=(320, 64), count=None, hash_appended=1, chip=5):
    """A small image with a description in its first segment; segments are sizes [bytes]."""
    description = struct.pack(
        "<II8s32s32s16s16s32s32sHHB75s", 0xABCD5432, 0, b"", b"1.0.1", b"sensor", b"12:00:00",
        b"Jan  1 2026", b"v5.5", bytes(range(32)), 0, 199, 16, b"")
    out = struct.pack("<BBBBIB3sHBHH4sB", 0xE9, len(segments) if count is None else count, 2, 0x20,
                      0x40380000, 0xEE, b"", chip, 0, 3, 199, b"", hash_appended)
    checksum = 0xEF
    for i, size in enumerate(segments):
        data = bytes((i * 31 + at) % 256 for at in range(size))
        if i == 0:
            data = (description + data)[:size]
        out += struct.pack("<II", 0x3C000020 + i * 0x10000, size) + data
        for byte in data:
            checksum ^= byte
    out += bytes(15 - len(out) % 16) + bytes([checksum])
    return out + (hashlib.sha256(out).digest() if hash_appended else b"")


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def image_vectors():
    good = image()
    huge = good[:28] + struct.pack("<I", 0x1000000) + good[32:]
    bad = {
        "empty": ("truncated", 0, b""), "cut-header": ("truncated", 0, good[:20]),
        "cut-segment": ("truncated", 28, good[:100]),
        "cut-hash": ("truncated", len(good) - 32, good[:-1]),
        "other-magic": ("bad_magic", 0, b"\x7fELF" + good[4:]),
        "erased": ("bad_magic", 0, b"\xff" * 64),
        "no-segment": ("out_of_range", 1, image((), 0)),
        "seventeen-segments": ("out_of_range", 1, image((320,) + (4,) * 16)),
        "segment-not-aligned": ("malformed", 28, image((321, 64))),
        "segment-of-16-mib": ("too_large", 28, huge),
        "hash-flag-two": ("malformed", 23, good[:23] + b"\2" + good[24:]),
        "flipped-data": ("bad_checksum", len(good) - 33, flipped(good, 200)),
        "flipped-header": ("bad_hash", len(good) - 32, flipped(good, 5)),
        "flipped-hash": ("bad_hash", len(good) - 32, flipped(good, len(good) - 1)),
    }
    vectors = [
        vector("two-segments", "ok", good, offset=0, size=len(good)),
        vector("one-segment", "ok", image((320,)), offset=0, size=len(image((320,)))),
        vector("sixteen-segments", "ok", image((320,) + (8,) * 15), offset=0,
               size=len(image((320,) + (8,) * 15))),
        vector("without-hash", "ok", image(hash_appended=0), offset=0,
               size=len(image(hash_appended=0))),
        vector("slot-behind", "ok", good + b"\xff" * 100, offset=0, size=len(good))]
    return vectors + [vector(name, error, data, offset=offset)
                      for name, (error, offset, data) in bad.items()]


def signed_image():
    """An image behind which a signature sector lies, too large for a vector: a seed."""
    padded = image().ljust(4096, b"\xff")
    block = struct.pack("<BBH32s1160s", 0xE7, 2, 0, hashlib.sha256(padded).digest(), b"")
    block += struct.pack("<I16s", zlib.crc32(block), b"")
    return padded + block.ljust(4096, b"\xff")
