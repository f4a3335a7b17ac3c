#!/usr/bin/env python3
"""What is assumed not to happen, on a real broker with two instances of the server under load: a log that loses its end
while the broker is down, a journal deleted and made anew, a flipped bit where it lies. Whoever can show the damage
halts that partition and says so, nothing is acknowledged in it any more, and nothing else is touched.

Usage: damaged_log_test.py BINARIES"""

import ctypes
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "support")]
from cluster import wait_until  # noqa: E402
from rush import RushTest  # noqa: E402

BINARIES = sys.argv.pop(1)
# As the rule says it (common/partition/rule.cc), by where the bit is; the last of a head that was read before.
FLIPPED = "digest does not match|unknown frame|without its magic|gone or changed"


def librdkafka():
    """Major and minor version of the one that servers here use."""
    version = ctypes.CDLL("librdkafka.so.1").rd_kafka_version()
    return version >> 24, version >> 16 & 0xFF


class DamagedLogTest(RushTest):
    binaries = BINARIES

    def setUp(self):
        self.begin()

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
        # The last: what was on its way to the old journal lands in the new one.
        self.assert_halted([("order_intake", partition) for partition in range(8)],
                           "gone or changed|not the one|ends before|empty|not begin with a genesis")

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
