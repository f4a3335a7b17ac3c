#!/usr/bin/env python3
"""Random damages to journal.db: each is found by `journal verify`, with its place.

Usage: damage_test.py BINARIES [--damages N] [--seed N]"""

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
from server import Server  # noqa: E402

RETAILERS = "50"


class Journal:
    """One partition's journal in a copy of the database."""

    def __init__(self, database, topic, partition):
        self.database = database
        self.where = f"topic = '{topic}' AND partition = {partition}"
        self.context = topic.removesuffix(".journal")
        self.topic, self.partition = topic, partition
        [[self.end]] = database.execute(f"SELECT max(offset) + 1 FROM journal WHERE {self.where}")

    def get(self, offset):
        [[record]] = self.database.execute(f"SELECT record FROM journal WHERE {self.where} AND offset = ?", (offset,))
        return record

    def put(self, offset, record):
        self.database.execute(f"UPDATE journal SET record = ? WHERE {self.where} AND offset = ?", (record, offset))

    def remove(self, offset):
        self.database.execute(f"DELETE FROM journal WHERE {self.where} AND offset = ?", (offset,))

    def shift(self, first, by):
        """Moves the records from `first` on, through negative offsets, which keeps the key unique."""
        self.database.execute(f"UPDATE journal SET offset = -offset - 1 WHERE {self.where} AND offset >= ?", (first,))
        self.database.execute(f"UPDATE journal SET offset = -offset - 1 + ? WHERE {self.where} AND offset < 0", (by,))

    def insert(self, offset, record):
        self.database.execute("INSERT INTO journal (topic, partition, offset, record) VALUES (?, ?, ?, ?)",
                              (self.topic, self.partition, offset, record))


# Each damages the journal and gives the first offset that is no longer what it was.
def flip(journal, source):
    offset = source.randrange(journal.end)
    record = bytearray(journal.get(offset))
    record[source.randrange(len(record))] ^= 1 << source.randrange(8)
    journal.put(offset, bytes(record))
    return offset


def flip_last(journal, source):
    record = bytearray(journal.get(journal.end - 1))
    record[source.randrange(len(record))] ^= 1 << source.randrange(8)
    journal.put(journal.end - 1, bytes(record))
    return journal.end - 1


def remove_leaving_a_hole(journal, source):
    offset = source.randrange(journal.end - 1)
    journal.remove(offset)
    return offset


def remove_closing_the_gap(journal, source):
    offset = source.randrange(journal.end - 1)
    journal.remove(offset)
    journal.shift(offset + 1, -1)
    return offset


def swap(journal, source):
    first, second = sorted(source.sample(range(journal.end), 2))
    one, other = journal.get(first), journal.get(second)
    journal.put(first, other)
    journal.put(second, one)
    return first


def copy_over(journal, source):
    offset, other = source.sample(range(journal.end), 2)
    journal.put(offset, journal.get(other))
    return offset


def insert_copy(journal, source):
    offset = source.randrange(1, journal.end)
    record = journal.get(source.randrange(journal.end))
    journal.shift(offset, 1)
    journal.insert(offset, record)
    return offset


def cut_end(journal, source):
    offset = source.randrange(1, journal.end)
    for gone in range(offset, journal.end):
        journal.remove(gone)
    return offset


KINDS = [flip, flip, flip_last, remove_leaving_a_hole, remove_closing_the_gap, swap, copy_over, insert_copy, cut_end]


def verify(binaries, data, checkpoint):
    done = subprocess.run([os.path.join(binaries, "sanyuanctl"), "--json", "journal", "verify", "--data", data,
                           *(["--checkpoint", checkpoint] if checkpoint else [])],
                          capture_output=True, text=True, timeout=120)
    return done.returncode, json.loads(done.stdout) if done.stdout.strip() else {}, done.stderr


def make_day(binaries, data, seed):
    with Server(binaries, data, "--partitions", "1") as server:
        server.ctl("demo", "day", "--retailers", RETAILERS, "--seed", str(seed))
        server.stop()


