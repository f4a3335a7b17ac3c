#!/usr/bin/env python3
"""`sanyuanctl journal reshard`: the same state in another number of partitions, from which servers, clients and subscribers go
on as if nothing had been; and what is refused.

Usage: reshard_test.py BINARIES CONTROL"""

import contextlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import engines  # pylint: disable=wrong-import-position
import iowa_sample  # pylint: disable=wrong-import-position
from server import Ended, Journals, Server, ctl, play_day  # pylint: disable=wrong-import-position

BINARIES, CONTROL = sys.argv.pop(1), sys.argv.pop(1)
CTL = os.path.join(BINARIES, "sanyuanctl")
RETAILERS = "200"
COUNTY = "620121"
MANAGER = ("--as", "CM1", "--role", "COUNTY_MANAGER", "--unit", COUNTY)
BEFORE_THE_DAY = "2019-01-02T00:00:00+08:00"


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def raise_format(server):
    """So early that it is among the first records of each journal."""
    server.ctl("clock", "--set", BEFORE_THE_DAY)
    server.ctl("format", "raise", "--to", "2", "--why", "test")


def reshard(*place, partitions, code=0):
    """What it prints; on failure the error's message."""
    answer = ctl(BINARIES, "journal", "reshard", *place, "--partitions", str(partitions), "--why", "test", code=code,
                 timeout=300)
    return answer["error"]["message"] if code else answer


