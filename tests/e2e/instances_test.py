#!/usr/bin/env python3
"""Several instances of the server on one Kafka and one Redis: they share the partitions out, pass calls on to each other,
and take over from who ends, dies or is frozen; the day's state is that of one server on the embedded engine.

Usage: instances_test.py BINARIES"""

import json
import os
import signal
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import engines  # pylint: disable=wrong-import-position
from server import Journals, Server, play_day, redis_flags, wait_until  # pylint: disable=wrong-import-position

BINARIES = sys.argv.pop(1)
RETAILERS = "200"
SERVICES = ["registry", "order-intake", "allocation", "delivery-tracking", "three-member-interaction"]


class InstancesTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sanyuan-instances-")
        self.addCleanup(self.folder.cleanup)
        engine = engines.kafka()
        self.kafka = engine.__enter__()
        self.addCleanup(engine.__exit__, None, None, None)
        views = engines.redis()
        self.redis = views.__enter__()
        self.addCleanup(views.__exit__, None, None, None)
        self.journals = Journals(BINARIES, self.data("none"), self.kafka.bootstrap)
        self.master_key = self.data("master-key")
        with open(os.open(self.master_key, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(os.urandom(32))
        self.servers = []
        self.addCleanup(lambda: [server.__exit__() for server in self.servers])

    def data(self, name):
        return os.path.join(self.folder.name, name)

    def start(self, name, program="sanyuan"):
        server = Server(BINARIES, self.data(name), *self.journals.serve, "--session-timeout", "1.5",
                        *redis_flags(self.redis), "--master-key", self.master_key, program=program)
        self.servers.append(server)
        return server

    @staticmethod
    def led(server):
        return [(partition["context"], partition["partition"]) for partition in server.ctl("status")["partitions"]
                if partition["leading"]]

    def wait_for_share(self, servers, total=41):
        """Until each leads something, and together all."""
        def shared():
            led = [self.led(server) for server in servers]
            return all(led) and sum(len(set(one)) for one in led) == total == len(set().union(*led))
        wait_until(f"{len(servers)} instances share the partitions", shared)

    def day_with(self, server, *faults):
        """The day's figures, played through one of the servers."""
        return play_day(BINARIES, server.grpc, RETAILERS, server.height, faults)

    def assert_same_as_embedded(self, day):
        with Server(BINARIES, self.data("embedded")) as server:
            embedded = server.ctl("demo", "day", "--retailers", RETAILERS)
        for figure in ("business_digest", "journal_ok", "balanced", "orders_accepted", "cartons_allocated", "receipts",
                       "clues_closed"):
            self.assertEqual(day[figure], embedded[figure], figure)

    def test_two_share_the_day_and_it_has_the_state_of_one_on_the_embedded_engine(self):
        first, second = self.start("a"), self.start("b")
        self.wait_for_share([first, second])
        day = self.day_with(first)
        self.assertEqual(second.ctl("digest"), first.ctl("digest"))
        self.assertTrue(first.ctl("journal", "verify", *self.journals.place)["sound"])
        self.assert_same_as_embedded(day)

    def test_five_services_play_the_day_through_any_of_them(self):
        servers = [self.start(name, f"sanyuan-{name}") for name in SERVICES]
        self.wait_for_share(servers)
        # Through one that decides little of it itself; feeds come from the three-member service.
        day = self.day_with(servers[SERVICES.index("delivery-tracking")])
        digests = {json.dumps(server.ctl("digest")) for server in servers}
        self.assertEqual(len(digests), 1, "each tells the digest of the whole")
        self.assertTrue(servers[0].ctl("journal", "verify", *self.journals.place)["sound"])
        self.assertEqual(servers[0].ctl("digest", *self.journals.place), servers[0].ctl("digest"))
        self.assert_same_as_embedded(day)

    def test_instances_die_freeze_end_and_come_back_during_the_day(self):
        first, second = self.start("a"), self.start("b")
        self.wait_for_share([first, second])

        def dies():
            self.servers[1].kill()

        def comes_back():
            self.servers[1].__exit__()
            del self.servers[1]
            self.wait_for_share([first, self.start("b")])

        def freezes():
            frozen = self.servers[1].process
            frozen.send_signal(signal.SIGSTOP)
            wait_until("the first leads all", lambda: len(self.led(first)) == 41)
            frozen.send_signal(signal.SIGCONT)
            self.wait_for_share([first, self.servers[1]])

        def ends():
            self.assertEqual(self.servers[1].stop(), 0)
            self.assertEqual(len(self.led(first)), 41)

        day = self.day_with(first, (300, dies), (500, comes_back), (700, freezes), (900, ends), (1100, comes_back))
        self.assertTrue(first.ctl("journal", "verify", *self.journals.place)["sound"])
        self.assertEqual(first.ctl("digest", *self.journals.place), first.ctl("digest"))
        self.assert_same_as_embedded(day)


if __name__ == "__main__":
    unittest.main()
