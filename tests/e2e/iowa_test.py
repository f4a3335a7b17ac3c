#!/usr/bin/env python3
"""`sanyuanctl import iowa-sales` with made-up sales in the data set's format, against a real server: the figures,
importing again, and going on after the client or the server was killed.

Usage: iowa_test.py BINARIES"""

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import unittest

import iowa_sample
from server import Server

BINARIES = sys.argv.pop(1)
KILLS = 6


def importing(server, datasets, *arguments):
    return [os.path.join(BINARIES, "sanyuanctl"), "--server", server.grpc, "--json", "import", "iowa-sales",
            "--datasets", datasets, *arguments]


def heads(server):
    return [(p["context"], p["partition"], p["height"]) for p in server.ctl("status")["partitions"]]


class IowaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="sanyuan-iowa-")
        cls.sample = iowa_sample.make(os.path.join(cls.folder.name, "sample"))
        cls.expected = iowa_sample.expected(cls.sample)
        with Server(BINARIES, cls.data("undisturbed"), "--partitions", "3") as server:
            cls.first = cls.figures(server)
            cls.digest = server.ctl("digest")["text"]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def data(cls, name):
        return os.path.join(cls.folder.name, name)

    @classmethod
    def figures(cls, server, *arguments):
        figures = server.ctl("import", "iowa-sales", "--datasets", cls.sample, *arguments)
        del figures["seconds"]
        return figures

    def test_all_is_accepted_and_allocated_but_what_has_no_county(self):
        self.assertEqual(self.first, dict(self.expected, orders_sent=self.expected["invoices_accepted"]))
        self.assertGreater(self.first["lines_refused"], 0)

    def test_importing_again_gives_the_same_counts_and_adds_nothing(self):
        with Server(BINARIES, self.data("undisturbed"), "--partitions", "3") as server:
            before = heads(server)
            self.assertEqual(self.figures(server), dict(self.expected, orders_sent=0))
            self.assertEqual(heads(server), before)
            self.assertEqual(server.ctl("digest")["text"], self.digest)

    def test_digest_live_is_that_of_the_records_and_the_journal_is_sound(self):
        data = self.data("replayed")
        with Server(BINARIES, data) as server:
            self.figures(server, "--concurrency", "3")
            self.assertEqual(server.ctl("digest")["text"], self.digest)
            self.assertEqual(server.ctl("digest", "--data", data)["text"], self.digest)
            server.ctl("journal", "verify", "--data", data)

    def test_days_are_imported_in_parts(self):
        with Server(BINARIES, self.data("parts")) as server:
            part = self.figures(server, "--to", "2022-01-03")
            self.assertEqual(part, dict(iowa_sample.expected(self.sample, last="2022-01-03"),
                                        orders_sent=part["invoices_accepted"]))
            self.assertEqual(self.figures(server)["lines_accepted"], self.expected["lines_accepted"])
            self.assertEqual(server.ctl("digest")["text"], self.digest)

    def test_it_goes_on_after_client_or_server_were_killed(self):
        chance = random.Random(1)
        data, killed = self.data("killed"), {"client": 0, "server": 0}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            listen = f"127.0.0.1:{probe.getsockname()[1]}"
        server = Server(BINARIES, data, listen=listen)
        client = None
        try:
            while True:
                # Few calls at once, so that there is much to interrupt.
                client = client or subprocess.Popen(importing(server, self.sample, "--concurrency", "2"),
                                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                try:
                    # The moment of the kill, not a wait for anything.
                    client.wait(chance.uniform(0.02, 0.25) if sum(killed.values()) < KILLS else 300)
                    break
                except subprocess.TimeoutExpired:
                    who = chance.choice(["client", "server"])
                    killed[who] += 1
                    if who == "client":
                        client.kill()
                        client.communicate()
                        client = None
                    else:
                        server.kill()
                        server.close()
                        server = Server(BINARIES, data, listen=listen)
            out, errors = client.communicate()
            self.assertEqual(client.returncode, 0, errors)
            figures = json.loads(out)
            for key, value in self.expected.items():
                self.assertEqual(figures[key], value, key)
            self.assertEqual(server.ctl("digest")["text"], self.digest)
            self.assertEqual(server.ctl("digest", "--data", data)["text"], self.digest)
            self.assertGreater(min(killed.values()), 0, "this showed nothing")
        finally:
            if client is not None and client.poll() is None:
                client.kill()
                client.communicate()
            server.kill()
            server.close()

    def test_a_server_with_something_else_is_refused(self):
        with Server(BINARIES, self.data("other")) as server:
            server.ctl("clock", "--set", "2019-08-05T09:00:00+08:00")
            done = subprocess.run(importing(server, self.sample), capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 3)
            self.assertIn("the server is not empty", done.stderr)

    def test_a_server_that_does_not_answer_is_unavailable(self):
        with Server(BINARIES, self.data("gone")) as server:
            server.kill()
            done = subprocess.run([*importing(server, self.sample), "--deadline", "1"], capture_output=True, text=True,
                                  timeout=60)
            self.assertEqual(done.returncode, 4, done.stderr)

    def test_a_missing_data_set_is_named(self):
        with Server(BINARIES, self.data("none")) as server:
            done = subprocess.run(importing(server, self.data("nowhere")), capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2)
            self.assertIn("can't be opened", done.stderr)


if __name__ == "__main__":
    unittest.main()
