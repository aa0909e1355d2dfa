"""Test vectors of the text formats: JSON, manifest, statement, device facts, versions."""
import base64
import hashlib
import json

NONCE = base64.b64encode(bytes(range(16))).decode()


def vector(name, error, data, **expected):
    if isinstance(data, str):
        data = data.encode()
    return {"name": name, "error": error, "input": data, **expected}


def json_vectors():
    good = {
        "empty-object": "{}", "empty-array": "[]", "string": '"a"', "zero": "0", "null": "null",
        "white-space": ' \t\r\n{ "a" : [ 1 , true ] } \n',
        "largest-integer": "9007199254740992", "smallest-integer": "-9007199254740992",
        "depth-four": "[[[[1]]]]", "same-key-in-different-objects": '[{"a":1},{"a":{"a":2}}]',
        "escapes": r'"\"\\\/\b\f\n\r\tä"', "surrogate-pair": r'"\ud83d\ude00"',
        "utf8": '"ä€😀"', "delete-character": '"\x7f"',
    }
    bad = {
        "empty": ("truncated", ""), "only-white-space": ("truncated", " \n"),
        "open-object": ("truncated", '{"a":1'), "open-string": ("truncated", '"abc'),
        "half-word": ("truncated", "tru"), "lone-minus": ("truncated", "-"),
        "two-values": ("trailing_bytes", "{} {}"), "nul-after-value": ("trailing_bytes", b"{}\0"),
        "trailing-comma-in-object": ("malformed", '{"a":1,}'),
        "trailing-comma-in-array": ("malformed", "[1,]"), "no-colon": ("malformed", '{"a" 1}'),
        "single-quotes": ("malformed", "{'a':1}"), "comment": ("malformed", "/**/1"),
        "mismatched-brackets": ("malformed", "[1}"), "leading-zero": ("malformed", "01"),
        "minus-zero": ("malformed", "-0"), "plus": ("malformed", "+1"),
        "control-character": ("malformed", '"a\nb"'), "nul-in-string": ("malformed", b'"a\0b"'),
        "unknown-escape": ("malformed", r'"\x41"'),
        "lone-low-surrogate": ("malformed", r'"\udc00"'),
        "high-surrogate-alone": ("malformed", r'"\ud800abcdefgh"'),
        "byte-order-mark": ("malformed", b"\xef\xbb\xbf{}"),
        "overlong-utf8": ("malformed", b'"\xc0\x80"'),
        "surrogate-in-utf8": ("malformed", b'"\xed\xa0\x80"'),
        "beyond-unicode": ("malformed", b'"\xf4\x90\x80\x80"'),
        "cut-utf8": ("malformed", b'"\xe2\x82"'), "nan": ("malformed", "NaN"),
        "fraction": ("unsupported", "1.5"), "exponent": ("unsupported", "1e3"),
        "escaped-nul": ("unsupported", r'"\u0000"'),
        "escape-in-key": ("unsupported", r'{"\u0061":1}'),
        "integer-too-large": ("out_of_range", "9007199254740993"),
        "integer-too-small": ("out_of_range", "-9007199254740993"),
        "integer-of-forty-digits": ("out_of_range", "9" * 40),
        "depth-five": ("too_deep", "[[[[[]]]]]"),
        "duplicate-key": ("duplicate_key", '{"a":1,"b":2,"a":3}'),
        "duplicate-key-nested": ("duplicate_key", '[{"k":{"a":1,"a":1}}]'),
        "too-large": ("too_large", '"' + "a" * 4095 + '"'),
    }
    vectors = [vector(name, "ok", text) for name, text in good.items()]
    return vectors + [vector(name, error, text) for name, (error, text) in bad.items()]


