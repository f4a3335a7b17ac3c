#!/usr/bin/env python3
"""The feed of clues against a real server that is killed while clues are made: no gap, no duplicate, and nothing for
those whom it does not concern. What happened is told by the journal itself. Usage: feed_test.py BINARIES"""

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from server import Server

BINARIES = sys.argv.pop(1)
CTL = os.path.join(BINARIES, "sanyuanctl")
COUNTY = "620121"
PATIENCE = 120  # Seconds until a condition that should come true is given up.
KILLS_AFTER = (5, 20, 40, 60, 90)  # Events that the subscriber has seen.
MANAGER = ("--as", "CM1", "--role", "COUNTY_MANAGER", "--unit", COUNTY)
INSPECTOR = ("--as", "IN01", "--role", "INSPECTOR", "--unit", COUNTY)  # Of squad S1.
NOTHING = ("--state", "RETURNED_INCOMPLETE")  # A filter that nothing of the day matches.
CLUE_EVENT = re.compile(r"\b(clue_[a-z_]+|case_opened) ?\{")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("a condition did not come true")
        time.sleep(0.005)


def place(event):
    return event["journal_id"], event["height"], event["index"]


class Watch:
    """`sanyuanctl watch clues`, running."""

    def __init__(self, address, *flags, caller=MANAGER, county=COUNTY, token=None):
        command = [CTL, "--server", address, "--json", *caller, "watch", "clues", "--county", county, *flags]
        if token:
            command += ["--token-file", token]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def take(self, count):
        events = []
        while len(events) < count:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"the watch ended: {self.process.stderr.read()}")
            events.append(json.loads(line))
        return events

    def stop(self, how=signal.SIGTERM):
        """Exit code, and what it had printed that nobody has taken yet; a torn last line is left out."""
        self.process.send_signal(how)
        out = self.process.stdout.read()
        return self.process.wait(timeout=60), [json.loads(line) for line in out.splitlines() if line.endswith("}")]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def watched(address, *flags, **options):
    """Exit code and lines of a watch that ends by itself."""
    with Watch(address, *flags, **options) as watch:
        out = watch.process.stdout.read()
        return watch.process.wait(timeout=PATIENCE), [json.loads(line) for line in out.splitlines()]


def events_in(data, partitions):
    """(journal, height, kind) of every event about clues, from the records alone."""
    found = []
    for partition in range(partitions):
        cat = subprocess.run([CTL, "--json", "journal", "cat", "--data", data, "--context", "three_member_interaction",
                              "--partition", str(partition), "--limit", "100000"], capture_output=True, text=True,
                             check=True)
        for line in cat.stdout.splitlines():
            record = json.loads(line)
            found += [(record["height"], kind) for kind in CLUE_EVENT.findall(record["content"])
                      if record["kind"] == "decision"]
    return found


