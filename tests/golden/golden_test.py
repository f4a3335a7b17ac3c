#!/usr/bin/env python3
"""Journals of every format that was ever released are read as they were meant: from their records alone and by a server that
goes on with them, to the state of their day.

With --record VERSION a day is played and kept for later versions (see README.md).
Usage: golden_test.py BINARIES [--record VERSION]"""

import json
import os
import shutil
import sys
import tarfile
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from server import Server, ctl  # noqa: E402

BINARIES = sys.argv.pop(1)
DATA, DIGEST, HEADS = "data.tar.xz", "digest.txt", "heads.json"
PARTITIONS = ["--partitions", "2"]
# What a version keeps of a day that others have to read; the rest is built again.
KEPT = ["clock", "dev-master-key", "identity", "journal.db", "keys.db"]


def record(version):
    folder = os.path.join(HERE, version)
    os.mkdir(folder)
    with tempfile.TemporaryDirectory(prefix="sanyuan-golden-") as data:
        with Server(BINARIES, data, *PARTITIONS) as server:
            day = server.ctl("demo", "day", "--retailers", "25")
            assert day["journal_ok"] and day["balanced"], day
            with open(os.path.join(folder, DIGEST), "w", encoding="utf-8") as file:
                file.write(server.ctl("digest")["text"])
            server.ctl("journal", "checkpoint", "--out", os.path.join(folder, HEADS))
            assert server.stop() == 0
        with tarfile.open(os.path.join(folder, DATA), "w:xz") as archive:
            for name in KEPT:
                archive.add(os.path.join(data, name), name)


class GoldenTest(unittest.TestCase):
    def each(self):
        """Of each version its folder, the text of the day's digest, and a data directory of its own."""
        versions = [name for name in sorted(os.listdir(HERE)) if os.path.isdir(os.path.join(HERE, name))]
        self.assertTrue(versions)
        for version in versions:
            folder = os.path.join(HERE, version)
            with open(os.path.join(folder, DIGEST), encoding="utf-8") as file:
                digest = file.read()
            with tempfile.TemporaryDirectory(prefix=f"sanyuan-golden-{version}-") as data:
                with tarfile.open(os.path.join(folder, DATA)) as archive:
                    archive.extractall(data)
                yield folder, digest, data

    def test_records_alone_give_the_state_of_their_day(self):
        for folder, digest, data in self.each():
            self.assertEqual(ctl(BINARIES, "digest", "--data", data)["text"], digest)
            verified = ctl(BINARIES, "journal", "verify", "--data", data, "--checkpoint", os.path.join(folder, HEADS))
            self.assertTrue(verified["sound"], json.dumps(verified))

    def test_a_server_goes_on_with_them(self):
        for folder, digest, data in self.each():
            with Server(BINARIES, data, *PARTITIONS) as server:
                self.assertEqual(server.ctl("digest")["text"], digest)
                # Take-overs of this version stand behind the records of that one.
                self.assertTrue(server.ctl("journal", "verify", "--data", data, "--checkpoint",
                                           os.path.join(folder, HEADS))["sound"])
                self.assertEqual(server.stop(), 0)
            shutil.rmtree(os.path.join(data, "snapshots"), ignore_errors=True)
            with Server(BINARIES, data, *PARTITIONS) as server:
                self.assertEqual(server.ctl("digest")["text"], digest)

    def test_a_changed_record_is_found(self):
        for _, digest, data in self.each():
            path = os.path.join(data, "journal.db")
            with open(path, "r+b") as file:
                content = file.read()
                at = content.index(b"620121-2019")
                file.seek(at)
                file.write(b"620122")
            self.assertFalse(ctl(BINARIES, "journal", "verify", "--data", data, code=1)["sound"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--record"]:
        record(sys.argv[2])
    else:
        unittest.main()
