#!/usr/bin/env python3
"""As controls_test.py, on three brokers: what writers ask of Kafka.

Usage: replica_controls_test.py BINARIES"""

import os
import signal
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "support")]
from cluster import wait_until  # noqa: E402
from controlled import ControlledTest, main  # noqa: E402

BINARIES = sys.argv.pop(1)
ALONE = 5  # Records that only the leader has; some senders of the workload may wait elsewhere.


class ReplicaControlsTest(ControlledTest):
    binaries = BINARIES

    def begin_without(self, safeguard, *flags, **cluster):
        super().begin_without(safeguard, *flags, brokers=3, broker_settings={
            "broker.session.timeout.ms": 3000, "broker.heartbeat.interval.ms": 500}, **cluster)
        self.topic = self.cluster.topic(self.place[0])

    def partition(self, without=()):
        """As brokers know it that live."""
        found = self.cluster.topics(self.topic, without=without)
        return found[self.topic][self.place[1]] if found else None

    # --- a leader that dies with records that nobody else has ----------------------------------------------------

    def raise_format(self):
        """A decision of every partition, as soon as it can be made."""
        command = [os.path.join(self.binaries, "sanyuanctl"), "--server", self.server().grpc, "format", "raise", "--to", "2",
                   "--why", "all instances read it"]
        while subprocess.run(command, check=False, capture_output=True).returncode and not self.over.wait(0.1):
            pass

    def dies_alone(self, safeguard):
        self.begin_without(safeguard)
        self.over = threading.Event()
        writer, leader = self.leader(), self.partition().leader
        others = [broker for broker in self.cluster.brokers if broker != leader]
        for broker in others:
            self.cluster.signal_broker(broker, signal.SIGSTOP)
        try:
            self.assertGreater(self.in_flight(writer, ALONE), 0)
            self.cluster.signal_broker(leader, signal.SIGKILL)
            raising = threading.Thread(target=self.raise_format)
            raising.start()
            self.addCleanup(raising.join)
            self.addCleanup(self.over.set)
        finally:
            for broker in others:
                self.cluster.signal_broker(broker, signal.SIGCONT)
        wait_until("another broker leads", lambda: (found := self.partition(without=[leader])) and
                   found.leader in others)
        self.cluster.start_broker(leader)

    def test_acks_of_all_in_sync(self):
        self.dies_alone(None)
        self.assertTrue(self.audit()["clean"])

    def test_control_with_acks_of_the_leader_alone(self):
        self.dies_alone("acks_of_all_in_sync")
        self.assert_halts("height .* after")


if __name__ == "__main__":
    main()
