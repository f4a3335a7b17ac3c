"""What tests of controls begin with: the build of the server in which a safeguard can be switched off, in a small cluster."""

import shutil
import signal
import sys
import unittest

from cluster import wait_until
from rush import RushTest

PARTITIONS = 2  # What is shown takes one; and fewer are sooner there.
IN_FLIGHT = 20  # Of the 32 that the workload sends at once.


class ControlledTest(RushTest):
    def begin_without(self, safeguard, *flags, **cluster):
        self.begin(*flags, programs={"all": "sanyuan_controls"},
                   environment={"all": {"SANYUAN_TEST_WITHOUT": safeguard}} if safeguard else {}, partitions=PARTITIONS,
                   **cluster)

    def leader(self):
        return wait_until("somebody leads the orders", lambda: next(
            (one for one in self.cluster.instances.values() if self.place in one.led()), None))

    def in_flight(self, instance, enough=IN_FLIGHT):
        """Decisions of orders that are under way, when they are enough or no more come because brokers take no records."""
        def metric(name):
            return instance.metric(f"sanyuan_partition_{name}").get(self.place, 0)

        wait_until("decisions are under way", lambda: metric("in_flight") >= enough or metric("waiting"))
        return metric("in_flight")

    def freeze_broker(self, instance, least):
        """The only one, so that at least so many decisions of the instance are under way."""
        [broker] = self.cluster.brokers
        while True:
            self.cluster.signal_broker(broker, signal.SIGSTOP)
            if self.in_flight(instance) >= least:
                return
            self.cluster.signal_broker(broker, signal.SIGCONT)
            self.wait_for_answers()

    def kill_all(self):
        """Without their snapshots, so that they read from the beginning again."""
        for name in self.cluster.instances:
            self.cluster.kill(name)
            shutil.rmtree(self.cluster.at("services", name, "snapshots"), ignore_errors=True)

    def audit(self):
        """Of the whole day, when nothing of it has halted."""
        self.end_the_day()
        self.cluster.wait_ready()
        return self.workload.audit(self.cluster.journals.place)

    def why_halted(self):
        """What each instance says of the orders, that has found them damaged."""
        return {name: one["why"] for name, halted in self.cluster.halted().items() for one in halted
                if (one["context"], one["partition"]) == self.place}

    def assert_halts(self, why):
        """Every instance halts at the orders, for such a reason."""
        for reason in wait_until("the orders halt", lambda: (found := self.why_halted()) and
                                 len(found) == len(self.cluster.instances) and found).values():
            self.assertRegex(reason, why)


def main():
    """Exits with 77 when it could do nothing, because the engines are not installed."""
    result = unittest.main(exit=False).result
    sys.exit(77 if result.wasSuccessful() and result.skipped else not result.wasSuccessful())
