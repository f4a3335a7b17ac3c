"""A small cluster in the rush of a day, with a ledger of what was sent and answered: what tests of single faults begin
with."""

import os
import random
import tempfile
import time
import unittest

from cluster import Cluster, wait_until
from faults import KINDS
from workload import Workload

RUSH = "amendments"
ANSWERS = 300  # In the rush, before anything is done to it.


class RushTest(unittest.TestCase):
    """Begin it once in each test. Then `place` is the partition of the county's orders, and `journal` its id."""

    binaries = None

    def begin(self, *flags, **cluster):
        """`flags` are further ones of the workload."""
        self.cluster = self.enterContext(Cluster(self.binaries, small=True, **cluster))
        self.cluster.wait_ready()
        self.open()
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="sanyuan-rush-"))
        self.workload = Workload(self.binaries, self.cluster.addresses(), os.path.join(folder, "ledger"), "--retailers", 60,
                                 "--patience", 600, *flags)
        self.addCleanup(self.workload.close)
        while self.workload.next()["stage"] != RUSH:
            self.workload.go_on()
        self.wait_for_answers()
        orders = [one for one in self.server().ctl("status")["partitions"] if one["context"] == "order_intake"]
        busy = max(orders, key=lambda one: one["height"])
        self.place, self.journal = ("order_intake", busy["partition"]), busy["journal_id"]

    def open(self):
        """What else is to be done before the workload begins."""

    def wait_for_answers(self, count=ANSWERS):
        before = len(self.workload.answers())
        wait_until("the workload gets answers", lambda: len(self.workload.answers()) > before + count)

    def go_on_to(self, stage):
        """Returns when it begins; the workload waits there."""
        while True:
            self.workload.go_on()
            said = self.workload.next()
            self.assertIn("stage", said)
            if said["stage"] == stage:
                return

    def end_the_day(self):
        """All that is left of it, undisturbed."""
        while True:
            self.workload.go_on()
            if "stage" not in (said := self.workload.next()):
                return said

    def server(self):
        return self.cluster.instances["all-a"].server

    def strike(self, kind, **settings):
        """A damage, of the journal of orders if no other `place` is given; gives when it was complete."""
        fault = KINDS[kind]()
        fault.place = self.place
        for name, value in settings.items():
            setattr(fault, name, value)
        fault.strike(self.cluster, random.Random(1))
        return fault, time.monotonic()

    def acknowledged_after(self, moment):
        """Answers in the journal of orders."""
        with open(self.workload.ledger, encoding="ascii") as file:
            lines = [line.split() for line in file if line.startswith("acknowledged ")]
        return [words for words in lines if words[2] == self.journal and int(words[4]) / 1000 > moment]