class FeedTest(unittest.TestCase):
    """One day is played for all tests, with its server killed on the way."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="sanyuan-feed-")
        path = cls.folder.name
        cls.data, cls.first_token, cls.last_token, cls.nothing_token = (
            os.path.join(path, name) for name in ("data", "first", "last", "nothing"))
        cls.address = f"127.0.0.1:{free_port()}"
        cls.early = os.path.join(path, "early")
        with cls.serve():
            pass
        server = cls.serve()
        try:
            with Watch(server.grpc, *NOTHING, token=cls.nothing_token):
                until(lambda: os.path.exists(cls.nothing_token))
            with Watch(server.grpc, token=cls.last_token) as watch:
                until(lambda: os.path.exists(cls.last_token))
                shutil.copy(cls.last_token, cls.first_token)
                cls.day = subprocess.Popen([CTL, "--server", server.grpc, "--json", "demo", "day", "--retailers", "200"],
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                cls.seen = []
                for count in KILLS_AFTER:
                    cls.seen += watch.take(count - len(cls.seen))
                    server.kill()
                    server.close()
                    if count == KILLS_AFTER[0]:
                        shutil.copytree(cls.data, cls.early)
                    server = cls.serve()
                out, errors = cls.day.communicate(timeout=300)
                if cls.day.returncode != 0:
                    raise AssertionError(f"the day ended with {cls.day.returncode}: {out} {errors}")
                cls.figures = json.loads(out)
                cls.expected = events_in(cls.data, 8)
                cls.seen += watch.take(len(cls.expected) - len(cls.seen))
                until(lambda: cls.token_height(cls.last_token) >= cls.seen[-1]["height"])
                cls.exit_code, cls.after_the_end = watch.stop()
        finally:
            server.kill()
            server.close()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def serve(cls, data=None, *flags):
        return Server(BINARIES, data or cls.data, *flags, listen=cls.address)

    @classmethod
    def token_height(cls, path):
        """Only a test looks into a token: field 3 of its first place, in protobuf's wire format."""
        with open(path, encoding="ascii") as file:
            token = base64.b64decode(file.read())
        at = token.index(b"\x12\x10") + 2 + 16  # Behind the journal id.
        assert token[at] == 0x18
        height, shift = 0, 0
        for byte in token[at + 1:]:
            height |= (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                return height
        raise AssertionError("a token without an end")

    def copy(self, name, source):
        path = os.path.join(self.folder.name, name)
        shutil.copy(source, path)
        return path

    def test_every_event_comes_once_and_in_order_over_kills_of_the_server(self):
        self.assertGreater(len(self.expected), KILLS_AFTER[-1])
        self.assertEqual([(e["height"], e["change"].lower()) for e in self.seen],
                         [(height, kind.removeprefix("clue_")) for height, kind in self.renamed()])
        self.assertEqual(len({place(e) for e in self.seen}), len(self.seen))
        self.assertEqual(self.after_the_end, [])
        self.assertEqual(self.exit_code, 0)

    def renamed(self):
        """Names of events as the feed's changes are called."""
        other = {"clue_marked_duplicate": "marked_duplicate", "clue_feedback_acknowledged": "acknowledged"}
        return [(height, other.get(kind, kind)) for height, kind in self.expected]

    def test_the_day_itself_finds_its_feed_complete(self):
        self.assertTrue(self.figures["clue_feed_ok"])
        self.assertEqual(self.figures["clue_feed_events"], len(self.expected))

    def test_a_token_gives_what_is_left_and_without_one_it_would_be_lost(self):
        token = self.copy("half", self.first_token)
        half = len(self.seen) // 2
        with self.serve():
            code, begun = watched(self.address, "--count", str(half), token=token)
            self.assertEqual((code, begun), (0, self.seen[:half]))
            code, rest = watched(self.address, "--count", str(len(self.seen) - half), token=token)
            self.assertEqual((code, rest), (0, self.seen[half:]))
            # The control: who comes back without it sees nothing of the rest.
            code, lost = watched(self.address, "--deadline", "3")
            self.assertEqual((code, lost), (0, []))

    def test_a_watch_that_is_killed_repeats_at_most_the_line_that_it_had_not_noted(self):
        token = self.copy("killed", self.first_token)
        lines, kills = [], 0
        with self.serve():
            while len({place(e) for e in lines}) < len(self.seen):
                with Watch(self.address, token=token) as watch:
                    lines += watch.take(min(20, len(self.seen) - len({place(e) for e in lines})))
                    _, more = watch.stop(signal.SIGKILL)
                    lines += more
                    kills += 1
        once = list(dict.fromkeys(place(e) for e in lines))
        self.assertEqual(once, [place(e) for e in self.seen])
        self.assertLessEqual(len(lines) - len(once), kills)

    def refusal(self, *flags, code=3, **options):
        exit_code, lines = watched(self.address, *flags, **options)
        self.assertEqual(exit_code, code, lines)
        return lines[-1]["error"]

    def test_tokens_that_do_not_fit_are_refused_with_the_reason(self):
        garbage = self.copy("garbage", self.first_token)
        with open(garbage, "w", encoding="ascii") as file:
            file.write(base64.b64encode(b"what is this").decode() + "\n")
        no_text = self.copy("no_text", self.first_token)
        with open(no_text, "wb") as file:
            file.write(b"\xff\xfe")
        with self.serve():
            error = self.refusal("--grade", "A", token=self.copy("a", self.last_token))
            self.assertEqual(error["reason"], "TOKEN_INVALID")
            self.assertIn("another filter", error["message"])
            self.assertEqual(self.refusal(token=garbage)["reason"], "TOKEN_INVALID")
            self.refusal(token=no_text, code=2)
        with self.serve(os.path.join(self.folder.name, "fresh")):
            error = self.refusal(token=self.copy("b", self.last_token))
            self.assertEqual(error["reason"], "TOKEN_INVALID")
            self.assertIn("not of the journal", error["message"])

    def test_a_copy_from_before_is_told_by_the_token_that_has_seen_more(self):
        with self.serve(self.early):
            error = self.refusal(token=self.copy("c", self.last_token))
            self.assertEqual(error["reason"], "TOKEN_INVALID")
            self.assertIn("ends at height", error["message"])
            code, lines = watched(self.address, "--count", "5", token=self.copy("d", self.first_token))
            self.assertEqual((code, lines), (0, self.seen[:5]))

    def test_nobody_watches_whom_it_does_not_concern(self):
        with self.serve() as server:
            for caller, county, reason in (
                    (("--as", "620121100001", "--role", "RETAILER", "--unit", COUNTY), COUNTY, "ROLE_NOT_ALLOWED"),
                    (("--as", "IN01", "--role", "INSPECTOR", "--unit", "620122"), COUNTY, "UNIT_NOT_ALLOWED"),
                    (INSPECTOR, "620122", "UNIT_NOT_ALLOWED")):
                self.assertEqual(self.refusal(caller=caller, county=county)["reason"], reason)
            self.assertEqual(self.refusal("--squad", "S2", caller=INSPECTOR)["reason"], "UNIT_NOT_ALLOWED")
            own = [e for e in self.seen if e["squad_id"] in ("", "S1")]
            self.assertLess(len(own), len(self.seen))
            code, lines = watched(self.address, "--count", str(len(own)), caller=INSPECTOR,
                                  token=self.copy("own", self.first_token))
            self.assertEqual((code, lines), (0, own))
            until(lambda: self.subscribers(server) == 0)

    def subscribers(self, server):
        [line] = [line for line in server.get("/metrics")[1].splitlines()
                  if line.startswith("sanyuan_feed_subscribers{")]
        return float(line.split()[-1])

    def read(self, server):
        return sum(float(line.split()[-1]) for line in server.get("/metrics")[1].splitlines()
                   if line.startswith("sanyuan_feed_records_read{"))

    def test_a_heartbeat_saves_the_next_watch_from_reading_everything_again(self):
        self.assertFalse(any(e["state"] == "RETURNED_INCOMPLETE" for e in self.seen))
        end = self.token_height(self.last_token)
        token = self.copy("beats", self.nothing_token)
        begun = self.token_height(token)
        self.assertLess(begun, end)
        with self.serve(None, "--heartbeat", "0.2") as server:
            with Watch(self.address, *NOTHING, token=token):
                until(lambda: self.token_height(token) >= end)
            self.assertGreaterEqual(self.read(server), end - begun)
        with self.serve(None, "--heartbeat", "0.2") as server:
            before = os.stat(token).st_mtime_ns
            with Watch(self.address, *NOTHING, token=token):
                until(lambda: os.stat(token).st_mtime_ns != before)
            self.assertLessEqual(self.read(server), 10)

    def test_a_watch_outlives_an_orderly_restart(self):
        token = self.copy("restart", self.last_token)
        server = self.serve()
        with Watch(self.address, token=token) as watch:
            until(lambda: server.get("/metrics")[1].count("sanyuan_feed_subscribers{") and self.subscribers(server) == 1)
            self.assertEqual(server.stop(), 0)
            server.close()
            server = self.serve()
            until(lambda: server.get("/metrics")[1].count("sanyuan_feed_subscribers{") and self.subscribers(server) == 1)
            self.assertEqual(watch.stop(), (0, []))
        server.kill()
        server.close()


if __name__ == "__main__":
    unittest.main()
