#!/usr/bin/env python3
"""What stops a server from starting: one clear line, exit code 1."""
import os
import signal
import socket
import sqlite3
import subprocess
import unittest

from world import DEADLINE, OTTER, WorldTest


class Start(WorldTest):
    def refused(self, pattern, *arguments):
        line = self.otter("serve", *arguments, ok=False).stderr
        self.assertRegex(line, pattern)

    def test_a_port_in_use(self):
        self.stop_server()
        with socket.create_server(("127.0.0.1", self.port)):
            self.refused(f"{self.port}.*[Aa]ddress already in use")

    def test_a_folder_that_is_served(self):
        self.refused("another otter serves")

    def test_a_key_file_that_is_missing_or_no_key(self):
        self.stop_server()
        key = self.folder / "otter-data/certs/server.key"
        key.write_text("no key")
        self.refused("server.key")
        key.unlink()
        self.refused("server.key")

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_a_key_file_that_may_not_be_read(self):
        self.stop_server()
        (self.folder / "otter-data/certs/server.key").chmod(0)
        self.refused("server.key")

    def test_a_database_of_a_newer_version(self):
        self.stop_server()
        with sqlite3.connect(self.folder / "otter-data/otter.sqlite") as database:
            database.execute("pragma user_version = 9999")
        self.refused("otter.sqlite.*newer")

    def test_no_data_folder(self):
        self.stop_server()
        self.refused("otter init", "--data", "elsewhere")

    def test_a_disk_that_can_not_be_written(self):
        self.stop_server()
        mount = self.read_only_view(self.folder)
        if mount is None:
            self.skipTest("this machine lets nobody make a mount namespace")
        self.assertEqual(mount.returncode, 1, mount.stderr)
        self.assertRegex(mount.stderr, r"\Aotter: [^\n]*may this user write[^\n]*\n\Z")

    def read_only_view(self, folder):
        script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && "$2" serve'
        mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
        view = ["unshare", "--mount", *mapped, "sh", "-c"]
        probe = subprocess.run([*view, "mount --bind /tmp /tmp"], capture_output=True, check=False)
        if probe.returncode != 0:
            return None
        return subprocess.run([*view, script, "sh", folder, OTTER], capture_output=True, text=True,
                              timeout=DEADLINE, check=False)

    def test_a_wrong_setting_is_named_with_its_line(self):
        self.stop_server()
        settings = self.folder / "otter.toml"
        text = settings.read_text().replace("check_interval_s = 3600", "check_interval_s = \"x\"")
        settings.write_text(text)
        line = 1 + text[:text.index("check_interval_s = ")].count("\n")
        self.refused(rf"otter\.toml line {line}: .*check_interval_s")

    def test_both_signals_end_it_gracefully(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            self.assertEqual(self.stop_server(how), 0, self.server_log())
            self.start_server()


if __name__ == "__main__":
    unittest.main()