def manifest(image_size=150000, **changes):
    """A manifest as a dictionary; the image is bytes of a fixed pattern."""
    image = bytes((i * 7 + i // 256 + i // 65536 * 13) % 256 for i in range(image_size))
    blocks = b"".join(
        hashlib.sha256(image[at:at + 65536]).digest()[:16] for at in range(0, image_size, 65536))
    fields = {
        "schema": 1, "product": "sensor", "channel": "stable", "sequence": 7, "version": "1.0.1",
        "chip": "esp32c3", "created": 1700000000,
        "image": {
            "size": image_size, "sha256": hashlib.sha256(image).hexdigest(),
            "app_elf_sha256": "0" * 64, "block_size": 65536,
            "blocks": base64.b64encode(blocks).decode()}}
    fields.update(changes)
    return {key: value for key, value in fields.items() if value is not None}


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def image_with(**changes):
    return {**manifest()["image"], **changes}


def manifest_vectors():
    full = {
        "security_version": 3, "rev_min": 3, "rev_max": 199, "hardware": ["b1", "b2"],
        "layouts": ["0011223344556677"], "min_slot_bytes": 1048576, "min_from_version": "0.9.0",
        "allow_downgrade": True, "min_client": "0.1.0", "expires": 1800000000, "device": "d:1",
        "group": "beta", "config_digest": "ab" * 32, "crit": ["hardware"]}
    blocks = base64.b64decode(manifest()["image"]["blocks"])
    bad = {
        "unknown-schema": ("unsupported", {"schema": 2}),
        "no-product": ("missing_field", {"product": None}),
        "empty-version": ("missing_field", {"version": ""}),
        "no-image": ("missing_field", {"image": None}),
        "sequence-as-text": ("wrong_type", {"sequence": "7"}),
        "sequence-zero": ("out_of_range", {"sequence": 0}),
        "sequence-of-sixteen-digits": ("out_of_range", {"sequence": 10**15}),
        "version-with-slash": ("malformed", {"version": "../1"}),
        "product-with-space": ("malformed", {"product": "a b"}),
        "unknown-chip": ("wrong_chip", {"chip": "esp8266"}),
        "unknown-critical": ("unknown_critical", {"crit": ["colour"], "colour": "red"}),
        "revisions-crossed": ("out_of_range", {"rev_min": 200, "rev_max": 199}),
        "layout-too-short": ("malformed", {"layouts": ["0011"]}),
        "hardware-not-a-list": ("wrong_type", {"hardware": "b1"}),
        "image-empty": ("out_of_range", {"image": image_with(size=0)}),
        "image-beyond-16-mib": ("out_of_range", {"image": image_with(size=2**24 + 1)}),
        "block-size-odd": ("out_of_range", {"image": image_with(block_size=65537)}),
        "block-size-small": ("out_of_range", {"image": image_with(block_size=32768)}),
        "hash-too-short": ("malformed", {"image": image_with(sha256="00" * 31)}),
        "one-block-too-few": (
            "malformed", {"image": image_with(blocks=base64.b64encode(blocks[:32]).decode())}),
        "surplus-byte-in-blocks": (
            "malformed", {"image": image_with(size=65536, blocks=base64.b64encode(
                blocks[:17]).decode())}),
        "too-large": ("too_large", {"note": "x" * 4096}),
    }
    vectors = [
        vector("least", "ok", compact(manifest()), sequence=7, version="1.0.1", blocks=3),
        vector("full", "ok", compact(manifest(**full)), sequence=7, version="1.0.1", blocks=3),
        vector("one-block", "ok", compact(manifest(1)), sequence=7, version="1.0.1", blocks=1),
        vector("largest-sequence", "ok", compact(manifest(sequence=10**15 - 1)),
               sequence=10**15 - 1, version="1.0.1", blocks=3),
        vector("indented", "ok", json.dumps(manifest(), indent=2), sequence=7, version="1.0.1",
               blocks=3)]
    vectors += [vector(name, error, compact(manifest(**changes)))
                for name, (error, changes) in bad.items()]
    cut = compact(manifest())[:-1]
    doubled = compact(manifest())[:-1] + ',"sequence":8}'
    return vectors + [vector("cut", "truncated", cut),
                      vector("sequence-twice", "duplicate_key", doubled)]


def statement(**changes):
    fields = {
        "device": "d1", "nonce": NONCE, "time": 1700000000, "next_checkin_s": 3600,
        "offered": None, "patch": None, "config_version": 0, "command": None}
    return compact({**fields, **changes})


def statement_vectors():
    patch = {"url": "/firmware/blob/" + "cd" * 32, "size": 4096, "sha256": "cd" * 32,
             "base_sha256": "ef" * 32}
    without_offer = statement().replace('"offered":null,', "")
    return [
        vector("nothing-to-do", "ok", statement(), offered=""),
        vector("offer", "ok", statement(offered="ab" * 32), offered="ab" * 32),
        vector("offer-and-patch", "ok", statement(offered="ab" * 32, patch=patch),
               offered="ab" * 32),
        vector("unknown-command", "ok", statement(command="dance"), offered=""),
        vector("longest-interval", "ok", statement(next_checkin_s=31622400), offered=""),
        vector("no-offer-field", "missing_field", without_offer),
        vector("interval-too-long", "out_of_range", statement(next_checkin_s=31622401)),
        vector("time-negative", "out_of_range", statement(time=-1)),
        vector("offer-too-short", "malformed", statement(offered="ab")),
        vector("device-with-slash", "malformed", statement(device="a/b")),
        vector("time-as-text", "wrong_type", statement(time="now")),
        vector("patch-as-list", "wrong_type", statement(patch=[])),
        vector("device-twice", "duplicate_key", '{"device":"a","device":"b"}'),
        vector("too-large", "too_large", statement(note="x" * 1024)),
    ]


def device_facts_vectors():
    least = f'id="d1", product="sensor", chip="esp32c3", nonce=:{NONCE}:'
    layout = base64.b64encode(bytes(range(8))).decode()
    elf = base64.b64encode(bytes(range(32))).decode()
    full = (f'id="aa:bb", ver="1.0.0", elf=:{elf}:, product="sensor", hw="b2", chip="esp32c3", '
            f'rev=3, layout=:{layout}:, slot=1048576, boot="confirmed", seq=41, '
            f'nonce=:{NONCE}:, client="0.1.0"')
    health = ', up=86400, reset="panic", heap=51234, rssi=67'
    bad = {
        "empty": ("missing_field", ""), "no-nonce": ("missing_field", least[:least.index(", non")]),
        "id-twice": ("duplicate_key", least + ', id="d2"'),
        "unquoted": ("malformed", least + ", ver=main"),
        "open-string": ("malformed", least + ', ver="1.0'),
        "escape": ("malformed", least + r', ver="1\"0"'),
        "parameter": ("malformed", least + ", rev=3;a=1"),
        "trailing-comma": ("malformed", least + ","),
        "negative": ("malformed", least + ", rev=-1"),
        "upper-case-key": ("malformed", least + ", Rev=1"),
        "key-begins-with-digit": ("malformed", least + ", 1a=1"),
        "unpadded-base64": ("malformed", least + ", layout=:AAAAAAAAAAc:"),
        "layout-too-short": ("malformed", least + ", layout=:AAAA:"),
        "unknown-boot-state": ("malformed", least + ', boot="maybe"'),
        "revision-as-text": ("wrong_type", least + ', rev="3"'),
        "revision-too-large": ("out_of_range", least + ", rev=65536"),
        "no-such-uptime": ("out_of_range", least + ", up=4294967295"),
        "signal-too-weak": ("out_of_range", least + ", rssi=256"),
        "sixteen-digits": ("out_of_range", least + ", seq=1000000000000000"),
        "unknown-chip": ("wrong_chip", least.replace("esp32c3", "esp8266")),
        "too-large": ("too_large", least + ', x="' + "x" * 704 + '"'),
    }
    vectors = [
        vector("least", "ok", least, id="d1", sequence=0),
        vector("full", "ok", full, id="aa:bb", sequence=41),
        vector("health", "ok", full + health, id="aa:bb", sequence=41, uptime=86400,
               reset_reason="panic", heap=51234, rssi=-67),
        vector("reset-of-a-newer-device", "ok", least + ', up=0, reset="glitch"', id="d1",
               sequence=0, uptime=0, reset_reason="unknown", heap=0, rssi=0),
        vector("unknown-keys", "ok", 'x-1.y*=:AAA=:, *a="b", ' + least, id="d1", sequence=0),
        vector("largest-sequence", "ok", least + ", seq=999999999999999", id="d1",
               sequence=10**15 - 1)]
    return vectors + [vector(name, error, text) for name, (error, text) in bad.items()]


def version_order():
    """In ascending order; the versions of one list are equal."""
    return [
        ["b1c75d1"], ["b1c75d1-dirty"], ["main"], ["0.0.0-alpha"], ["0", "0.0", "v0.0.0"],
        ["0.0.1"], ["0.9.9"], ["0.10.0", "0.10"], ["1.0.0-10"], ["1.0.0-alpha", "1.0.0_alpha"],
        ["1.0.0-alpha.2"], ["1.0.0-alpha.10"], ["1.0.0-beta"],
        ["1.0.0-rc1", "1.0.0rc1", "v1.0.0-rc01"], ["1.0.0-rc1-3-gabcdef1"], ["1.0.0-rc10"],
        ["1", "1.0", "1.0.0", "v1.0.0", "V1.0", "1.0.0+build.7", "1.0.0-0-gabcdef1"],
        ["1.0.0-dirty"], ["1.0.0-1-gabcdef1"], ["1.0.0-1-gabcdef1-dirty"], ["1.0.0-14-g0123456"],
        ["1.0.1-rc1"], ["1.0.1", "01.0.1"], ["1.0.1.1"], ["1.2"], ["1.10"], ["2024.12.31"],
        ["20240101"], ["99999999999999999999.0"]]
