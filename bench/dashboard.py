#!/usr/bin/env python3
"""How soon the dashboard's pages are there, in a real browser, with a large fleet that has a past.

    bench/dashboard.py                     100,000 devices, each page five times
    bench/dashboard.py --devices 1000

Each visit is that of a browser which has nothing of the dashboard yet. Needs build/release (otter,
server_register), or OTTER_BUILD; Node.js and Chromium, as the dashboard's tests. Fails if a page
asks another host for anything.
"""
import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

import server_peers
from server import describe_machine, print_machine

PASSWORD = "correct horse battery"
DAYS = 30
PAST = """
UPDATE devices SET last_seen_s = :now - rowid % 90000, checked_in_s = :now - rowid % 90000,
  boot_state = 'confirmed', standing = 'enrolled', heap_bytes = 150000, rssi_dbm = -60,
  uptime_s = 86400, reset_reason = 'power_on', slot_bytes = 1900544,
  version = '1.' || (rowid % 12) || '.0';
INSERT INTO reports (device, report_id, received_s, version, outcome, error, release_version, body)
  SELECT id, 'r' || rowid, :now - rowid % 2500000, version,
    iif(rowid % 20 = 0, 'rolled_back', iif(rowid % 50 = 1, 'failed', 'confirmed')),
    iif(rowid % 20 = 0, 'crashed', iif(rowid % 50 = 1, 'network_timeout', '')), version, '{}'
  FROM devices ORDER BY rowid DESC;
INSERT INTO version_days (product, day, version, devices)
  SELECT 'bench', :now / 86400 - value, version, count(*)
  FROM devices, json_each(:days) GROUP BY value, version;
"""


def give_past(data):
    """What a month of check-ins and updates would leave."""
    facts = {"now": int(time.time()), "days": json.dumps(list(range(DAYS)))}
    with closing(sqlite3.connect(data / "otter.sqlite")) as database:
        for statement in filter(str.strip, PAST.split(";")):
            database.execute(statement, facts)
        database.commit()
        return database.execute("SELECT id FROM devices LIMIT 1").fetchone()[0]


def set_password(folder):
    path = folder / "password"
    path.write_text(PASSWORD + "\n")
    server_peers.run(server_peers.BUILD / "otter", "account", "password", "admin",
                     "--password-file", path, folder=folder)


def look(server, device, rounds):
    facts = {"url": f"https://localhost:{server.port}", "password": PASSWORD, "device": device,
             "rounds": rounds,
             "chromium": shutil.which("chromium") or shutil.which("chromium-browser")}
    done = subprocess.run(["node", server_peers.TOP / "web/test/speed.mjs"], text=True,
                          stdout=subprocess.PIPE, check=True,
                          env={**os.environ, "OTTER_DASHBOARD_FACTS": json.dumps(facts)})
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print_machine(describe_machine())
    with tempfile.TemporaryDirectory(prefix="otter-bench-") as folder:
        server = server_peers.Otter(Path(folder), devices=arguments.devices)
        device = give_past(server.data)
        server.start()
        try:
            set_password(Path(folder))
            told = look(server, device, arguments.rounds)
        finally:
            server.stop()
    print(f"\n{arguments.devices} devices; medians of {arguments.rounds} [ms]\n")
    print("| page | first paint | usable | all of it |\n|---|---|---|---|")
    for page, visits in told.items():
        figures = [round(statistics.median(visit[name] for visit in visits))
                   for name in ("paint", "shown", "whole")]
        print(f"| {page} | " + " | ".join(map(str, figures)) + " |")


if __name__ == "__main__":
    main()
