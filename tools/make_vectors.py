#!/usr/bin/env python3
"""Makes the test vectors in docs/spec/vectors/ and the seeds in fuzz/corpus/ from them.

An implementation of its own: hashes, HMAC, HKDF, CRC-32 and base64 are Python's, signatures those
of the `openssl` command or of vectors_roots.py; nothing here calls the code that is tested. The
output is the same on each run, but for the signature of `openssl`: it has a random part, and is
kept as long as its input is the same.

    tools/make_vectors.py
"""
import json
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import vectors_binary  # noqa: E402
import vectors_keys  # noqa: E402
import vectors_roots  # noqa: E402
import vectors_text  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "docs" / "spec" / "vectors"
CORPUS = ROOT / "fuzz" / "corpus"


def input_of(data):
    """How a vector's input is written: as text where that is possible, else in hexadecimal."""
    try:
        text = data.decode("utf-8")
        if "\0" not in text:
            return {"text": text}
    except UnicodeDecodeError:
        pass
    return {"hex": data.hex()}


def write_vectors(name, vectors, always_hex=False):
    """One object a line, so that a change shows as a line."""
    lines = []
    for vector in vectors:
        vector = dict(vector)
        data = vector.pop("input", None)
        if data is not None:
            vector.update({"hex": data.hex()} if always_hex else input_of(data))
        lines.append("  " + json.dumps(vector))
    (VECTORS / f"{name}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


def write_seeds(target, inputs):
    folder = CORPUS / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in inputs:
        (folder / name).write_bytes(data)


def seeds_of(vectors):
    return [(vector["name"], vector["input"]) for vector in vectors if len(vector["input"]) < 3000]


def main():
    VECTORS.mkdir(parents=True, exist_ok=True)
    signatures = vectors_keys.signature_vectors(VECTORS / "signature.json")
    good_signature = bytes.fromhex(signatures[0]["signature"])
    groups = {
        "json": vectors_text.json_vectors(),
        "manifest": vectors_text.manifest_vectors(),
        "statement": vectors_text.statement_vectors(),
        "device-facts": vectors_text.device_facts_vectors(),
        "envelope": vectors_binary.envelope_vectors(good_signature),
        "frame": vectors_binary.frame_vectors(good_signature),
        "otadata": vectors_binary.otadata_vectors(),
        "partition-table": vectors_binary.partition_table_vectors(),
        "esp-image": vectors_binary.image_vectors(),
        "root": vectors_roots.root_vectors(),
        "trust": vectors_roots.trust_vectors(),
    }
    binary = {"envelope", "frame", "otadata", "partition-table", "esp-image", "root", "trust"}
    for name, vectors in groups.items():
        write_vectors(name, vectors, always_hex=name in binary)
    write_vectors("signature", signatures)
    write_vectors("device-keys", vectors_keys.device_key_vectors())
    ascending = vectors_text.version_order()
    lines = ",\n".join("  " + json.dumps(equal) for equal in ascending)
    (VECTORS / "version-order.json").write_text("[\n" + lines + "\n]\n")

    for name in ("json", "manifest", "otadata"):
        write_seeds(name, seeds_of(groups[name]))
    write_seeds("device_facts", seeds_of(groups["device-facts"]))
    write_seeds("partition_table", seeds_of(groups["partition-table"]))
    write_seeds("esp_image", seeds_of(groups["esp-image"]) + [
        ("signed", vectors_binary.signed_image())])
    write_seeds("checkin", [
        (f"{group}-{name}", data) for group in ("frame", "envelope", "statement")
        for name, data in seeds_of(groups[group])])
    for name in ("root", "trust"):
        write_seeds(name, [(vector["name"], vectors_roots.body_of(vector["input"]))
                           for vector in groups[name]])
    flat = [version.encode() for equal in ascending for version in equal]
    write_seeds("version", [
        (f"triple-{i}", b"\0".join(flat[i:i + 3])) for i in range(0, len(flat) - 2, 2)])


if __name__ == "__main__":
    main()
