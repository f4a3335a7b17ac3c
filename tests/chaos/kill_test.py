#!/usr/bin/env python3
"""kill -9 at many moments of a day: nothing acknowledged is lost or done twice.

Some of the moments are drawn, the others are named: the server is a build that dies by itself between the pages of a
run, after a commit before its answer, in a snapshot, in a take-over and in a paged reaction. The day's client
carries on with the same request ids, so the business state at the end must be that of a day that nobody disturbed.
With --kafka the journals are on a real broker of the test's own.
Usage: kill_test.py BINARIES [--days N] [--drawn N] [--retailers N] [--seed N] [--kafka]"""

import argparse
import collections
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [os.path.join(os.path.dirname(__file__), "..", folder) for folder in ("e2e", "support")]
import engines  # noqa: E402
from server import Ended, Journals, Server  # noqa: E402

PATIENCE = "300"  # Seconds of each call of the client, over all the starts that it takes.
DRAWN = "drawn"
# By crash point: how often it may have been reached since the start of the server. Large enough to hit different
# partitions and phases, small enough to be reached in every day.
NAMED = {"take_over": 60, "snapshot": 30, "before_answer": 150, "between_pages": 2, "paged_reaction": 1}


def moments(source, drawn):
    """The kills of one day, in order: each named one in the phase in which it can happen, twice the commonest."""
    order = ["take_over", "snapshot", "before_answer", "between_pages", "paged_reaction", "before_answer"]
    kills = [f"{name}:{source.randint(1, NAMED[name])}{source.choice(['', ':landed'])}" for name in order]
    for _ in range(drawn):
        kills.insert(source.randint(0, len(kills)), DRAWN)
    return kills


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Day:
    """One day played on a server that is killed again and again."""

    def __init__(self, binaries, data, retailers, brokers):
        self.binaries, self.data, self.retailers = binaries, data, retailers
        self.journals = Journals(binaries, data, brokers)
        self.listen = f"127.0.0.1:{free_port()}"
        self.server = None
        self.hit = collections.Counter()
        self.digests = []  # One line for each context and county.

    def start(self, program="sanyuan", crash_at=None):
        """False when it died at its crash point before it was ready."""
        if self.server:
            self.server.close()
            self.server = None
        environment = {"SANYUAN_TEST_CRASH_AT": crash_at} if crash_at else {}
        try:
            self.server = Server(self.binaries, self.data, *self.journals.serve, listen=self.listen, program=program,
                                 environment=environment)
        except Ended as ended:
            if not crash_at or ended.code != -signal.SIGKILL:
                raise
            return False
        return True

    def play(self, kills, source):
        client = subprocess.Popen([os.path.join(self.binaries, "sanyuanctl"), "--server", self.listen, "--json",
                                   "--deadline", PATIENCE, "demo", "day", "--retailers", self.retailers],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            while kills:
                self.die(kills, client, source)
            self.start()
            out, errors = client.communicate(timeout=600)
            if client.returncode != 0:
                raise SystemExit(f"{self.data}: the day ended with {client.returncode}: {errors}")
            live = self.server.ctl("digest")
            self.digests = live["text"].splitlines()
            if self.server.ctl("digest", *self.journals.place) != live:
                raise SystemExit(f"{self.data}: replay and live state differ")
            return json.loads(out)
        finally:
            if client.poll() is None:
                client.kill()
            if self.server:
                self.server.kill()
                self.server.close()

    def die(self, kills, client, source):
        """The next of the kills. The named one that comes next is waited for while a drawn one is due, too: its phase
        may be over soon."""
        named = next((kill for kill in kills if kill != DRAWN), None)
        drawn = kills[0] == DRAWN
        moment = source.uniform(0.02, 0.3) if drawn else 600
        ready = self.start("sanyuan_crash_points", named) if named else self.start()
        died = not ready or self.ended_within(moment, client, kills)
        if not died:
            self.server.kill()
        elif ready and self.server.process.returncode != -signal.SIGKILL:
            raise SystemExit(f"{self.data}: {named}: ended with {self.server.process.returncode}")
        kills.remove(named if died else DRAWN)
        self.hit[named.split(":")[0] if died else DRAWN] += 1

    def ended_within(self, seconds, client, kills):
        """Whether the server has died by itself. The moment of the kill, not a wait for anything."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                self.server.process.wait(min(left, 0.1))
                return True
            except subprocess.TimeoutExpired:
                if client.poll() is not None:
                    raise SystemExit(f"{self.data}: the day was over before it came to {kills}") from None
        return False


def abandoned_runs(binaries, journals):
    """How many of the kills left an unfinished run in the journal."""
    done = subprocess.run([os.path.join(binaries, "sanyuanctl"), "journal", "cat", *journals.place, "--context",
                           "allocation", "--partition", "3", "--limit", "100000"], capture_output=True, text=True,
                          check=True)
    return done.stdout.count("run_abandoned")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("binaries")
    arguments.add_argument("--days", type=int, default=2)
    arguments.add_argument("--drawn", type=int, default=4, help="kills of each day at drawn moments")
    arguments.add_argument("--retailers", default="2200", help="enough for several pages")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--kafka", action="store_true", help="journals on Kafka, not in the data directory")
    options = arguments.parse_args()
    total = collections.Counter()
    abandoned = 0
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sanyuan-kill-"))
        brokers = stack.enter_context(engines.kafka()).bootstrap if options.kafka else None
        # Played on the embedded engine in either case.
        calm = Day(options.binaries, os.path.join(folder, "undisturbed"), options.retailers, None)
        undisturbed = calm.play([], None)
        for seed in range(options.seed, options.seed + options.days):
            source = random.Random(seed)
            data = os.path.join(folder, f"day-{seed}")
            day = Day(options.binaries, data, options.retailers, brokers)
            figures = day.play(moments(source, options.drawn), source)
            total += day.hit
            abandoned += abandoned_runs(options.binaries, day.journals)
            for figure in ("business_digest", "journal_ok", "balanced", "orders_accepted", "cartons_allocated"):
                if figures[figure] != undisturbed[figure]:
                    raise SystemExit(f"seed {seed}: {figure} is {figures[figure]} after {day.hit}, "
                                     f"{undisturbed[figure]} without; digests that differ: "
                                     f"{sorted(set(day.digests) - set(calm.digests))}")
            print(f"seed {seed}: killed {day.hit.total()} times, the state is that of an undisturbed day", flush=True)
    print(f"{total.total()} kills in {options.days} days: " + ", ".join(f"{n} {c}" for n, c in sorted(total.items())))
    print(f"{abandoned} runs were found unfinished and begun anew")
    if abandoned == 0:
        raise SystemExit("no kill between pages left a page behind: this showed nothing")


if __name__ == "__main__":
    main()
