#!/usr/bin/env python3
"""Keys of people as an operator meets them. Usage: sealed_test.py BINARIES PROGRAM

PROGRAM (sealed_test.cc) sends names, phones and texts to a server that this starts, and asks what became of them."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

from server import Server

PROGRAM = os.path.abspath(sys.argv.pop(2))
BINARIES = sys.argv.pop(1)
MORNING = "2019-08-05T09:00:00+08:00"


class SealedTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sanyuan-sealed-")
        self.data = os.path.join(self.folder.name, "data")

    def tearDown(self):
        self.folder.cleanup()

    def key(self, name, size=32, mode=0o600):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as file:
            file.write(os.urandom(size))
        os.chmod(path, mode)
        return path

    def refused(self, *flags):
        """Exit code and log of a server that does not start."""
        done = subprocess.run([os.path.join(BINARIES, "sanyuan"), "serve", "--data", self.data, *flags],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr

    def ctl(self, *arguments):
        return subprocess.run([os.path.join(BINARIES, "sanyuanctl"), *arguments], capture_output=True, text=True,
                              timeout=60)

    def test_texts_are_sealed_come_back_and_are_forgotten_and_the_journal_needs_no_keys(self):
        with Server(BINARIES, self.data, "--partitions", "2") as server:
            server.ctl("clock", "--set", MORNING)
            environment = dict(os.environ, SANYUAN_SERVER=server.grpc, SANYUAN_DATA=self.data)
            self.assertEqual(subprocess.run([PROGRAM], env=environment).returncode, 0)
            live = server.ctl("digest")
            self.assertEqual(server.ctl("digest", "--data", self.data), live)
            self.assertEqual(server.stop(), 0)
            os.remove(os.path.join(self.data, "keys.db"))
            self.assertEqual(server.ctl("digest", "--data", self.data), live)
            self.assertTrue(server.ctl("journal", "verify", "--data", self.data)["sound"])
        code, log = self.refused("--dev", "--partitions", "2")
        self.assertEqual(code, 1)
        self.assertIn("keys.db is missing", log)
        with Server(BINARIES, self.data, "--partitions", "2", "--new-keys") as server:
            self.assertEqual(server.ctl("digest"), live)

    def test_an_older_copy_of_the_keys_brings_nobody_back_who_was_forgotten(self):
        copy, keys = os.path.join(self.folder.name, "keys-before.db"), os.path.join(self.data, "keys.db")
        with Server(BINARIES, self.data, "--partitions", "2") as server:
            server.ctl("clock", "--set", MORNING)
            environment = dict(os.environ, SANYUAN_SERVER=server.grpc, SANYUAN_DATA=self.data)
            for which in ("-*WhoIsForgotten*", "*WhoIsForgotten*"):
                server.ctl("keys", "backup", "--data", self.data, "--out", copy + which.replace("*", ""))
                done = subprocess.run([PROGRAM, f"--gtest_filter={which}"], env=environment)
                self.assertEqual(done.returncode, 0)
            copy += "WhoIsForgotten"
            [gone] = self.people(copy) - self.people(keys)
            forget = ["forget", "--county", "620121", "--why", "left", "--person"]
            self.assertEqual(server.ctl(*forget, gone.split("/")[1])["forgotten"], gone.split("/")[1])
            self.assertEqual(server.ctl(*forget, "AM01", code=3)["error"]["reason"], "WRONG_STATE")
            self.assertEqual(server.stop(), 0)
        shutil.copy(copy, keys)
        self.assertIn(gone, self.people(keys))
        with Server(BINARIES, self.data, "--partitions", "2") as server:
            self.assertEqual(self.people(copy) - self.people(keys), {gone})
            self.assertEqual(server.stop(), 0)

    @staticmethod
    def people(path):
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return {name for [name] in database.execute("SELECT name FROM person_key WHERE wrapped IS NOT NULL")}
        finally:
            database.close()

    def test_a_server_starts_with_its_own_master_key_only(self):
        first, second = self.key("first"), self.key("second")
        with Server(BINARIES, self.data, "--master-key", first) as server:
            self.assertEqual(server.stop(), 0)
        code, log = self.refused("--dev", "--master-key", second)
        self.assertEqual(code, 1)
        self.assertIn("the master key is not the one", log)
        with Server(BINARIES, self.data, "--master-key", first) as server:
            self.assertEqual(server.stop(), 0)

    def test_a_master_key_that_others_may_read_or_of_another_size_is_refused(self):
        for path, why in ((self.key("open", mode=0o644), "chmod 600"), (self.key("short", size=31), "32 bytes"),
                          (os.path.join(self.folder.name, "none"), "No such file")):
            code, log = self.refused("--dev", "--master-key", path)
            self.assertEqual(code, 1)
            self.assertIn(why, log)

    def test_only_dev_makes_a_master_key_of_its_own_and_says_so(self):
        code, log = self.refused()
        self.assertEqual(code, 2)
        self.assertIn("--master-key", log)
        with Server(BINARIES, self.data) as server:
            self.assertEqual(server.stop(), 0)
            self.assertIn("for development only", server.errors())
        self.assertEqual(os.stat(os.path.join(self.data, "dev-master-key")).st_mode & 0o777, 0o600)

    def test_after_a_rotation_the_new_master_key_opens_the_keys_and_the_old_one_does_not(self):
        old, new = self.key("old"), self.key("new")
        rotate = ["keys", "rotate", "--data", self.data, "--master-key", old, "--new-master-key", new]
        with Server(BINARIES, self.data, "--master-key", old) as server:
            running = self.ctl(*rotate)
            self.assertNotEqual(running.returncode, 0)
            self.assertIn("in use", running.stderr)
            self.assertEqual(server.stop(), 0)
        self.assertEqual(self.ctl(*rotate).returncode, 0)
        code, log = self.refused("--dev", "--master-key", old)
        self.assertEqual(code, 1)
        self.assertIn("the master key is not the one", log)
        with Server(BINARIES, self.data, "--master-key", new) as server:
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
