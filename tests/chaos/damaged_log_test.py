#!/usr/bin/env python3
"""What is assumed not to happen, on a real broker with two instances of the server under load: a log that loses its end
while the broker is down, a journal deleted and made anew, a flipped bit where it lies. Whoever can show the damage
halts that partition and says so, nothing is acknowledged in it any more, and nothing else is touched.

Usage: damaged_log_test.py BINARIES"""

import ctypes
import os
import random
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "support")]
from cluster import Cluster, wait_until  # noqa: E402
from faults import KINDS  # noqa: E402
from workload import Workload  # noqa: E402

BINARIES = sys.argv.pop(1)
RUSH = "amendments"
ANSWERS = 300  # In the rush, before the damage.
# As the rule says it (common/partition/rule.cc), by where the bit is; the last of a head that was read before.
FLIPPED = "digest does not match|unknown frame|without its magic|gone or changed"


def librdkafka():
    """Major and minor version of the one that servers here use."""
    version = ctypes.CDLL("librdkafka.so.1").rd_kafka_version()
    return version >> 24, version >> 16 & 0xFF


class DamagedLogTest(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster(BINARIES, small=True))
        self.cluster.wait_ready()
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="sanyuan-damaged-"))
        self.workload = Workload(BINARIES, self.cluster.addresses(), os.path.join(folder, "ledger"), "--retailers", 60,
                                 "--patience", 600)
        self.addCleanup(self.workload.close)
        while self.workload.next()["stage"] != RUSH:
            self.workload.go_on()
        before = len(self.workload.answers())
        wait_until("the rush is on", lambda: len(self.workload.answers()) > before + ANSWERS)
        # The journal of the county's orders.
        orders = [one for one in self.server().ctl("status")["partitions"] if one["context"] == "order_intake"]
        busy = max(orders, key=lambda one: one["height"])
        self.place, self.journal = ("order_intake", busy["partition"]), busy["journal_id"]

    def server(self):
        return self.cluster.instances["all-a"].server

    def strike(self, kind, **settings):
        """The damage, in the journal of orders; gives when it was complete."""
        fault = KINDS[kind]()
        fault.place = self.place
        for name, value in settings.items():
            setattr(fault, name, value)
        fault.strike(self.cluster, random.Random(1))
        return fault, time.monotonic()

    def acknowledged_after(self, moment):
        """Answers in the damaged journal."""
        with open(self.workload.ledger, encoding="ascii") as file:
            lines = [line.split() for line in file if line.startswith("acknowledged ")]
        return [words for words in lines if words[2] == self.journal and int(words[4]) / 1000 > moment]

    def halted(self):
        """Places that every instance has found damaged, with the reasons."""
        by_instance = self.cluster.halted()
        if len(by_instance) < len(self.cluster.instances):
            return {}
        found = [{(one["context"], one["partition"]): one["why"] for one in halted} for halted in by_instance.values()]
        return {place: why for place, why in found[0].items() if all(place in other for other in found)}

    def assert_halted(self, places, why):
        """All instances halt at these places, for such a reason, and all else is led and ready."""
        wait_until(f"{places} halt", lambda: set(places) <= set(self.halted()))
        halted_at, halted = time.monotonic(), self.halted()
        self.assertEqual(set(halted), set(places))
        for reason in halted.values():
            self.assertRegex(reason, why)
        self.cluster.wait_ready(halted_is_ready=True)
        self.assertEqual(self.acknowledged_after(halted_at), [])

    def test_an_end_that_all_brokers_lost(self):
        _, struck = self.strike("log_cut")
        # The last: whoever wrote ahead goes on where the end was.
        self.assert_halted([self.place], "gone or changed|not the one|ends before|height .* after")
        self.assertEqual(self.acknowledged_after(struck), [], "who writes looks before it answers")

    @unittest.skipIf(librdkafka() == (2, 8), "librdkafka 2.8 overflows its stack when a topic is deleted under a producer "
                     "(https://github.com/confluentinc/librdkafka/issues/5093)")
    def test_a_journal_that_was_made_anew(self):
        self.strike("journal_recreated")
        self.assert_halted([("order_intake", partition) for partition in range(8)],
                           "gone or changed|not the one|ends before|empty")

    def release(self):
        """As an operator does who has no copy: what lies behind the damage is dropped, and that stands in the journal."""
        context, partition = self.place
        self.server().ctl("journal", "release", "--context", context, "--partition", str(partition), "--why", "a bad disk")
        self.cluster.wait_ready()

    def test_a_bit_that_flipped_in_the_newest_record(self):
        self.strike("byte_flipped", last=True)
        self.assert_halted([self.place], FLIPPED)
        self.release()

    def test_a_bit_that_flipped_in_an_old_record(self):
        self.strike("byte_flipped", last=False)
        self.assert_halted([self.place], FLIPPED)
        self.release()


if __name__ == "__main__":
    unittest.main()
