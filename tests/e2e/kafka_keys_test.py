#!/usr/bin/env python3
"""Keys of people on Kafka as an operator meets them: servers share them, a copy is put back, the master key is changed.
Usage: kafka_keys_test.py BINARIES PROGRAM

PROGRAM (sealed_test.cc) sends names, phones and texts to a server that this starts, and asks what became of them."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import engines  # pylint: disable=wrong-import-position
from server import Ended, Journals, Server  # pylint: disable=wrong-import-position

PROGRAM = os.path.abspath(sys.argv.pop(2))
BINARIES = sys.argv.pop(1)
MORNING = "2019-08-05T09:00:00+08:00"


def people(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return {name for [name] in database.execute("SELECT name FROM person_key WHERE wrapped IS NOT NULL")}
    finally:
        database.close()


class KafkaKeysTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sanyuan-kafka-keys-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.kafka = self.enterContext(engines.kafka())
        self.journals = Journals(BINARIES, self.path("first"), self.kafka.bootstrap)
        self.topics, self.prefix = self.journals.serve[:4], self.journals.serve[3]

    def path(self, name):
        return os.path.join(self.folder, name)

    def master_key(self, name):
        with open(self.path(name), "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(os.urandom(32))
        return self.path(name)

    def server(self, name, master_key):
        return Server(BINARIES, self.path(name), *self.journals.serve, "--master-key", master_key)

    def refused(self, pattern, name, *flags):
        with self.assertRaisesRegex(Ended, pattern) as failed:
            Server(BINARIES, self.path(name), *self.journals.serve, *flags)
        self.assertEqual(failed.exception.code, 1)

    def ctl(self, *arguments, code=0):
        done = subprocess.run([os.path.join(BINARIES, "sanyuanctl"), *arguments], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr

    def copied(self, name):
        self.ctl("keys", "backup", *self.topics, "--out", self.path(name))
        return people(self.path(name))

    def play(self, server, which):
        environment = {**os.environ, "SANYUAN_SERVER": server.grpc, "SANYUAN_DATA": server.data}
        done = subprocess.run([PROGRAM, f"--gtest_filter={which}"], env=environment, check=False)
        self.assertEqual(done.returncode, 0)

    def test_servers_share_the_keys_and_a_copy_brings_nobody_back_who_was_forgotten(self):
        key = self.master_key("key")
        with self.server("first", key) as server:
            server.ctl("clock", "--set", MORNING)
            self.play(server, "-*WhoIsForgotten*")
            before = self.copied("before")
            self.assertEqual(server.stop(), 0)
        self.assertFalse(os.path.exists(self.path("first/keys.db")))
        # A server that has nothing but the master key opens what the first one sealed.
        self.refused("the master key is not the one that registry.keys was made with", "second")
        with self.server("second", key) as server:
            self.play(server, "*ATextComesBack*")
            self.assertEqual(server.stop(), 0)

        self.lose_keys(key)
        restore = ["keys", "restore", *self.topics, "--from", self.path("before")]
        self.ctl(*restore)
        self.assertIn("holds keys already", self.ctl(*restore, code=3))
        with self.server("second", key) as server:
            self.play(server, "*ATextComesBack*:*WhoIsForgotten*")
            [gone] = before - self.copied("after")
            self.assertEqual(server.stop(), 0)

        self.lose_keys(key)
        self.ctl(*restore)
        self.assertIn(gone, self.copied("restored"))
        with self.server("second", key) as server:
            self.assertEqual(before - self.copied("forgotten again"), {gone})
            self.assertEqual(server.stop(), 0)

    def lose_keys(self, master_key):
        self.kafka.delete_topic(f"{self.prefix}registry.keys")
        self.refused("registry.keys: topic is missing", "second", "--master-key", master_key)
        self.ctl("topics", "apply", *self.journals.serve)
        self.refused("registry.keys holds no keys: sanyuanctl keys restore puts a copy back", "second", "--master-key",
                     master_key)

    def test_after_a_rotation_the_new_master_key_opens_the_keys_and_the_old_one_does_not(self):
        old, new = self.master_key("old"), self.master_key("new")
        with self.server("first", old) as server:
            server.ctl("clock", "--set", MORNING)
            self.play(server, "*ATextComesBack*")
            self.assertEqual(server.stop(), 0)
        rotate = ["keys", "rotate", "--master-key", old, "--new-master-key", new]
        self.assertIn("--data or --kafka", self.ctl(*rotate, code=3))
        self.ctl(*rotate, *self.topics)
        self.refused("the master key is not the one", "first", "--master-key", old)
        with self.server("first", new) as server:
            self.play(server, "*ATextComesBack*")
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
