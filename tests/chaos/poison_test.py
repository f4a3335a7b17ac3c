#!/usr/bin/env python3
"""Work that the server does not survive: after some deaths it is not tried again, and an operator passes it by.

The server is a build that dies by itself whenever it decides a named command, or reacts to any input in a named context.
Control: where nobody remembers the deaths, it dies each time.
Usage: poison_test.py BINARIES"""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
from kill_test import free_port  # noqa: E402
from server import Ended, Server  # noqa: E402

BINARIES = sys.argv.pop(1)
COUNTIES = [["county_code", "county_zh", "county_en", "prefecture_code", "prefecture_zh", "prefecture_en", "synthetic"],
            ["620121", "永登县", "Yongdeng", "620100", "兰州", "Lanzhou", "N"]]
DECIDING = "deciding/sanyuan.registry.v1.ReferenceService/RegisterCounties:1"
REACTING = "reacting/delivery_tracking:1"
NOON = "2019-07-20T12:00:00+08:00"


class Poison(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sanyuan-poison-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = os.path.join(self.folder, "data")
        self.listen = f"127.0.0.1:{free_port()}"
        self.counties = os.path.join(self.folder, "counties.csv")
        with open(self.counties, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(COUNTIES)

    def serve(self, crash_at=None):
        return Server(BINARIES, self.data, "--partitions", "1", listen=self.listen,
                      program="sanyuan_crash_points" if crash_at else "sanyuan",
                      environment={"SANYUAN_TEST_CRASH_AT": crash_at} if crash_at else {})

    def start_to_die(self, crash_at, when_ready=lambda server: None):
        """One life of the server, which ends at the crash point: before it is ready, or because of `when_ready`."""
        try:
            with self.serve(crash_at) as server:
                when_ready(server)
                self.assertEqual(server.process.wait(timeout=120), -signal.SIGKILL)
        except Ended as ended:
            self.assertEqual(ended.code, -signal.SIGKILL)

    def import_counties(self, server):
        """Begins to; whoever serves answers it in the end."""
        server.ctl("clock", "--set", NOON)
        client = subprocess.Popen([os.path.join(BINARIES, "sanyuanctl"), "--server", self.listen, "--json", "--deadline",
                                   "120", "import", "counties", self.counties], stdout=subprocess.PIPE, text=True)
        self.addCleanup(client.stdout.close)
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        return client

    def status(self, server, context):
        [found] = [p for p in server.ctl("status")["partitions"] if p["context"] == context and p["partition"] == 0]
        return found

    def make_poison_input(self):
        """A county that every context reacts to; delivery tracking dies of it, once."""
        def register(server):
            self.import_counties(server)
        self.start_to_die(REACTING, register)

    def test_command_is_answered_after_two_deaths(self):
        clients = []
        self.start_to_die(DECIDING, lambda server: clients.append(self.import_counties(server)))
        self.start_to_die(DECIDING)
        with self.serve(DECIDING) as server:
            out, _ = clients[0].communicate(timeout=120)
            self.assertNotEqual(clients[0].returncode, 0, out)
            self.assertIn("did not survive it", out)
            self.assertEqual(server.stop(), 0)
        # Somebody else's is decided, where the server survives it.
        with self.serve() as server:
            self.assertEqual(server.ctl("import", "counties", self.counties)["registered"], 1)
            self.assertEqual(server.stop(), 0)

    def test_input_holds_its_partition_until_it_is_passed_by(self):
        self.make_poison_input()
        for _ in range(2):
            self.start_to_die(REACTING)
        with self.serve(REACTING) as server:
            held = self.status(server, "delivery_tracking")["held"]
            self.assertIn("3 processes died of it", held["why"])
            ready, body = server.get("/readyz")
            self.assertEqual(ready, 200)
            [one] = json.loads(body)["held"]
            self.assertEqual((one["context"], one["partition"]), ("delivery_tracking", 0))
            self.assertIn('sanyuan_partition_held{context="delivery_tracking",partition="0"} 1', server.get("/metrics")[1])
            self.assertNotIn("held", self.status(server, "allocation"))
            self.assertEqual(server.stop(), 0)
        skip = ["journal", "skip", "--context", "delivery_tracking", "--partition", "0", "--topic", held["topic"],
                "--height", str(held["height"]), "--why", "ends the server"]
        with self.serve() as server:
            self.assertIn("held", self.status(server, "delivery_tracking"))
            self.assertIn("format 2", server.ctl(*skip, code=3)["error"]["message"])
            self.assertEqual(server.ctl("format", "raise", "--to", "2", "--why", "skips are wanted")["format"], 2)
            self.assertEqual({p["format"] for p in server.ctl("status")["partitions"]}, {2})
            server.ctl(*skip)
            server.ctl("clock", "--set", "2019-07-20T12:00:01+08:00")  # When all has come to rest.
            after = self.status(server, "delivery_tracking")
            self.assertNotIn("held", after)
            self.assertNotIn("not_serving", after)
            server.ctl(*skip, code=3)  # Passed by already.
            live = server.ctl("digest")
            self.assertEqual(server.ctl("digest", "--data", self.data), live)
            self.assertTrue(server.ctl("journal", "verify")["sound"])
            self.assertEqual(server.stop(), 0)
        with self.serve() as server:
            self.assertEqual(server.ctl("digest"), live)
            self.assertEqual(server.stop(), 0)

    def test_control_without_memory_it_dies_each_time(self):
        self.make_poison_input()
        for _ in range(4):
            shutil.rmtree(os.path.join(self.data, "work"))
            self.start_to_die(REACTING)


if __name__ == "__main__":
    unittest.main()
