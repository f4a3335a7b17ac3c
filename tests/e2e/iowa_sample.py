"""The made-up sales of Iowa's format, as a data set of their own; and what an import of them must come to."""

import csv
import gzip
import os
import shutil

SAMPLE = os.path.join(os.path.dirname(__file__), "..", "support", "data", "iowa-monopoly-orders")
LONG_INVOICE = 677


def make(folder, days=3):
    """Writes the data set into `folder`: the sample, and behind it days with an invoice of 677 lines and a store
    with 24 invoices. Gives the folder for SANYUAN_DATASETS."""
    target = os.path.join(folder, "iowa-monopoly-orders")
    os.makedirs(target)
    for name in ("stores.csv", "products.csv", "store_county_derived.csv"):
        shutil.copy(os.path.join(SAMPLE, name), target)
    with open(os.path.join(SAMPLE, "sales_2022_h1.csv"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(target, "products.csv"), "a", encoding="utf-8") as products:
        for i in range(LONG_INVOICE):
            products.write(f"{600000 + i},GIN,GIN {i},9,EXAMPLE DISTILLERY,750,12,1,0,80,2001-01-01,,,1,12,1.5,2022-11-01\n")
    number = 700100
    for day in range(days):
        date = f"2022-01-{10 + day:02}"
        number += 1
        text += "".join(f"INV-{number}{i + 1:05},{date},9002,{600000 + i},{1 + i % 13},{1.5 * (1 + i % 13)}\n"
                        for i in range(LONG_INVOICE))
        for store in (9003, 9005):
            for _ in range(24):
                number += 1
                text += f"INV-{number}00001,{date},{store},20002,{1 + number % 7},{6 * (1 + number % 7)}\n"
                text += f"INV-{number}00002,{date},{store},40004,12,90\n"
    with gzip.open(os.path.join(target, "sales_2022_h1.csv.gz"), "wt", encoding="utf-8") as file:
        file.write(text)
    return folder


def expected(datasets, first="", last="9999"):
    """The figures that an import must give, counted here by other means."""
    folder = os.path.join(datasets, "iowa-monopoly-orders")
    with open(os.path.join(folder, "store_county_derived.csv"), encoding="utf-8") as file:
        known = {row["Store"] for row in csv.DictReader(file) if row["county_fips"]}
    lines, bottles, invoices = [0, 0], [0, 0], [set(), set()]
    with gzip.open(os.path.join(folder, "sales_2022_h1.csv.gz"), "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if not first <= row["Date"] <= last:
                continue
            refused = row["Store Number"] not in known
            lines[refused] += 1
            bottles[refused] += int(row["Bottles Sold"])
            invoices[refused].add(row["Invoice/Item Number"][:-5])
    return {"lines": sum(lines), "invoices": len(invoices[0] | invoices[1]), "bottles": sum(bottles),
            "lines_accepted": lines[0], "lines_refused": lines[1],
            "invoices_accepted": len(invoices[0]), "invoices_refused": len(invoices[1]),
            "bottles_accepted": bottles[0], "bottles_refused": bottles[1],
            "refused_by_reason": {"COUNTY_UNKNOWN": lines[1]} if lines[1] else {},
            "bottles_allocated": bottles[0]}
