#!/usr/bin/env python3
"""The demo day with its journals on a real Kafka and its views in a real Redis: the state is that of the embedded
engine, also when brokers and Redis die in the middle of it, and what is set up wrongly is said.

Usage: kafka_day_test.py BINARIES"""

import os
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import engines  # pylint: disable=wrong-import-position
import redis_wire  # pylint: disable=wrong-import-position
from server import Ended, Journals, Server, play_day, redis_flags  # pylint: disable=wrong-import-position

BINARIES = sys.argv.pop(1)
RETAILERS = "200"


class KafkaDayTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sanyuan-kafka-day-")
        self.addCleanup(self.folder.cleanup)

    def data(self, name):
        return os.path.join(self.folder.name, name)

    def embedded_day(self):
        with Server(BINARIES, self.data("embedded")) as server:
            return server.ctl("demo", "day", "--retailers", RETAILERS)

    def play(self, server, faults=()):
        return play_day(BINARIES, server.grpc, RETAILERS, server.height, faults)

    def check_proofs(self, server, journals, day):
        live = server.ctl("digest")
        self.assertEqual(server.ctl("digest", *journals.place), live)
        verified = server.ctl("journal", "verify", *journals.place)
        self.assertTrue(verified["sound"])
        self.assertEqual(sum(partition["decisions"] for partition in verified["partitions"]), day["decisions"])
        return live

    def assert_same_state(self, day, embedded):
        self.assertEqual(day["engine"], "kafka")
        for figure in ("business_digest", "journal_ok", "balanced", "orders_accepted", "cartons_allocated", "receipts",
                       "clues_closed"):
            self.assertEqual(day[figure], embedded[figure], figure)

    def test_the_day_has_the_state_of_the_embedded_engine_also_after_a_restart(self):
        with engines.kafka() as kafka, engines.redis() as redis:
            journals = Journals(BINARIES, self.data("kafka"), kafka.bootstrap)
            with Server(BINARIES, self.data("kafka"), *journals.serve, *redis_flags(redis)) as server:
                day = self.play(server)
                live = self.check_proofs(server, journals, day)
                self.assertEqual(server.stop(), 0)
            with Server(BINARIES, self.data("kafka"), *journals.serve, *redis_flags(redis)) as server:
                self.assertEqual(server.ctl("digest"), live)
                # Snapshots and views of the first server are not needed for the state; its master key is, for the names.
            master_key = os.path.join(self.data("kafka"), "dev-master-key")
            with Server(BINARIES, self.data("another"), *journals.serve, "--master-key", master_key) as server:
                self.assertEqual(server.ctl("digest"), live)
        self.assert_same_state(day, self.embedded_day())

    def test_views_that_redis_has_lost_come_back_though_nothing_is_decided_and_nobody_reads(self):
        with engines.redis() as redis, Server(BINARIES, self.data("embedded"), *redis_flags(redis)) as server:
            # All partitions are led, and all views are there, when this returns.
            server.ctl("clock", "--set", "2019-07-20T12:00:00+08:00")
            with open(redis.operator_password_file, encoding="utf-8") as file:
                password = file.read().strip()
            port = int(redis.address.rsplit(":", 1)[1])
            with redis_wire.connected(port, redis.operator, password) as call:
                views = call("DBSIZE")
                self.assertGreater(views, 0)
                call("FLUSHALL")
                end = time.monotonic() + 60
                while call("DBSIZE") < views:
                    self.assertLess(time.monotonic(), end, "they do not come back")
                    time.sleep(0.05)  # Between two looks.

    def test_brokers_and_redis_die_during_the_day(self):
        def broker_dies():
            kafka.kill(1)
            kafka.up()

        def redis_dies():
            redis.kill(1)
            redis.up()

        with engines.kafka() as kafka, engines.redis() as redis:
            journals = Journals(BINARIES, self.data("kafka"), kafka.bootstrap)
            with Server(BINARIES, self.data("kafka"), *journals.serve, *redis_flags(redis)) as server:
                day = self.play(server, [(300, broker_dies), (600, redis_dies), (900, broker_dies), (1200, redis_dies)])
                self.check_proofs(server, journals, day)
                redis.down()
                self.assertEqual(server.stop(), 0)
        self.assert_same_state(day, self.embedded_day())

    def assert_start_fails(self, pattern, *flags, name="wrong"):
        with self.assertRaisesRegex(Ended, pattern) as failed:
            Server(BINARIES, self.data(name), *flags)
        self.assertEqual(failed.exception.code, 1)

    def test_what_is_set_up_wrongly_is_named(self):
        with engines.kafka() as kafka:
            journals = Journals(BINARIES, self.data("right"), kafka.bootstrap)
            self.assert_start_fails("topic no.registry.reference.journal: topic is missing.*topics apply", "--kafka",
                                    kafka.bootstrap, "--topic-prefix", "no.", "--single-copy")
            self.assert_start_fails("replication is 1, wanted at least 3", *journals.serve[:-1])
            kafka.delete_topic(f"{journals.serve[3]}registry.keys")
            self.assert_start_fails("registry.keys: topic is missing", *journals.serve)
            subprocess.run([os.path.join(BINARIES, "sanyuanctl"), "topics", "apply", *journals.serve], check=True,
                           stdout=subprocess.DEVNULL)
            self.assert_start_fails("partitions is 8, wanted 4", *journals.serve, "--partitions", "4")
            self.assert_start_fails("--redis-password-file|No such file", *journals.serve, "--redis", "127.0.0.1:1",
                                    "--redis-password-file", self.data("none"))
            self.assert_start_fails("--redis: HOST:PORT is wanted", *journals.serve, "--redis", "here")
            for text, said in (("acks=1", "acks: the journal rests on its value"), ("no.such=1", "no.such"),
                               ("# settings\nnonsense", "line 2: NAME=VALUE is wanted")):
                with open(self.data("properties"), "w", encoding="utf-8") as file:
                    file.write(text)
                self.assert_start_fails(said, *journals.serve, "--kafka-properties", self.data("properties"))
            self.assert_start_fails("No such file|none", *journals.serve, "--kafka-properties", self.data("none"))
            with Server(BINARIES, self.data("right"), *journals.serve) as server:
                self.assert_start_fails("another process|has it|process", *journals.serve, name="right")
                self.assertEqual(server.stop(), 0)
            others = Journals(BINARIES, self.data("right"), kafka.bootstrap)
            self.assert_start_fails("is not the journal that .*right was made with", *others.serve, name="right")
        self.assert_start_fails(r"Unavailable|Local: Broker transport failure|Local: Timed out", *journals.serve)


if __name__ == "__main__":
    unittest.main()
