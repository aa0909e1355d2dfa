#!/usr/bin/env python3
"""Images from another server than the one that offers them, be it honest or not."""
import re
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from world import WorldTest


class Mirror(WorldTest):
    def setUp(self):
        super().setUp()
        self.first = self.create(self.publish("1.0.0"))
        self.run_board(*self.first, "--until", "idle")
        self.asked = []
        self.spoil = lambda data: data

    def serve(self):
        """A plain server with a copy of the blobs, and the update server that names it."""
        world = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self):
                try:
                    super().handle()
                except ConnectionError:  # the board has heard enough
                    pass

            def do_GET(self):  # pylint: disable=invalid-name
                world.asked.append(dict(self.headers, path=self.path))
                digest = self.path.removeprefix("/firmware/blob/")
                assert re.fullmatch(r"[0-9a-f]{64}", digest), self.path
                path = world.folder / "otter-data/blobs" / digest[:2] / digest
                data = world.spoil(path.read_bytes())
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format, *args):  # pylint: disable=redefined-builtin
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        settings = self.folder / "otter.toml"
        mirrors = f'\n[server]\nmirrors = ["http://127.0.0.1:{server.server_port}"]'
        settings.write_text(settings.read_text().replace("\n[server]", mirrors))
        self.stop_server()
        self.start_server()

    def test_an_image_comes_from_the_mirror(self):
        self.serve()
        image = self.publish("1.0.1").read_bytes()
        self.run_board("--until", "confirmed")
        self.assertEqual(1, len(self.asked), self.asked)
        self.assertNotIn("X-API-Key", self.asked[0])
        self.assertNotIn("Firmware download started", self.server_log())
        self.assertEqual(image, self.slot(1, len(image)))

    def test_one_that_lies_costs_time_and_nothing_else(self):
        self.spoil = lambda data: data[:100_000] + bytes([data[100_000] ^ 1]) + data[100_001:]
        self.serve()
        image = self.publish("1.0.1").read_bytes()
        self.run_board("--until", "confirmed")
        self.assertTrue(self.asked)
        self.assertIn("Firmware download started", self.server_log())
        self.assertEqual(image, self.slot(1, len(image)))


if __name__ == "__main__":
    unittest.main()
