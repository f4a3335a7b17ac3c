#!/usr/bin/env python3
"""Every allocated line of the day, computed again from its explanation record alone and by other means than ours.

Each line by its definition, carton after carton; then each SKU's sharing as a whole by the reference program.
Usage: allocated_lines_test.py BINARIES [--retailers N]"""

import argparse
import base64
import collections
import json
import os
import subprocess
import sys
import tempfile
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import alloc_ref  # noqa: E402
from server import Server  # noqa: E402

FULL, FILLED, NOTHING = "LINE_RULE_FULL", "LINE_RULE_WATER_FILLING", "LINE_RULE_NO_SUPPLY"


class Incomplete(Exception):
    """The record alone does not say what its line got."""


def wanted(record):
    """What the shop can use of the SKU: what it holds and asks for, up to its ration."""
    held, asked = int(record["held_cartons"]), int(record["shop_requested_cartons"])
    cap = record.get("cap_cartons")
    return held + asked if cap is None else min(held + asked, max(int(cap), held))


def share(record):
    """Cartons of the shop after the sharing: those that come before the first carton that was not handed out."""
    level, held = record["level"], int(record["held_cartons"])
    if level["rule"] == FULL:
        return wanted(record)
    if level["rule"] == NOTHING:
        return held
    end = (Fraction(int(level["level_numerator"]), int(level["level_denominator"])),
           base64.b64decode(level["cut_off_key"]))
    key = base64.b64decode(record["tie_key"])
    cartons = 0
    for x in range(wanted(record)):
        first = level["min_one"] and x == 0
        priority = Fraction(0) if first else Fraction(2 * x + level["divisor"], int(record["weight"]))
        if priority == end[0] and not key:
            raise Incomplete(f"a carton stands at the level, and the record names no key: {record}")
        if (priority, key) >= end:
            break
        cartons += 1
    return max(held, cartons)


def line_cartons(record):
    new = share(record) - int(record["held_cartons"]) - int(record["shop_before_cartons"])
    return min(max(new, 0), int(record["requested_cartons"]))


def check_sharing(run, sku, shops):
    """All shops of one SKU in one run, against the reference's rule over the whole."""
    records = list(shops.values())
    level = records[0]["level"]
    assert all(record["level"] == level for record in records), (run, sku)
    if any(int(record["held_cartons"]) for record in records):
        return 0  # A compensating run counts from what everybody holds; the reference knows no such start.
    order = sorted(range(len(records)), key=lambda i: base64.b64decode(records[i]["tie_key"]))
    key = [0] * len(records)
    for place, i in enumerate(order):
        key[i] = place
    expected = alloc_ref.waterfill(int(level["supply_cartons"]), [wanted(r) for r in records],
                                   [int(r["weight"]) for r in records], key, level["divisor"], level["min_one"])
    assert expected == [share(r) for r in records], (run, sku)
    return 1


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("binaries")
    arguments.add_argument("--retailers", default="2200")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="sanyuan-lines-") as folder:
        with Server(options.binaries, os.path.join(folder, "day")) as server:
            figures = server.ctl("demo", "day", "--retailers", options.retailers)
            printed = subprocess.run([os.path.join(options.binaries, "allocated_lines"), server.grpc], check=True,
                                     capture_output=True, text=True, timeout=300)
    lines, by_rule, cut, tied, offered = 0, collections.Counter(), 0, 0, 0
    sharings = collections.defaultdict(dict)
    for text in printed.stdout.splitlines():
        entry = json.loads(text)
        line, record = entry["line"], entry["line"]["explanation"]
        cartons = int(line["offered_cartons"])
        if line_cartons(record) != cartons:
            raise SystemExit(f"{entry['order_id']} line {line['line_number']}: {cartons} cartons were offered, its "
                             f"record gives {line_cartons(record)}: {record}")
        assert 0 <= cartons <= int(line["requested_cartons"])
        lines += 1
        by_rule[record["level"]["rule"]] += 1
        cut += cartons < int(line["requested_cartons"])
        tied += bool(record["tie_key"])
        offered += cartons
        sharings[record["run_id"], line["sku"]][entry["licence"]] = record
    compared = sum(check_sharing(run, sku, shops) for (run, sku), shops in sharings.items())
    # The control: a record of which one number was changed no longer gives its line.
    contradicted = 0
    for text in printed.stdout.splitlines():
        line = json.loads(text)["line"]
        record = line["explanation"]
        if record["level"]["rule"] != FILLED or not int(line["offered_cartons"]):
            continue
        record["level"]["level_numerator"] = 0
        try:
            contradicted += line_cartons(record) != int(line["offered_cartons"])
        except Incomplete:
            contradicted += 1
    print(f"{lines} allocated lines ({offered} cartons) computed again from their records: "
          + ", ".join(f"{rule} {count}" for rule, count in sorted(by_rule.items()))
          + f"; {cut} cut, {tied} decided by the lottery's key; {compared} sharings equal the reference's")
    if not (by_rule[FILLED] and by_rule[FULL] and cut and tied and compared and contradicted):
        raise SystemExit(f"this showed too little ({contradicted} contradicted)")
    assert offered >= figures["cartons_allocated"], figures


if __name__ == "__main__":
    main()
