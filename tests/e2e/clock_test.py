#!/usr/bin/env python3
"""Servers by the real clock, which is set wrongly while they run: they say so and are not ready until it is right again.
(What becomes of commands and timers is in tests/engine/wall_clock_test.cc; without --dev nobody may send any yet.)

Usage: clock_test.py BINARIES"""

import json
import os
import re
import sys
import tempfile
import unittest

TESTS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..")
sys.path[:0] = [os.path.join(TESTS, "support"), os.path.join(TESTS, "chaos")]
import engines  # pylint: disable=wrong-import-position
from cluster import wait_until  # pylint: disable=wrong-import-position
from server import Ended, Journals, Server  # pylint: disable=wrong-import-position
from service_faults import SetClock  # pylint: disable=wrong-import-position

BINARIES = sys.argv.pop(1)


class ClockTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sanyuan-clock-")
        self.addCleanup(self.folder.cleanup)
        self.clock = SetClock(self.path("clock"), BINARIES)
        with open(self.path("master-key"), "wb") as file:
            file.write(os.urandom(32))
        os.chmod(self.path("master-key"), 0o600)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def server(self, *flags):
        """A start that brokers keep from succeeding, because all is slow here, is repeated, as an orchestrator does."""
        libraries = ":".join([*self.clock.libraries, *SetClock.WITHOUT_JEMALLOC])

        def start():
            try:
                return Server(BINARIES, self.path("data"), "--master-key", self.path("master-key"), *flags, dev=False,
                              environment={"LD_PRELOAD": libraries, **self.clock.environment})
            except Ended as ended:
                if "_TIMED_OUT" not in str(ended):
                    raise
                return None

        return wait_until("it starts", start)

    @staticmethod
    def readiness(server):
        code, body = server.get("/readyz")
        return code, json.loads(body).get("clock", "")

    @staticmethod
    def skew(server):
        """In seconds; None while it is not known."""
        found = re.search(r"^sanyuan_clock_skew_seconds (\S+)$", server.get("/metrics")[1], re.MULTILINE)
        return float(found[1]) if found else None

    def assert_guarded(self, server, reference):
        wait_until("it is ready", lambda: self.readiness(server) == (200, ""))
        # Within what is borne: only the metric tells.
        self.clock.step("+1s")
        wait_until("the metric shows a second", lambda: abs(self.skew(server) - 1) < 0.5)
        self.assertEqual(self.readiness(server), (200, ""))
        for offset, said in ((5, "ahead of"), (-5, "behind")):
            self.clock.step(f"{offset:+}s")
            wait_until("it says that its clock is wrong", lambda: self.readiness(server)[0] == 503)
            self.assertRegex(self.readiness(server)[1], f"the clock is wrong: [45].. s {said} {reference}")
            self.assertAlmostEqual(self.skew(server), offset, delta=1)
            self.assertRegex(server.errors(), f"nothing is decided here: the clock is wrong: [45].. s {said}")
            self.clock.step("+0s")
            wait_until("it is ready again", lambda: self.readiness(server) == (200, ""))
            self.assertIn("the clock is right again", server.errors())

    def test_on_kafka_it_is_held_against_the_brokers_clock(self):
        with engines.kafka() as kafka:
            journals = Journals(BINARIES, self.path("data"), kafka.bootstrap)
            with self.server(*journals.serve) as server:
                self.assert_guarded(server, "the log's")

    def test_on_kafka_it_is_the_brokers_clock_that_counts(self):
        brokers = SetClock(self.path("broker-clock"), BINARIES)
        with engines.kafka(environment={"ENGINE_PRELOAD": ":".join(brokers.libraries), **brokers.environment}) as kafka:
            journals = Journals(BINARIES, self.path("data"), kafka.bootstrap)
            with self.server(*journals.serve) as server:
                wait_until("it is ready", lambda: self.readiness(server) == (200, ""))
                brokers.step("+10s")
                wait_until("it says that the clocks differ", lambda: self.readiness(server)[0] == 503)
                self.assertRegex(self.readiness(server)[1], "the clock is wrong: [0-9.]+ s behind the log's")
                brokers.step("+0s")
                wait_until("it is ready again", lambda: self.readiness(server) == (200, ""))

    def test_on_the_embedded_engine_it_is_held_against_the_monotonic_clock(self):
        with self.server() as server:
            self.assert_guarded(server, "what has passed since the start")
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
