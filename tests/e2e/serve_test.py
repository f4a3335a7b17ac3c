#!/usr/bin/env python3
"""The all-in-one server as an operator meets it. Usage: serve_test.py BINARIES"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import unittest

from server import Server

BINARIES = sys.argv.pop(1)
MORNING = "2019-08-05T09:00:00+08:00"


class ServeTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sanyuan-e2e-")
        self.data = os.path.join(self.folder.name, "data")

    def tearDown(self):
        self.folder.cleanup()

    def refused(self, *flags):
        """Exit code and log of a server that does not start."""
        done = subprocess.run([os.path.join(BINARIES, "sanyuan"), "serve", *flags], capture_output=True, text=True,
                              timeout=60)
        return done.returncode, done.stderr

    def master_key(self):
        path = os.path.join(self.folder.name, "master-key")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(os.urandom(32))
        return path

    def test_it_serves_says_so_and_ends_in_order(self):
        with Server(BINARIES, self.data) as server:
            self.assertEqual(server.get("/livez")[0], 200)
            status, body = server.get("/readyz")
            self.assertEqual(status, 200)
            self.assertTrue(json.loads(body)["ready"])
            self.assertIn("sanyuan_journal_height{", server.get("/metrics")[1])
            self.assertEqual(server.stop(), 0)
            for line in server.errors().splitlines():
                self.assertIn("message", json.loads(line))

    def test_live_digest_is_that_of_the_records_alone_also_after_a_kill(self):
        with Server(BINARIES, self.data) as server:
            server.ctl("clock", "--set", MORNING)
            live = server.ctl("digest")
            self.assertEqual(server.ctl("digest", "--data", self.data), live)
            self.assertTrue(server.ctl("journal", "verify")["sound"])
            server.kill()
            self.assertEqual(server.ctl("digest", "--data", self.data), live)
        with Server(BINARIES, self.data) as server:
            self.assertEqual(server.ctl("clock")["now"], MORNING)
            self.assertEqual(server.ctl("digest"), live)

    def test_the_clock_moves_forward_only(self):
        with Server(BINARIES, self.data) as server:
            server.ctl("clock", "--set", MORNING)
            error = server.ctl("clock", "--set", "2019-08-05T08:59:59+08:00", code=3)
            self.assertEqual(error["error"]["reason"], "INVALID_FIELD")
            self.assertEqual(server.ctl("clock")["now"], MORNING)

    def test_without_dev_every_call_is_unauthenticated(self):
        with Server(BINARIES, self.data, "--master-key", self.master_key(), dev=False) as server:
            self.assertEqual(server.ctl("status", code=3)["error"]["reason"], "UNAUTHENTICATED")

    def test_dev_refuses_to_listen_beyond_loopback(self):
        code, log = self.refused("--data", self.data, "--listen", "0.0.0.0:0", "--dev")
        self.assertEqual(code, 2)
        self.assertIn("loopback", log)

    def test_a_second_process_on_the_directory_is_refused(self):
        with Server(BINARIES, self.data):
            code, log = self.refused("--data", self.data, "--listen", "127.0.0.1:0", "--ops", "127.0.0.1:0", "--dev")
            self.assertEqual(code, 1)
            self.assertIn(self.data, log)

    def test_another_partition_count_is_refused(self):
        with Server(BINARIES, self.data, "--partitions", "2") as server:
            self.assertEqual(server.stop(), 0)
        code, log = self.refused("--data", self.data, "--listen", "127.0.0.1:0", "--ops", "127.0.0.1:0", "--dev")
        self.assertEqual(code, 1)
        self.assertIn("--partitions 2", log)

    def test_verify_names_the_place_of_damage_and_a_cut_end_is_shown_by_a_checkpoint(self):
        heads = os.path.join(self.folder.name, "heads.json")
        with Server(BINARIES, self.data, "--partitions", "1") as server:
            server.ctl("clock", "--set", MORNING)
            server.ctl("journal", "checkpoint", "--out", heads)
            self.assertEqual(server.stop(), 0)
            verify = ["journal", "verify", "--data", self.data, "--checkpoint", heads]
            self.assertTrue(server.ctl(*verify)["sound"])
            with open(heads, encoding="utf-8") as file:
                text = file.read()
            garbled = os.path.join(self.folder.name, "garbled.json")
            with open(garbled, "w", encoding="utf-8") as file:
                file.write(text.replace('"head":"', '"head":"x').replace('"head": "', '"head": "x'))
            done = subprocess.run([os.path.join(BINARIES, "sanyuanctl"), *verify[:-1], garbled], capture_output=True,
                                  text=True, timeout=60)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("is not hexadecimal", done.stderr)

            database = sqlite3.connect(os.path.join(self.data, "journal.db"))
            where = "topic = 'registry.journal' AND partition = 0"
            [[last, record]] = database.execute(
                f"SELECT offset, record FROM journal WHERE {where} ORDER BY offset DESC LIMIT 1")
            database.execute(f"UPDATE journal SET record = ? WHERE {where} AND offset = ?",
                             (record[:-1] + bytes([record[-1] ^ 1]), last))
            database.commit()
            [damaged] = [p for p in server.ctl(*verify, code=1)["partitions"] if "damage" in p]
            self.assertEqual((damaged["context"], damaged["partition"], damaged["damage"]["offset"]),
                             ("registry", 0, last))

            database.execute(f"DELETE FROM journal WHERE {where} AND offset = ?", (last,))
            database.commit()
            self.assertTrue(server.ctl("journal", "verify", "--data", self.data)["sound"])
            [cut] = [p for p in server.ctl(*verify, code=1)["partitions"] if "damage" in p]
            self.assertEqual(cut["damage"]["offset"], last)
            database.close()


if __name__ == "__main__":
    unittest.main()
