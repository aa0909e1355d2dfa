"""The three endpoints as most tutorials write them, in Flask with SQLite: what bench/server.py
compares `otter serve` with. Not for use: one shared key, no signature.

Environment: OTA_KEY, OTA_SECRET, OTA_FOLDER (of `<version>.bin`), OTA_DATABASE.
"""
import hashlib
import hmac
import os
import sqlite3
from pathlib import Path

from flask import Flask, abort, jsonify, request, send_from_directory

FOLDER = Path(os.environ["OTA_FOLDER"]).resolve()
DATABASE = os.environ["OTA_DATABASE"]

app = Flask(__name__)


def describe_newest():
    path = max(FOLDER.glob("*.bin"), key=lambda file: [int(n) for n in file.stem.split(".")])
    image = path.read_bytes()
    return {"version": path.stem, "size": len(image), "sha256": hashlib.sha256(image).hexdigest(),
            "hmac": hmac.new(os.environ["OTA_SECRET"].encode(), image, "sha256").hexdigest(),
            "url": f"/firmware/{path.name}"}


NEWEST = describe_newest()

with sqlite3.connect(DATABASE) as database:
    # Faster than SQLite's first setting, and durable, too.
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE IF NOT EXISTS reports (id INTEGER PRIMARY KEY, device TEXT, "
                     "status TEXT, version TEXT, error TEXT, report_id TEXT)")


@app.before_request
def check_key():
    if not hmac.compare_digest(request.headers.get("X-API-Key", ""), os.environ["OTA_KEY"]):
        abort(401)


@app.get("/firmware/manifest")
def manifest():
    return jsonify(NEWEST)


@app.get("/firmware/<name>")
def image(name):
    return send_from_directory(FOLDER, name)


@app.post("/firmware/report")
def report():
    told = request.get_json()
    row = [told.get(name) for name in ("device_id", "status", "version", "error", "report_id")]
    if not row[0] or row[1] not in ("SUCCESS", "FAILED"):
        abort(400)
    with sqlite3.connect(DATABASE, timeout=30) as connection:
        connection.execute("INSERT INTO reports (device, status, version, error, report_id) "
                           "VALUES (?, ?, ?, ?, ?)", row)
    return jsonify(ok=True)
