#!/usr/bin/env python3
"""What is set up wrongly is named, with what to do, and ends the start or is tried again as the README says.
(What concerns topics that are missing, their partitions and copies is in kafka_day_test.py.)

Usage: wrong_settings_test.py BINARIES"""

import glob
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import engines  # pylint: disable=wrong-import-position
from server import Ended, Journals, Server, ctl  # pylint: disable=wrong-import-position

BINARIES = sys.argv.pop(1)
JARS = os.path.normpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "build", "tools"))


class WrongSettingsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sanyuan-wrong-")
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def assert_refused(self, pattern, *flags, code=2, **more):
        try:
            with Server(BINARIES, self.path("data"), *flags, **more):
                self.fail(f"it serves with {flags}")
        except Ended as ended:
            self.assertRegex(str(ended), pattern)
            self.assertEqual(ended.code, code)

    def test_settings_that_are_unknown_or_contradict_each_other(self):
        self.assert_refused("--brokers", "--brokers", "127.0.0.1:9092")
        self.assert_refused("SANYUAN_TOPIC_PREFX: no setting", environment={"SANYUAN_TOPIC_PREFX": "x."})
        self.assert_refused("--redis-user requires --redis", "--redis-user", "somebody")
        self.assert_refused("--topic-prefix requires --kafka", "--topic-prefix", "x.")
        self.assert_refused("--clock-confirmed excludes --dev|--dev excludes --clock-confirmed", "--clock-confirmed")
        self.assert_refused("--heartbeat", "--heartbeat", "0")
        self.assert_refused("--partitions: 1 to 1024", "--partitions", "0")
        self.assert_refused("--dev trusts every caller and listens on loopback only", listen="0.0.0.0:0")
        self.assert_refused("--master-key: a file of 32 random bytes is wanted", dev=False)
        self.assert_refused("--kafka is required", program="sanyuan-registry")
        self.assertFalse(os.path.exists(self.path("data")), "nothing was made")

    def test_secrets_that_can_not_be_read(self):
        self.assert_refused("none.*No such file|No such file.*none", "--master-key", self.path("none"), dev=False, code=1)
        with open(self.path("short"), "wb") as file:
            file.write(b"too short")
        os.chmod(self.path("short"), 0o600)
        self.assert_refused("short", "--master-key", self.path("short"), dev=False, code=1)
        with open(self.path("open"), "wb") as file:
            file.write(bytes(32))
        os.chmod(self.path("open"), 0o644)
        self.assert_refused("open", "--master-key", self.path("open"), dev=False, code=1)

    def test_ports_that_are_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "{}:{}".format(*taken.getsockname())
            self.assert_refused(f"can't listen on {address}", listen=address, code=1)
            self.assert_refused(f"can't listen on {address}", ops=address, code=1)
        self.assert_refused("HOST:PORT is wanted", ops="here", code=1)

    def alter(self, broker, topic, setting):
        jars = ":".join(glob.glob(os.path.join(JARS, "kafka-*", "*.jar")))
        subprocess.run(["java", "-cp", jars, "kafka.admin.ConfigCommand", "--bootstrap-server", broker.bootstrap, "--alter",
                        "--topic", topic, "--add-config", setting], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def test_topics_whose_settings_endanger_the_journals_and_brokers_that_want_more_patience(self):
        with engines.kafka() as broker:
            journals = Journals(BINARIES, self.path("none"), broker.bootstrap)
            prefix = journals.serve[journals.serve.index("--topic-prefix") + 1]
            for setting, value, wanted in (("cleanup.policy", "compact", "delete"), ("retention.ms", "604800000", "-1"),
                                           ("unclean.leader.election.enable", "true", "false"),
                                           ("message.timestamp.type", "CreateTime", "LogAppendTime"),
                                           ("max.message.bytes", "1000", "at least 1114112")):
                self.alter(broker, f"{prefix}order_intake.journal", f"{setting}={value}")
                self.assert_refused(f"topic {prefix}order_intake.journal: {setting} is {value}, wanted {wanted}",
                                    *journals.serve, code=1)
                self.alter(broker, f"{prefix}order_intake.journal", f"{setting}={wanted.rsplit(' ', 1)[-1]}")
            self.assert_refused("the brokers: group.min.session.timeout.ms is 1000, wanted at most 500: .*--session-timeout",
                                *journals.serve, "--session-timeout", "0.5", code=1)

    def test_a_strangers_open_transaction_is_named_and_waited_for(self):
        with engines.kafka() as broker:
            journals = Journals(BINARIES, self.path("none"), broker.bootstrap)
            self.assertEqual(ctl(BINARIES, "topics", "check", *journals.serve)["mismatches"], [])
            topic = f"{journals.prefix}order_intake.journal"
            with Server(BINARIES, self.path("data"), *journals.serve) as server:
                self.assertEqual(server.stop(), 0)
            ports = {1: int(broker.bootstrap.rsplit(":", 1)[1])}
            transaction = engines.kafka_wire.Transaction(ports, "stranger", topic, 3, b"not committed", open_for=600)
            value = f"open from offset {transaction.offset} in partition 3"
            self.assertEqual(ctl(BINARIES, "topics", "check", *journals.serve, code=1)["mismatches"],
                             [{"topic": topic, "setting": "transaction", "value": value, "wanted": "none"}])
            waits = f"the start waits: topic {topic}: transaction is {value}, wanted none"
            with Server(BINARIES, self.path("data"), *journals.serve, wait=False) as server:
                self.wait_for_log(server, waits)
                self.assertEqual(server.stop(), 0)  # Sooner than the start would end.
            with Server(BINARIES, self.path("data"), *journals.serve, wait=False) as server:
                self.wait_for_log(server, waits)
                self.assertIsNone(server.process.poll())
                transaction.abort()
                server.wait_ready()
                self.assertEqual(ctl(BINARIES, "topics", "check", *journals.serve)["mismatches"], [])
                # Returns when every partition is led: a take-over stands behind what the first transaction left. With two
                # of them and nothing between, offsets are missing at the end, and the partition halts.
                server.ctl("clock", "--set", "2019-07-20T12:00:00+08:00")
                # Who serves goes on beside one; the watch says it within a minute.
                transaction = engines.kafka_wire.Transaction(ports, "stranger", topic, 3, b"not committed", open_for=600)
                self.wait_for_log(server, f"topic {topic}: transaction is open from offset {transaction.offset}", 120)
                self.assertEqual(server.get("/readyz")[0], 200)
                self.assertIn('"setting":"transaction"', server.get("/readyz")[1])
                server.ctl("clock", "--set", "2019-07-20T13:00:00+08:00")
                transaction.abort()
                self.assertEqual(server.stop(), 0)

    def test_a_redis_that_lets_nobody_in(self):
        with open(self.path("password"), "w", encoding="utf-8") as file:
            file.write("wrong")
        with engines.redis() as redis:
            with Server(BINARIES, self.path("data"), "--redis", redis.address, "--redis-user", redis.user,
                        "--redis-password-file", self.path("password")) as server:
                self.wait_for_log(server, "views wait for Redis: .*WRONGPASS")
                self.assertEqual(server.get("/livez")[0], 200)
                self.assertEqual(server.stop(), 0)

    def wait_for_log(self, server, pattern, seconds=60):
        end = time.monotonic() + seconds
        while True:
            log = server.errors()
            if time.monotonic() > end:
                self.assertRegex(log, pattern)
            try:
                return self.assertRegex(log, pattern)
            except AssertionError:
                time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
