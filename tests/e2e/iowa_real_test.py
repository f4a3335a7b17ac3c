#!/usr/bin/env python3
"""The State of Iowa's own sales, played on a real server: some days, or with SANYUAN_FULL=1 the half-year. With --kafka
once more with the journals on a broker and the views in Redis: the same sums, and the same business digest.

Needs SANYUAN_DATASETS, the folder that holds iowa-monopoly-orders. Usage: iowa_real_test.py BINARIES [--kafka]"""

import contextlib
import os
import re
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import engines  # pylint: disable=wrong-import-position
import iowa_sample  # pylint: disable=wrong-import-position
from server import Journals, Server, redis_flags  # pylint: disable=wrong-import-position

SKIPPED = 77
HALF_YEAR = {"lines": 1207946, "invoices": 50834, "bottles": 14302478, "lines_refused": 1858, "invoices_refused": 86,
             "bottles_refused": 14655}


def peak_memory(server):
    with open(f"/proc/{server.process.pid}/status", encoding="utf-8") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) // 1024


def journal_bytes(data):
    with contextlib.closing(sqlite3.connect(f"file:{os.path.join(data, 'journal.db')}?mode=ro", uri=True)) as journal:
        return journal.execute("SELECT sum(length(record)) FROM journal").fetchone()[0]


def check(what, holds):
    if not holds:
        raise SystemExit(f"failed: {what}")


def play(binaries, arguments, expected, data, journals, *flags):
    """Imports twice and proves the journal; gives the digest."""
    with Server(binaries, data, *journals.serve, *flags) as server:
        figures = server.ctl("import", "iowa-sales", *arguments, timeout=3600)
        print(f"{figures['invoices_accepted']} orders in {figures['seconds']:.1f} s, "
              f"peak memory of the server {peak_memory(server)} MiB")
        for key, value in expected.items():
            check(f"{key} is {figures[key]}, wanted {value}", figures[key] == value)
        live = server.ctl("digest", timeout=600)
        again = server.ctl("import", "iowa-sales", *arguments, timeout=3600)
        check("a second import sends nothing", again["orders_sent"] == 0)
        for key, value in expected.items():
            check(f"again: {key} is {again[key]}, wanted {value}", again[key] == value)
        check("a second import leaves the digest", server.ctl("digest", timeout=600) == live)
        server.ctl("journal", "verify", *journals.place, timeout=3600)
        begun = time.monotonic()
        check("live digest = replay", server.ctl("digest", *journals.place, timeout=3600) == live)
        print(f"again in {again['seconds']:.1f} s, replay in {time.monotonic() - begun:.1f} s", end="")
        embedded = os.path.exists(os.path.join(data, "journal.db"))
        print(f", {journal_bytes(data) // figures['invoices_accepted']} bytes of journal an order" if embedded else "")
        check("it ends in order", server.stop() == 0)
    return live


def main():
    binaries = sys.argv[1]
    datasets = os.environ.get("SANYUAN_DATASETS", "")
    if not os.path.isdir(os.path.join(datasets, "iowa-monopoly-orders")):
        print("skipped: SANYUAN_DATASETS names no folder with iowa-monopoly-orders")
        sys.exit(SKIPPED)
    full = os.environ.get("SANYUAN_FULL") == "1"
    days = [] if full else ["--to", "2022-01-06"]
    expected = iowa_sample.expected(datasets, last="9999" if full else days[1])
    if full:
        check("the data set is the one that is known", all(expected[k] == v for k, v in HALF_YEAR.items()))
    arguments = ["--datasets", datasets, *days]
    with tempfile.TemporaryDirectory(prefix="sanyuan-iowa-") as folder:
        data = os.path.join(folder, "embedded")
        digest = play(binaries, arguments, expected, data, Journals(binaries, data))
        if "--kafka" in sys.argv[2:]:
            print("with the journals on a broker and the views in Redis:")
            data = os.path.join(folder, "kafka")
            with engines.kafka() as kafka, engines.redis() as redis:
                journals = Journals(binaries, data, kafka.bootstrap)
                same = digest == play(binaries, arguments, expected, data, journals, *redis_flags(redis))
            check("the digest is that of the embedded engine", same)


if __name__ == "__main__":
    main()
