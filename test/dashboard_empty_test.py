#!/usr/bin/env python3
"""The dashboard in a real browser, of a server where nothing has happened yet; and what a browser
loads before it shows anything."""
import unittest

from dashboard_world import DashboardWorldTest


class DashboardEmptyTest(DashboardWorldTest):
    def test_an_empty_server(self):
        self.play("empty")


if __name__ == "__main__":
    unittest.main()
