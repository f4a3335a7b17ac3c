#!/usr/bin/env python3
"""Damage behind the snapshot of a running server: found by the scrub, one partition halts, the others go on.

Then `journal release` brings it back from a backup, nothing is dropped, and every later replay agrees.
Usage: scrub_test.py BINARIES [--seed N]"""

import argparse
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
from damage_test import Journal  # noqa: E402
from server import Server  # noqa: E402

RETAILERS = "60"
DEADLINE_SECONDS = 120


def until(condition, what):
    """The first true answer of `condition`."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
    raise SystemExit(f"{what}: not within {DEADLINE_SECONDS} seconds")


def readiness(server):
    status, body = server.get("/readyz")
    return status, json.loads(body)


def halted(server):
    return [(h["context"], h["partition"], h["offset"]) for h in readiness(server)[1].get("halted", [])]


# Damages at a place, of one or two records.
def flip(journal, offset, source):
    record = bytearray(journal.get(offset))
    record[source.randrange(len(record))] ^= 1 << source.randrange(8)
    journal.put(offset, bytes(record))


def remove(journal, offset, source):
    journal.remove(offset)


def swap(journal, offset, source):
    other = source.randrange(offset + 1, journal.end)
    first, second = journal.get(offset), journal.get(other)
    journal.put(offset, second)
    journal.put(other, first)


def damage_and_release(server, backup, data, topic, kind, source, expected):
    """One damage of a running server, from its finding to its repair."""
    database = sqlite3.connect(os.path.join(data, "journal.db"), timeout=30)
    [[partition]] = database.execute("SELECT partition FROM journal WHERE topic = ? GROUP BY 1 ORDER BY count(*) DESC "
                                     "LIMIT 1", (topic,))
    journal = Journal(database, topic, partition)
    # Behind the snapshot, where nobody but the scrub reads again; a journal without its genesis is lost.
    journal.end -= 3
    place = source.randrange(1, journal.end - 1)
    kind(journal, place, source)
    database.commit()
    database.close()
    what = f"{kind.__name__} at {topic}/{partition} offset {place}"
    found = until(lambda: halted(server), what)
    [(context, where, offset)] = found
    assert (context, where) == (journal.context, partition) and place <= offset <= place + 1, (what, found)
    status, body = readiness(server)
    assert status == 200 and body["ready"], (what, status, body)
    serving = {(p["context"], p["partition"]): "not_serving" not in p for p in server.ctl("status")["partitions"]}
    assert [p for p, serves in serving.items() if not serves] == [(context, partition)], (what, serving)
    now = server.ctl("clock")["now"]
    assert server.ctl("clock", "--set", now)["now"] == now, what

    # A damage of two records is released twice.
    releases = 0
    while halted(server):
        [(context, where, offset)] = halted(server)
        server.ctl("journal", "release", "--context", context, "--partition", str(where), "--backup", backup, "--why",
                   "a bad disk")
        releases += 1
        until(lambda: (context, where, offset) not in halted(server), f"{what}: release of offset {offset}")
    until(lambda: all("not_serving" not in p for p in server.ctl("status")["partitions"]), f"{what}: serving again")
    assert server.ctl("digest") == expected, f"{what}: the release has dropped something"
    assert server.ctl("digest", "--data", data) == expected, f"{what}: the replay differs"
    assert server.ctl("journal", "verify")["sound"], what
    print(f"{what}: found, halted alone, released {releases} times, nothing dropped", flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("binaries")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    source = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="sanyuan-scrub-") as folder:
        data, backup = os.path.join(folder, "data"), os.path.join(folder, "backup")
        with Server(options.binaries, data) as server:
            server.ctl("demo", "day", "--retailers", RETAILERS)
            assert server.stop() == 0
        with Server(options.binaries, data) as server:  # Its take-overs leave snapshots of the day's end.
            expected = server.ctl("digest")
            os.mkdir(backup)
            server.ctl("backup", "--data", data, "--out", backup)
            heads = os.path.join(folder, "heads.json")
            server.ctl("journal", "checkpoint", "--out", heads)
            assert server.stop() == 0
        with Server(options.binaries, data) as server:
            assert server.ctl("digest") == expected
            for topic, kind in (("order_intake.journal", flip), ("delivery_tracking.journal", remove),
                                ("allocation.journal", swap), ("order_intake.journal", flip)):
                damage_and_release(server, backup, data, topic, kind, source, expected)
            # The checkpoint of before is still met, by the server and by whoever has the directory.
            assert server.ctl("journal", "verify", "--checkpoint", heads)["sound"]
            assert server.stop() == 0
        for deleted in ("snapshots", "views.db", "views.db-wal", "views.db-shm"):
            path = os.path.join(data, deleted)
            shutil.rmtree(path) if os.path.isdir(path) else os.path.exists(path) and os.remove(path)
            with Server(options.binaries, data) as server:
                assert server.ctl("digest") == expected, f"after a start without {deleted}"
                assert not halted(server)
                assert server.ctl("journal", "verify", "--data", data, "--checkpoint", heads)["sound"]
                assert server.stop() == 0
    print("later starts and replays agree")


if __name__ == "__main__":
    main()
