#!/usr/bin/env python3
"""The dashboard's pages in a real browser against the real server: with data, empty, with errors,
without rights; narrow and wide, light and dark."""
import os
import unittest
from pathlib import Path

from dashboard_world import DashboardWorldTest
from world import OTTER


class DashboardTest(DashboardWorldTest):
    def test_every_page(self):
        self.play("pages", **self.lived_in())

    def test_the_readmes_pictures(self):
        otherwise = str(Path(OTTER).parent / "dashboard_pictures/readme")
        where = os.environ.get("OTTER_README_PICTURES", otherwise)
        self.play("readme_pictures", readme=where, **self.lived_in())
        for name in ("fleet", "rollout", "device"):
            self.assertGreater((Path(where) / f"{name}.png").stat().st_size, 10_000)

    def test_an_empty_server(self):
        self.play("empty")


if __name__ == "__main__":
    unittest.main()