def whole_files(binaries, folder, day, checkpoint):
    """Another directory's file, and an older whole copy: nothing in them is damaged, and yet they are found."""
    other = os.path.join(folder, "other")
    make_day(binaries, other, 8)
    victim = os.path.join(folder, "whole")
    shutil.copytree(day, victim)
    shutil.copy(os.path.join(other, "journal.db"), os.path.join(victim, "journal.db"))
    code, answer, errors = verify(binaries, victim, checkpoint)
    assert code == 1, ("another directory's journal", code, answer, errors)
    # Another journal from its first record on, each of them.
    assert all(p["damage"]["offset"] == 0 for p in answer["partitions"]), answer

    old = os.path.join(folder, "old")
    with Server(binaries, old, "--partitions", "1") as server:
        server.ctl("clock", "--set", "2019-07-20T10:00:00+08:00")
        copy = os.path.join(folder, "old-copy")
        server.stop()
        shutil.copytree(old, copy)
    with Server(binaries, old, "--partitions", "1") as server:
        server.ctl("demo", "day", "--retailers", RETAILERS)
        heads = os.path.join(folder, "old-heads.json")
        server.ctl("journal", "checkpoint", "--out", heads)
        server.stop()
    lengths = {p["context"]: p["height"] + 1 for p in verify(binaries, copy, None)[1]["partitions"]}
    code, answer, errors = verify(binaries, copy, heads)
    assert code == 1, ("an older whole copy", code, answer, errors)
    # Sound as far as it goes; each ends where the checkpoint has seen more.
    places = {p["context"]: p["damage"]["offset"] for p in answer["partitions"] if "damage" in p}
    assert places == lengths, (places, lengths)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("binaries")
    arguments.add_argument("--damages", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    source = random.Random(options.seed)
    found = {}
    with tempfile.TemporaryDirectory(prefix="sanyuan-damage-") as folder:
        day, victim = os.path.join(folder, "day"), os.path.join(folder, "victim")
        make_day(options.binaries, day, 7)
        checkpoint = os.path.join(folder, "heads.json")
        subprocess.run([os.path.join(options.binaries, "sanyuanctl"), "journal", "checkpoint", "--data", day, "--out",
                        checkpoint], check=True, capture_output=True)
        code, answer, errors = verify(options.binaries, day, checkpoint)
        assert code == 0, ("the undamaged day", code, answer, errors)
        shutil.copytree(day, victim)
        original = os.path.join(day, "journal.db")
        with sqlite3.connect(original) as database:
            journals = [tuple(row) for row in
                        database.execute("SELECT topic, partition FROM journal GROUP BY 1, 2 HAVING count(*) > 2")]
        for number in range(options.damages):
            shutil.copy(original, os.path.join(victim, "journal.db"))
            database = sqlite3.connect(os.path.join(victim, "journal.db"))
            topic, partition = source.choice(journals)
            kind = source.choice(KINDS)
            journal = Journal(database, topic, partition)
            place = kind(journal, source)
            database.commit()
            database.close()
            what = f"damage {number} of seed {options.seed}: {kind.__name__} at {topic}/{partition} offset {place}"
            code, answer, errors = verify(options.binaries, victim, checkpoint)
            if code != 1:
                raise SystemExit(f"{what}: not found, verify gave {code} {errors}")
            places = [(p["context"], p["partition"], p["damage"]["offset"]) for p in answer["partitions"]
                      if "damage" in p]
            # A record put twice is noticed at the copy, or at the record after it.
            if not any(c == journal.context and p == partition and place <= o <= place + 1 for c, p, o in places):
                raise SystemExit(f"{what}: found at {places}")
            found[kind.__name__] = found.get(kind.__name__, 0) + 1
        whole_files(options.binaries, folder, day, checkpoint)
    for kind, count in sorted(found.items()):
        print(f"{kind}: {count} of {count} found")
    print("another directory's file and an older whole copy: found")


if __name__ == "__main__":
    main()
