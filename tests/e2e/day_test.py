#!/usr/bin/env python3
"""The demo day against a real server: what it claims, whatever the partitions and the concurrency.

Usage: day_test.py BINARIES"""

import os
import subprocess
import sys
import tempfile
import unittest

from server import Server

BINARIES = sys.argv.pop(1)
RETAILERS = "200"


class DayTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sanyuan-day-")

    def tearDown(self):
        self.folder.cleanup()

    def day(self, name, partitions=8, *arguments, retailers=RETAILERS):
        """Plays a day on fresh data; gives its figures and the digest text, live and from the records alone."""
        data = os.path.join(self.folder.name, name)
        with Server(BINARIES, data, "--partitions", str(partitions)) as server:
            figures = server.ctl("demo", "day", "--retailers", retailers, *arguments)
            live = server.ctl("digest")
            self.assertEqual(server.ctl("digest", "--data", data), live)
            verified = server.ctl("journal", "verify", "--data", data)["partitions"]
            self.assertEqual(sum(partition["decisions"] for partition in verified), figures["decisions"])
            # Each journal begins with one take-over.
            self.assertEqual(figures["records"] - figures["decisions"], len(verified))
            self.assertEqual(server.stop(), 0)
        return figures

    def test_a_day_balances_and_its_journal_is_sound(self):
        day = self.day("one")
        self.assertEqual(day["engine"], "embedded")
        self.assertTrue(day["balanced"])
        self.assertTrue(day["journal_ok"])
        for figure in ("orders_accepted", "orders_refused", "orders_void", "cartons_allocated", "receipts",
                       "clues_closed", "inspections_closed", "inspections_missed", "tickets_closed"):
            self.assertGreater(day[figure], 0, figure)
        self.assertLess(day["cartons_allocated"], day["cartons_requested"])

    def test_the_same_seed_gives_the_same_state_on_any_partitions_and_concurrency(self):
        digests = {self.day(f"p{partitions}", partitions, "--concurrency", str(concurrency))["business_digest"]
                   for partitions, concurrency in ((1, 1), (8, 16), (64, 4))}
        self.assertEqual(len(digests), 1)

    def test_another_seed_gives_another_state(self):
        self.assertNotEqual(self.day("seven", 1, "--seed", "7")["business_digest"],
                            self.day("eight", 1, "--seed", "8")["business_digest"])

    def test_a_line_of_two_runs_is_explained(self):
        # With 100 shops the line that the summary explains got a carton more from a later run.
        self.assertTrue(self.day("hundred", retailers="100")["balanced"])

    def test_a_day_does_not_begin_where_another_one_was_played(self):
        data = os.path.join(self.folder.name, "again")
        with Server(BINARIES, data) as server:
            server.ctl("demo", "day", "--retailers", RETAILERS)
            done = subprocess.run([os.path.join(BINARIES, "sanyuanctl"), "--server", server.grpc, "demo", "day",
                                   "--retailers", RETAILERS], capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("the clock only moves forward", done.stderr)


if __name__ == "__main__":
    unittest.main()
