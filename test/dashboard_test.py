#!/usr/bin/env python3
"""The dashboard's pages in a real browser against the real server: with data, narrow and wide,
light and dark."""
import unittest

from dashboard_world import DashboardWorldTest


class DashboardTest(DashboardWorldTest):
    def test_every_page(self):
        self.play("pages", **self.lived_in())


if __name__ == "__main__":
    unittest.main()
