#!/usr/bin/env python3
"""That what chaos tests look for would be found: each is done once as the product is, and once with a safeguard off, by a
build of the server in which safeguards can be switched off. Then something must be wrong.

Usage: controls_test.py BINARIES"""

import json
import os
import signal
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "support")]
import views  # noqa: E402
from cluster import wait_until  # noqa: E402
from controlled import ControlledTest, main  # noqa: E402
from fault import Fault  # noqa: E402
from gate import Gate  # noqa: E402

BINARIES = sys.argv.pop(1)
KILLS = 8  # Each leaves some commands that were written and not answered.
UNWRITTEN = 5  # Decisions; the first are on their way when the broker freezes.
UNSEEN = 20  # Answers while the feeds are cut off.
TRIES = 5  # Of a moment that can be missed.
PATIENCE = 20  # Seconds, for what may come or not.


class ControlsTest(ControlledTest):
    binaries = BINARIES

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
        self.freeze_broker(leader, UNWRITTEN)
        try:
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
        self.kill_all()
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

    # --- a record that was replaced while nobody looked ----------------------------------------------------------

    def record_replaced_unseen(self, safeguard):
        self.begin_without(safeguard)
        self.kill_all()
        self.strike("record_replaced")
        for name in self.cluster.instances:
            self.cluster.start(name)

    def test_a_record_names_the_one_before_it(self):
        self.record_replaced_unseen(None)
        self.assert_halts("the chain does not continue")

    def test_control_with_prev_unchecked(self):
        self.record_replaced_unseen("check_prev")
        self.wait_for_answers()
        self.assertEqual(self.cluster.halted(), {})
        audit = self.audit()
        self.assertRegex(" ".join(audit["damage"]), "the chain does not continue")
        self.assertGreater(audit["missing"], 0)

    # --- a former leader whose records come late -----------------------------------------------------------------

    def wakes_up_late(self):
        """Gives who has taken over."""
        [broker] = self.cluster.brokers
        leader = self.leader()
        [other] = [one for one in self.cluster.instances.values() if one is not leader]
        self.cluster.kill(other.name)
        self.wait_for_answers()
        self.freeze_broker(leader, UNWRITTEN)
        try:
            # The other decides little, so that the late records are not behind it.
            self.workload.process.send_signal(signal.SIGSTOP)
            self.cluster.signal(leader.name, signal.SIGSTOP)
        finally:
            self.cluster.signal_broker(broker, signal.SIGCONT)
        self.cluster.start(other.name)
        wait_until("the other leads", lambda: self.place in other.led())
        self.cluster.signal(leader.name, signal.SIGCONT)
        return other

    def writes_late(self, safeguard):
        """One request is on its way when the leader freezes, and lands in time; what is not in it comes late. Returns when
        late records were read."""
        self.begin_without(safeguard)
        for _ in range(TRIES):
            other = self.wakes_up_late()
            late = Fault.within(PATIENCE, lambda one=other: self.why_halted() or one.metric(
                "sanyuan_journal_skipped_records").get((*self.place, "late"), 0))
            self.workload.process.send_signal(signal.SIGCONT)
            if late:
                return
            self.wait_for_answers()
        self.fail("nothing came late")

    def test_terms(self):
        self.writes_late(None)
        self.assertTrue(self.audit()["clean"])

    def test_control_with_terms_ignored(self):
        self.writes_late("check_term")
        self.assert_halts("the chain does not continue|height .* after")

    # --- an old dump of Redis that comes back --------------------------------------------------------------------

    def old_dump_comes_back(self, safeguard):
        """What is read otherwise in the end than the journals say. Orders don't change any more when they were paid."""
        self.begin_without(safeguard)
        self.go_on_to("payments")
        fault, _ = self.strike("redis_old_dump")
        self.go_on_to("deliveries")
        fault.mend()
        self.end_the_day()
        self.cluster.wait_ready()
        return views.differences(self.cluster)

    def test_exact_positions_of_views(self):
        self.assertEqual(self.old_dump_comes_back(None), [])

    def test_control_with_redis_as_truth(self):
        self.assertNotEqual(self.old_dump_comes_back("exact_view_position"), [])


class FeedControlsTest(ControlledTest):
    """Feeds that are cut off for a while."""

    binaries = BINARIES

    def setUp(self):
        self.gate = self.enterContext(Gate())

    def open(self):
        self.gate.toward(int(self.server().grpc.rsplit(":", 1)[1]))

    def feed_is_cut_off(self, *flags):
        """What is wrong with the feeds in the end."""
        self.begin_without(None, "--feed", f"127.0.0.1:{self.gate.port}", *flags)
        self.go_on_to("clues")
        self.gate.cut()
        self.workload.go_on()
        self.wait_for_answers(UNSEEN)
        self.gate.open()
        return self.end_the_day()["feed_wrong"]

    def test_tokens_of_the_server(self):
        self.assertEqual(self.feed_is_cut_off(), "")

    def test_control_with_positions_counted_by_the_client(self):
        self.assertRegex(self.feed_is_cut_off("--count-feeds"), "is not in the feed|the feed shows")


if __name__ == "__main__":
    main()
