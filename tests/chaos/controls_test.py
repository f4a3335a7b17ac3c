#!/usr/bin/env python3
"""That what chaos tests look for would be found: each is done once as the product is, and once with a safeguard off, by a
build of the server in which safeguards can be switched off. Then something must be wrong.

Usage: controls_test.py BINARIES"""

import json
import os
import shutil
import signal
import sys
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "support")]
from cluster import wait_until  # noqa: E402
from rush import RushTest  # noqa: E402

BINARIES = sys.argv.pop(1)
KILLS = 8  # Each leaves some commands that were written and not answered.
IN_FLIGHT = 20


class ControlsTest(RushTest):
    binaries = BINARIES

    def begin_without(self, safeguard):
        self.begin(programs={"all": "sanyuan_controls"},
                   environment={"all": {"SANYUAN_TEST_WITHOUT": safeguard}} if safeguard else {})

    def leader(self):
        return wait_until("somebody leads the orders", lambda: next(
            (one for one in self.cluster.instances.values() if self.place in one.led()), None))

    def audit(self):
        self.end_the_day()
        self.cluster.wait_ready()
        return self.workload.audit(self.cluster.journals.place)

    # --- a leader that dies with commands that are written and not answered --------------------------------------

    def dies_again_and_again(self, safeguard):
        self.begin_without(safeguard)
        for _ in range(KILLS):
            leader = self.leader()
            self.cluster.kill(leader.name)
            self.cluster.start(leader.name)
            self.wait_for_answers()
        return self.audit()

    def test_request_ids(self):
        self.assertTrue(self.dies_again_and_again(None)["clean"])

    def test_control_without_request_ids_in_the_fold(self):
        self.assertGreater(self.dies_again_and_again("fold_request_ids")["twice"], 0)

    # --- a leader that dies with commands that are not written ---------------------------------------------------

    def dies_before_they_land(self, safeguard):
        self.begin_without(safeguard)
        [broker] = self.cluster.brokers
        leader = self.leader()
        self.cluster.signal_broker(broker, signal.SIGSTOP)
        try:
            # The workload waits for its answers: so many are under way, answered or not.
            wait_until("decisions are under way", lambda: leader.metric("sanyuan_partition_in_flight").get(
                self.place, 0) >= IN_FLIGHT)
            self.cluster.kill(leader.name)
        finally:
            self.cluster.signal_broker(broker, signal.SIGCONT)
        self.cluster.start(leader.name)
        return self.audit()

    def test_answers_after_reading_back(self):
        self.assertTrue(self.dies_before_they_land(None)["clean"])

    def test_control_without_reading_back_before_the_answer(self):
        self.assertGreater(self.dies_before_they_land("answer_after_read_back")["missing"], 0)

    # --- a log that has lost its end while nobody looked ---------------------------------------------------------

    def loses_its_end_unseen(self, safeguard):
        self.begin_without(safeguard)
        # Everything in it was taken up by those that read it.
        journal = ("registry", self.place[1])
        for name in self.cluster.instances:
            self.cluster.kill(name)
            shutil.rmtree(self.cluster.at("services", name, "snapshots"), ignore_errors=True)
        self.strike("log_cut", place=journal)
        for name in self.cluster.instances:
            self.cluster.launch(name)
        for _ in range(3):
            self.wait_for_answers()  # Orders are decided, long after their inputs were looked at.

    def halted_inputs(self):
        found = set()
        for instance in self.cluster.instances.values():
            status, body = instance.get("/readyz")
            self.assertIsNotNone(status, body)
            found |= {(one["context"], one["input"]) for one in json.loads(body).get("halted_inputs", [])}
        return found

    def test_places_are_read_again(self):
        self.loses_its_end_unseen(None)
        wait_until("the input halts", lambda: ("order_intake", "registry.journal") in self.halted_inputs())

    def test_control_without_reading_stored_places_again(self):
        self.loses_its_end_unseen("verify_stored_places")
        self.assertEqual(self.halted_inputs(), set())


if __name__ == "__main__":
    unittest.main()
