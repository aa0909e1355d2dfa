#!/usr/bin/env python3
"""The dashboard's pages in a real browser where the server fails or the account may not; and the
README's pictures of those where all is well."""
import os
import unittest
from pathlib import Path

from dashboard_world import DashboardWorldTest
from world import OTTER


class DashboardRefusalsTest(DashboardWorldTest):
    def test_every_page_where_something_is_refused(self):
        self.play("refusals", **self.lived_in())

    def test_the_readmes_pictures(self):
        otherwise = str(Path(OTTER).parent / "dashboard_pictures/readme")
        where = os.environ.get("OTTER_README_PICTURES", otherwise)
        self.play("readme_pictures", readme=where, **self.lived_in())
        for name in ("fleet", "rollout", "device"):
            self.assertGreater((Path(where) / f"{name}.png").stat().st_size, 10_000)


if __name__ == "__main__":
    unittest.main()