def watch(address, token, count):
    """The next `count` events of the feed, behind the token, which is moved."""
    done = subprocess.run([CTL, "--server", address, "--json", *MANAGER, "watch", "clues", "--county", COUNTY,
                           "--token-file", token, "--count", str(count)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def heads(server):
    return [(p["context"], p["partition"], p["height"]) for p in server.ctl("status")["partitions"]]


class Folder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="sanyuan-reshard-")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    def assert_same(self, data, partitions, digest):
        """A directory's journals are sound and hold this state."""
        self.assertEqual(ctl(BINARIES, "digest", "--data", data), digest)
        verified = ctl(BINARIES, "journal", "verify", "--data", data)
        self.assertTrue(verified["sound"])
        # One of registry.reference.
        self.assertEqual(len(verified["partitions"]), 5 * partitions + 1)


class DayTest(Folder):
    """A demo day on three partitions, resharded."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data, cls.first_token, cls.checkpoint = cls.path("data"), cls.path("first"), cls.path("checkpoint")
        with Server(BINARIES, cls.data, "--partitions", "3") as server:
            raise_format(server)
            subprocess.run([CTL, "--server", server.grpc, *MANAGER, "--deadline", "3", "watch", "clues", "--county", COUNTY,
                            "--token-file", cls.first_token], check=True, capture_output=True)
            cls.day = server.ctl("demo", "day", "--retailers", RETAILERS)
            cls.digest = server.ctl("digest")
            cls.order = cls.an_allocated_order(server)
            cls.explained = server.ctl("explain", "--order", cls.order)
            cls.events = watch(server.grpc, cls.copy(cls.first_token, "all"), cls.day["clue_feed_events"])
            server.ctl("journal", "checkpoint", "--out", cls.checkpoint)
            assert server.stop() == 0

    @classmethod
    def an_allocated_order(cls, server):
        out = cls.path("allocations.csv")
        server.ctl("export", "allocations", "--county", COUNTY, "--out", out)
        with open(out, encoding="utf-8-sig") as file:
            header = file.readline().strip().split(",")
            return file.readline().strip().split(",")[header.index("order_id")]

    @classmethod
    def copy(cls, source, name):
        path = cls.path(name)
        (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, path)
        return path

    def check_resharded(self, partitions):
        new = self.path(f"p{partitions}")
        report = reshard("--data", self.data, "--to", new, partitions=partitions)
        self.assertEqual((report["partitions_before"], report["partitions"]), (3, partitions))
        self.assertEqual(report["business_digest"], self.day["business_digest"])
        # The format was raised once in each of the older journals.
        self.assertEqual(report["operators_decisions"], 16)
        self.assertEqual(report["request_ids_used_twice"], 0)
        # Setting the format is no call of a context.
        self.assertGreater(sum(c["acknowledged"] for c in report["contexts"].values()), 1000)
        self.assertEqual(len(report["copied_from"]), 16)
        self.assert_same(new, partitions, self.digest)
        # The older journals are as they were.
        ctl(BINARIES, "journal", "verify", "--data", self.data, "--checkpoint", self.checkpoint)
        with Server(BINARIES, new, "--partitions", str(partitions)) as server:
            self.assertEqual(server.ctl("digest"), self.digest)
            self.assertEqual(server.ctl("explain", "--order", self.order), self.explained)
            token = self.copy(self.first_token, f"token{partitions}")
            half = len(self.events) // 2
            self.assertEqual(watch(server.grpc, token, half), self.events[:half])
            self.assertEqual(server.stop(), 0)
        # From snapshots, and with a token that has come half way through the copies.
        with Server(BINARIES, new, "--partitions", str(partitions)) as server:
            self.assertEqual(server.ctl("digest"), self.digest)
            self.assertEqual(watch(server.grpc, token, len(self.events) - half), self.events[half:])
            self.assertEqual(server.stop(), 0)

    def test_the_state_is_the_same_in_more_partitions(self):
        self.check_resharded(8)

    def test_the_state_is_the_same_in_one_partition(self):
        self.check_resharded(1)

    def test_heights_of_pages_that_are_left_as_they_were_are_found(self):
        new = self.path("unmapped")
        os.mkdir(new)
        done = subprocess.run([CONTROL, self.data, new, "8"], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("no page of it stands", done.stdout)
        # What such a failure leaves is served by nobody.
        with self.assertRaisesRegex(Ended, "lost its identity file"):
            Server(BINARIES, new, "--partitions", "8", "--new-keys")
        self.assertIn("--to: " + new + " is not an empty directory",
                      reshard("--data", self.data, "--to", new, partitions=8, code=3))

    def cut_copy(self, name, sql):
        path = self.copy(self.data, name)
        with contextlib.closing(sqlite3.connect(os.path.join(path, "journal.db"))) as database, database:
            self.assertGreater(database.execute(sql).rowcount, 0)
        return path

    def refused(self, data):
        new = data + "-new"
        message = reshard("--data", data, "--to", new, partitions=8, code=3)
        self.assertFalse(os.path.exists(new), "nothing is made before the older journals were looked at")
        return message

    def test_what_is_not_at_rest_is_refused_and_named(self):
        # Genesis, take-over and format are left: what the registry has decided is not consumed.
        cut = self.cut_copy("behind", "DELETE FROM journal WHERE offset > 2 AND topic NOT LIKE 'registry%'")
        message = self.refused(cut)
        self.assertRegex(message, r"allocation.journal/\d is not at rest: it has not consumed registry\S+ from height \d+")
        self.assertIn("start the servers, let no calls in until they are idle, stop them, and try again", message)

    def test_damage_is_refused_and_named(self):
        cut = self.cut_copy("damaged", "UPDATE journal SET record = zeroblob(length(record)) WHERE offset = 5 AND "
                                       "topic = 'registry.reference.journal'")
        message = self.refused(cut)
        self.assertIn("registry.reference.journal/0 is damaged at offset 5", message)
        self.assertIn("journal release", message)

    def test_a_server_that_runs_is_named(self):
        data = self.copy(self.data, "running")
        with Server(BINARIES, data, "--partitions", "3") as server:
            self.assertIn(str(server.process.pid), self.refused(data))

    def test_an_older_format_is_refused(self):
        with Server(BINARIES, self.path("older"), "--partitions", "2") as server:
            self.assertEqual(server.stop(), 0)
        self.assertIn("sanyuanctl format raise", self.refused(self.path("older")))

    def test_what_is_missing_is_a_matter_of_usage(self):
        self.assertIn("--to:", reshard("--data", self.data, partitions=8, code=2))
        self.assertIn("--data or --kafka", reshard("--to", self.path("nowhere"), partitions=8, code=2))
        self.assertIn("--to-prefix", reshard("--kafka", "127.0.0.1:1", partitions=8, code=2))
        for count in ("0", "1025"):
            done = subprocess.run([CTL, "journal", "reshard", "--data", self.data, "--to", self.path("no"), "--partitions",
                                   count, "--why", "test"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, done.stdout)


class GoingOnTest(Folder):
    """Clients go on where they were."""

    def at_rest(self, data, partitions):
        """Lets a server finish what is under way, where no client reaches it."""
        with Server(BINARIES, data, "--partitions", str(partitions)) as server:
            server.ctl("clock", "--set", server.ctl("clock")["now"])
            self.assertEqual(server.stop(), 0)

    def test_a_day_goes_on_over_two_reshardings_in_its_middle(self):
        with Server(BINARIES, self.path("undisturbed"), "--partitions", "3") as server:
            undisturbed = server.ctl("demo", "day", "--retailers", RETAILERS)
        address = free_address()
        self.now, self.partitions = self.path("day3"), 3
        self.server = Server(BINARIES, self.now, "--partitions", "3", listen=address)
        try:
            raise_format(self.server)

            def move(partitions):
                self.assertEqual(self.server.stop(), 0)
                self.server.close()
                self.at_rest(self.now, self.partitions)
                to = self.path(f"day{partitions}")
                reshard("--data", self.now, "--to", to, partitions=partitions)
                self.now, self.partitions = to, partitions
                self.server = Server(BINARIES, to, "--partitions", str(partitions), listen=address)

            day = play_day(BINARIES, address, RETAILERS, lambda: self.server.height(),
                           [(600, lambda: move(8)), (1300, lambda: move(2))], code=1)
            for figure in ("business_digest", "balanced", "clue_feed_ok", "clue_feed_events", "cartons_allocated"):
                self.assertEqual(day[figure], undisturbed[figure], figure)
            # Its one complaint: what was acknowledged before bears the ids of the older journals.
            self.assertFalse(day["journal_ok"])
            digest = self.server.ctl("digest")
            self.assertEqual(self.server.stop(), 0)
            self.assert_same(self.now, 2, digest)
        finally:
            if self.server.process.poll() is None:
                self.server.kill()
            self.server.close()

    def test_orders_of_many_counties_go_on_and_what_was_asked_before_is_done_already(self):
        sample = iowa_sample.make(self.path("sample"))
        first_part = ("import", "iowa-sales", "--datasets", sample, "--to", "2022-01-03")
        with Server(BINARIES, self.path("whole"), "--partitions", "3") as server:
            server.ctl("import", "iowa-sales", "--datasets", sample)
            whole = server.ctl("digest")
        with Server(BINARIES, self.path("iowa3"), "--partitions", "3") as server:
            server.ctl(*first_part)
            server.ctl("format", "raise", "--to", "2", "--why", "test")
            digest = server.ctl("digest")
            self.assertEqual(server.stop(), 0)
        for before, after in ((3, 8), (8, 1), (1, 5)):
            new = self.path(f"iowa{after}")
            reshard("--data", self.path(f"iowa{before}"), "--to", new, partitions=after)
            self.assert_same(new, after, digest)
            with Server(BINARIES, new, "--partitions", str(after)) as server:
                self.assertEqual(server.ctl("digest"), digest)
                known = heads(server)
                self.assertEqual(server.ctl(*first_part)["orders_sent"], 0)
                self.assertEqual(heads(server), known)
                self.assertEqual(server.stop(), 0)
        with Server(BINARIES, self.path("iowa5"), "--partitions", "5") as server:
            server.ctl("import", "iowa-sales", "--datasets", sample)
            self.assertEqual(server.ctl("digest"), whole)


class KafkaTest(Folder):
    def test_the_same_on_a_broker(self):
        data = self.path("kafka")
        with engines.kafka() as kafka:
            journals = Journals(BINARIES, data, kafka.bootstrap, ["--partitions", "3"])
            to = f"to.{journals.prefix}"
            place = (*journals.serve[:4], "--single-copy", "--data", data, "--to-prefix", to)
            with Server(BINARIES, data, *journals.serve) as server:
                raise_format(server)
                day = server.ctl("demo", "day", "--retailers", RETAILERS)
                digest = server.ctl("digest")
                self.assertIn("is running: stop all servers", reshard(*place, partitions=8, code=3))
                self.assertEqual(server.stop(), 0)
            self.assertIn("--to-prefix: another prefix",
                          reshard(*place[:-1], journals.prefix, partitions=8, code=2))
            report = reshard(*place, partitions=8)
            self.assertEqual(report["business_digest"], day["business_digest"])
            # Also keys of an earlier use are in the way.
            taken = reshard(*place, partitions=8, code=3)
            self.assertRegex(taken, r"not empty: .*registry\.reference\.journal.*, registry\.keys; delete the topics of --to-prefix")
            mistyped = (*place[:-3], data + "-mistyped", *place[-2:])
            self.assertIn("-mistyped has no identity file", reshard(*mistyped, partitions=8, code=3))
            new = ["--kafka", kafka.bootstrap, "--topic-prefix", to]
            self.assertEqual(ctl(BINARIES, "digest", *new), digest)
            self.assertTrue(ctl(BINARIES, "journal", "verify", *new)["sound"])
            master_key = os.path.join(data, "dev-master-key")
            with Server(BINARIES, self.path("new"), *new, "--single-copy", "--master-key", master_key) as server:
                self.assertEqual(server.ctl("digest"), digest)
                before = server.height()
                server.ctl("clock", "--set", "2019-09-01T00:00:00+08:00")
                self.assertGreaterEqual(server.height(), before)
                self.assertEqual(server.stop(), 0)
            # The older ones are still what they were.
            self.assertEqual(ctl(BINARIES, "digest", *journals.place), digest)


if __name__ == "__main__":
    unittest.main()
