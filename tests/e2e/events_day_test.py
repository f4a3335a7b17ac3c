#!/usr/bin/env python3
"""The day's public events, read by a client and by libraries that nobody here wrote, account for everything that was
accepted: each event once and in order when repeated ids are dropped, also when the server is killed again and again. A
control resumes one record too far, and the account must find the gap. The AsyncAPI document is what is published.

Usage: events_day_test.py BINARIES"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import engines  # pylint: disable=wrong-import-position
from published_events import DOCUMENT, accepted, differences, installed, node, published, records_of  # pylint: disable=wrong-import-position
from server import Ended, Journals, Server, play_day  # pylint: disable=wrong-import-position

BINARIES = sys.argv.pop(1)
RETAILERS = "200"
# Each partition is read by itself, so there are few.
PUBLISHING = ["--publish-events", "--partitions", "2"]
SKIPPED = 77
# Copies of what belongs to no county (or to one of another partition), and the reference journal's own.
WITHOUT_COUNTY = re.compile(r"sanyuan\.(registry\.v1\.(Policy|Calendar|County|ReferenceUnit|PriceClass|Sku)\w+"
                            r"|\w+\.v1\.(\w*Policy|Sku|Skus|Calendar|County)Noted)")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Day:
    """A day on a server that publishes, and is killed at some of its records."""

    def __init__(self, case, kafka, restart_as="sanyuan"):
        self.case, self.kafka, self.restart_as = case, kafka, restart_as
        self.folder = tempfile.TemporaryDirectory(prefix="sanyuan-events-day-")
        case.addCleanup(self.folder.cleanup)
        self.journals = Journals(BINARIES, self.folder.name, kafka.bootstrap, PUBLISHING)
        self.listen = f"127.0.0.1:{free_port()}"
        self.server = None
        case.addCleanup(self.end)

    def start(self, program="sanyuan"):
        self.server = Server(BINARIES, self.folder.name, *self.journals.serve, listen=self.listen, program=program)

    def end(self):
        if self.server is None:
            return
        if self.server.process.poll() is None:
            self.server.kill()
        self.server.close()
        self.server = None

    def play(self, kills=()):
        """The server dies when its journals hold so many records, of about 1,500, and is started again."""
        self.start()

        def dies():
            self.end()
            self.start(self.restart_as)

        play_day(BINARIES, self.listen, RETAILERS, lambda: self.server.height(), [(records, dies) for records in kills])
        self.await_published()

    def metric(self, name):
        """Values of a gauge by context and partition."""
        status, page = self.server.get("/metrics")
        self.case.assertEqual(status, 200)
        found = re.findall(rf'^{name}{{context="([^"]+)",partition="(\d+)"}} (\S+)$', page, re.MULTILINE)
        return {(context, int(partition)): float(value) for context, partition, value in found}

    def await_published(self):
        """Until every record that is accepted was published; the day is over, so no more are coming."""
        while True:
            self.case.assertNotIn(1.0, self.metric("sanyuan_events_blocked").values())
            lags = self.metric("sanyuan_events_lag_records")
            heights = self.metric("sanyuan_journal_height")
            if heights == self.metric("sanyuan_events_published_height") and not any(lags.values()):
                return

    def accepted(self):
        """What was accepted, by topic and partition."""
        return accepted(BINARIES, self.journals.place,
                        [(one["context"], one["partition"]) for one in self.server.ctl("status")["partitions"]])


class EventsDayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = cls.enterClassContext(engines.kafka())

    def account(self, day):
        """Every accepted event was published, once and in order when repeated ids are dropped. Gives all that came."""
        place = day.journals.place
        events = published(self.kafka.bootstrap, place[place.index("--topic-prefix") + 1])
        self.assertEqual(differences(day.accepted(), events), [])
        return events

    def test_every_event_is_published_once_and_is_what_the_document_says(self):
        day = Day(self, self.kafka)
        day.play()
        events = self.account(day)
        self.assertGreater(len(events), 3000)
        self.assertEqual(len({event["id"] for event in events}), len(events), "nothing failed, so nothing is repeated")
        self.assertGreater(len({event["type"] for event in events}), 80)
        for event in events:
            if event["key"] is None:
                self.assertRegex(event["type"], WITHOUT_COUNTY)
                self.assertIsNone(event["subject"])
            else:
                self.assertEqual(event["key"], "620121", event)
                self.assertTrue(event["subject"].startswith("620121"), event)
        # The journal holds what was left out.
        self.assertTrue(any("s1." in record["content"] for partition in (0, 1)
                            for record in records_of(BINARIES, day.journals.place, "registry", partition)))
        # A restart in order repeats nothing.
        self.assertEqual(day.server.stop(), 0)
        day.end()
        day.start()
        day.await_published()
        self.assertEqual(len(self.account(day)), len(events))

    def test_kills_leave_no_gap(self):
        day = Day(self, self.kafka)
        day.play([300, 600, 900, 1200])
        events = self.account(day)
        print(f"{len(events)} events came, {len(events) - len({event['id'] for event in events})} of them repeated")

    def test_control_resuming_one_record_too_far_is_found(self):
        day = Day(self, self.kafka, restart_as="sanyuan_resume_too_far")
        day.play([600])
        with self.assertRaisesRegex(AssertionError, "not published"):
            self.account(day)

    def test_topics_are_made_and_checked(self):
        folder = tempfile.TemporaryDirectory(prefix="sanyuan-events-topics-")
        self.addCleanup(folder.cleanup)
        journals = Journals(BINARIES, folder.name, self.kafka.bootstrap, ["--partitions", "2"])
        with self.assertRaisesRegex(Ended, r"sanyuan\.registry\.reference\.events: topic is missing"):
            Server(BINARIES, folder.name, *journals.serve, "--publish-events")
        with self.assertRaisesRegex(Ended, "--publish-events requires --kafka") as failed:
            Server(BINARIES, folder.name, "--publish-events")
        self.assertEqual(failed.exception.code, 2)
        topics = [os.path.join(BINARIES, "sanyuanctl"), "--json", "topics"]
        made = json.loads(subprocess.run([*topics, "apply", *journals.serve, "--publish-events"], capture_output=True,
                                         text=True, check=True).stdout)["made"]
        self.assertIn("sanyuan.order_intake.events", made)
        self.assertEqual(len(made), len([name for name in made if name.endswith(".events")]))
        checked = subprocess.run([*topics, "check", *journals.serve, "--publish-events"], capture_output=True, text=True,
                                 check=True)
        self.assertEqual(json.loads(checked.stdout)["mismatches"], [])


class DocumentTest(unittest.TestCase):
    def test_the_public_parser_accepts_it(self):
        said = node("validate.js", DOCUMENT)
        self.assertRegex(said, r"6 channels, \d+ messages")

    def test_the_parser_finds_what_is_wrong(self):
        with open(DOCUMENT, encoding="utf-8") as file:
            text = file.read()
        for right, wrong in (("    action: send", "    action: shout"), ("syntax = \"proto3\";", "syntax = \"proto3"),
                             ("#/components/messages/sanyuan.order_intake.v1.OrderSubmitted",
                              "#/components/messages/Nothing")):
            with self.subTest(wrong), tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
                self.assertIn(right, text)
                file.write(text.replace(right, wrong, 1))
                file.flush()
                node("validate.js", file.name, code=1)


if __name__ == "__main__":
    if not installed():
        print("skipped: the tools are not installed; deploy/packages.sh events installs them")
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    unittest.main()
