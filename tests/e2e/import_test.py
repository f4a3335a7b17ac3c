#!/usr/bin/env python3
"""CSV files into a server and out of it. Usage: import_test.py BINARIES DATA

Every kind of thing has a sample file that goes in whole and one with errors, each of which must be reported at its
line and column."""

import csv
import json
import os
import subprocess
import sys
import tempfile
import unittest

from server import Server

DATA = sys.argv.pop(2)
BINARIES = sys.argv.pop(1)
SAMPLES = os.path.join(DATA, "samples")
MORNING = "2019-07-20T10:00:00+08:00"

# What must be in force or registered before the next one, in this order.
GOOD = {
    "counties": (os.path.join(DATA, "counties.csv"), 87),
    "price-classes": (os.path.join(DATA, "price-classes.csv"), 5),
    "skus": (os.path.join(DATA, "skus.csv"), 58),
    "calendar": (os.path.join(DATA, "calendar.csv"), 34),
    "organisation": (os.path.join(SAMPLES, "organisation.csv"), 9),
    "staff": (os.path.join(SAMPLES, "staff.csv"), 6),
    "routes": (os.path.join(SAMPLES, "routes.csv"), 2),
    "retailers": (os.path.join(SAMPLES, "retailers.csv"), 3),
}
# Of each file with errors: rows that go in, and every (line, field, reason).
BAD = {
    "counties": (1, [(3, "county_code", "INVALID_FIELD"), (4, "county_zh", "INVALID_FIELD"),
                     (5, "", "ALREADY_EXISTS"), (6, "county_code", "INVALID_FIELD")]),
    "price-classes": (1, [(3, "from_allocation_cny", "INVALID_FIELD"), (4, "below_allocation_cny", "INVALID_FIELD")]),
    "skus": (1, [(3, "class_code", "PRICE_CLASS_UNKNOWN"), (4, "wholesale_cny_per_carton", "INVALID_FIELD"),
                 (5, "wholesale_cny_per_carton", "INVALID_FIELD"), (6, "valid_from", "INVALID_FIELD"),
                 (7, "sku_code", "SKU_FORMAT"), (8, "", "ALREADY_EXISTS")]),
    "calendar": (0, [(2, "", "CSV_GROUP_INCOMPLETE"), (3, "kind", "INVALID_FIELD"), (4, "date", "INVALID_FIELD"),
                     (5, "revision", "INVALID_FIELD")]),
    "organisation": (1, [(3, "parent_id", "ORG_UNKNOWN"), (4, "level", "INVALID_FIELD"), (5, "", "CSV_QUOTING"),
                         (6, "name", "INVALID_FIELD"), (7, "county_code", "COUNTY_UNKNOWN"),
                         (8, "county_code", "INVALID_FIELD"), (9, "valid_to", "INVALID_FIELD")]),
    "staff": (1, [(3, "unit_id", "ORG_UNKNOWN"), (4, "role", "INVALID_FIELD"), (5, "role", "INVALID_FIELD"),
                  (6, "active", "INVALID_FIELD"), (7, "valid_from", "INVALID_FIELD"),
                  (8, "commitment_signed_at", "INVALID_FIELD"), (9, "", "ALREADY_EXISTS"), (10, "", "CSV_CELLS")]),
    "routes": (1, [(3, "market_type", "INVALID_FIELD"), (4, "depot_unit_id", "ORG_UNKNOWN"),
                   (5, "depot_unit_id", "UNIT_LEVEL"), (6, "cycle_weeks", "INVALID_FIELD"),
                   (7, "departure_time", "INVALID_FIELD"), (8, "crew_staff_ids", "ROLE_WRONG"),
                   (8, "crew_staff_ids", "STAFF_UNKNOWN"), (9, "first_order_day", "INVALID_FIELD")]),
    "retailers": (2, [(3, "licence", "LICENCE_FORMAT"), (4, "route_id", "ROUTE_UNKNOWN"),
                      (5, "am_staff_id", "STAFF_UNKNOWN"), (6, "status", "INVALID_FIELD"),
                      (7, "valid_from", "INVALID_FIELD"), (8, "latitude", "INVALID_FIELD"),
                      (9, "stop_number", "INVALID_FIELD"), (10, "grade", "INVALID_FIELD"),
                      (11, "licence", "INVALID_FIELD"), (12, "", "ALREADY_EXISTS"), (13, "", "CSV_QUOTING"),
                      (14, "", "CSV_CELLS")]),
}


class ImportTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sanyuan-e2e-")
        self.data = os.path.join(self.folder.name, "data")
        self.server = Server(BINARIES, self.data, "--partitions", "2").__enter__()

    def tearDown(self):
        self.server.__exit__()
        self.folder.cleanup()

    def load(self):
        self.server.ctl("clock", "--set", MORNING)
        self.server.ctl("import", "start-policies", "--label", "2019", "--from", "2019-06-01")
        for kind, (path, _) in GOOD.items():
            self.server.ctl("import", kind, path)

    def digest(self):
        done = subprocess.run([os.path.join(BINARIES, "sanyuanctl"), "--server", self.server.grpc, "digest"],
                              capture_output=True, text=True, timeout=120, check=True)
        return done.stdout

    def write(self, content):
        path = os.path.join(self.folder.name, "file.csv")
        with open(path, "wb") as file:
            file.write(content)
        return path

    def test_good_rows_go_in_and_imported_again_change_nothing_also_after_eight_days(self):
        self.server.ctl("clock", "--set", MORNING)
        for _ in range(2):
            self.server.ctl("import", "start-policies", "--label", "2019", "--from", "2019-06-01")
        for kind, (path, rows) in GOOD.items():
            report = self.server.ctl("import", kind, path)
            self.assertEqual((kind, report["registered"], report["refused"], report["unsent"]), (kind, rows, [], 0))
        before = self.digest()
        self.assertIn("620121", before)
        for later in (None, "2019-07-28T11:00:00+08:00"):
            if later:
                self.server.ctl("clock", "--set", later)
            for kind, (path, rows) in GOOD.items():
                report = self.server.ctl("import", kind, path)
                self.assertEqual((kind, report["registered"], report["unchanged"]), (kind, 0, rows))
            self.assertEqual(self.digest(), before)

    def test_every_error_is_reported_at_its_line_and_the_good_rows_beside_it_go_in(self):
        self.load()
        for kind, (registered, errors) in BAD.items():
            path = os.path.join(SAMPLES, f"{kind}-with-errors.csv")
            report = self.server.ctl("import", kind, path, code=1)
            found = sorted({(one["line"], one["field"], one["reason"]) for one in report["refused"]})
            self.assertEqual((kind, found), (kind, sorted(errors)))
            self.assertEqual((kind, report["registered"]), (kind, registered))
            self.assertEqual(report["rows"], registered + report["refused_rows"])
            for one in report["refused"]:
                self.assertTrue(one["zh"] and one["en"], one)
                self.assertEqual(one["file"], path)

    def test_other_personal_data_of_a_known_person_is_refused(self):
        self.load()
        path = GOOD["retailers"][0]
        with open(path, encoding="utf-8") as file:
            content = file.read()
        for old, new, where in (("张丽", "张莉", "profile.authorised_receivers"), ("481516", "481517", "profile.pin_hash"),
                                ("13893200002", "13893200003", "profile.phone"), ("永登百货", "百货", "shop_name")):
            report = self.server.ctl("import", "retailers", self.write(content.replace(old, new).encode()), code=1)
            [refused] = report["refused"]
            self.assertEqual(refused["reason"], "ALREADY_EXISTS")
            self.assertIn(where, refused["detail"])
            self.assertEqual(report["unchanged"], 2)
        self.assertEqual(self.server.ctl("import", "retailers", path)["unchanged"], 3)

    def test_files_of_other_encodings_and_headers_are_reported(self):
        self.server.ctl("clock", "--set", MORNING)
        header = "county_code,county_zh,county_en\n"
        gbk = self.write(header.encode() + "620121,永登县,Yongdeng\n".encode("gbk") + b"620122,,Gaolan\n")
        report = self.server.ctl("import", "counties", gbk, code=1)
        self.assertEqual([(one["line"], one["field"], one["reason"]) for one in report["refused"]],
                         [(2, "county_zh", "CSV_ENCODING")])
        self.assertEqual(report["registered"], 1)
        marked = self.write(("\ufeff" + header + "620123,榆中县,Yuzhong\r\n").encode())
        self.assertEqual(self.server.ctl("import", "counties", marked)["registered"], 1)
        for content, reason in ((b"", "CSV_EMPTY"), ((header + "620124,x,y\n").encode("utf-16"), "CSV_COLUMN_MISSING"),
                                (b"county_zh\nx\n", "CSV_COLUMN_MISSING"), (b'county"_code\n1\n', "CSV_QUOTING")):
            report = self.server.ctl("import", "counties", self.write(content), code=2)
            self.assertEqual(report["refused"][0]["reason"], reason)
            self.assertEqual(report["registered"], 0)
        self.server.ctl("import", "counties", os.path.join(self.folder.name, "missing.csv"), code=2)

    def test_who_may_not_is_refused_as_a_whole_and_other_counties_row_by_row(self):
        self.load()
        path = GOOD["retailers"][0]
        refused = self.server.ctl("--role", "INSPECTOR", "import", "retailers", path, code=3)
        self.assertEqual((refused["unsent"], refused["refused"]), (3, []))
        own = self.server.ctl("--role", "COUNTY_MANAGER", "--unit", "620122", "import", "routes", GOOD["routes"][0],
                              code=1)
        self.assertEqual({one["reason"] for one in own["refused"]}, {"UNIT_NOT_ALLOWED"})
        self.assertEqual({one["field"] for one in own["refused"]}, {"county_code"})

    def height(self):
        return sum(p["height"] for p in self.server.ctl("status")["partitions"] if p["context"] == "registry")

    def test_an_import_that_is_interrupted_goes_on_and_one_without_a_server_says_what_was_not_sent(self):
        self.load()
        path = os.path.join(self.folder.name, "many.csv")
        with open(path, "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["county_code", "licence", "valid_from", "route_id", "stop_number", "am_staff_id"])
            for number in range(1000, 3000):
                rows.writerow(["620121", f"6201211{number:05}", "2018-03-01", "R01", number, "AM01"])
        command = [os.path.join(BINARIES, "sanyuanctl"), "--server", self.server.grpc, "--json", "--deadline", "3",
                   "import", "retailers", path]
        before = self.height()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as client:
            # Killed once a batch is in the journal; on a quick machine it may be done by then.
            while self.height() == before and client.poll() is None:
                pass
            client.kill()
        report = self.server.ctl("import", "retailers", path)
        self.assertEqual((report["registered"] + report["unchanged"], report["refused"]), (2000, []))
        self.assertGreaterEqual(report["unchanged"], 200)
        digest = self.digest()
        self.assertEqual(self.server.ctl("import", "retailers", path)["unchanged"], 2000)
        self.assertEqual(self.digest(), digest)
        self.server.kill()
        away = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual(away.returncode, 4)
        self.assertEqual(json.loads(away.stdout)["unsent"], 2000)


class ExportTest(unittest.TestCase):
    def test_a_day_comes_out_as_csv_and_every_line_is_explained(self):
        with tempfile.TemporaryDirectory(prefix="sanyuan-e2e-") as folder, \
                Server(BINARIES, os.path.join(folder, "data"), "--partitions", "1") as server:
            day = server.ctl("demo", "day", "--retailers", "400")
            tables = {}
            for kind in ("orders", "allocations"):
                out = os.path.join(folder, f"{kind}.csv")
                told = server.ctl("export", kind, "--county", "620121", "--out", out)
                with open(out, newline="") as file:
                    tables[kind] = list(csv.DictReader(file))
                self.assertEqual(told["rows"], len(tables[kind]))
                self.assertFalse(os.path.exists(out + ".partial"))
            orders, allocations = tables["orders"], tables["allocations"]
            locked = [row for row in orders if row["state"] != "CANCELLED"]
            self.assertEqual(sum(int(row["requested_cartons"]) for row in locked), day["cartons_requested"])
            # What a failed payment gave back was taken all the same until then.
            self.assertGreaterEqual(sum(int(row["taken_cartons"]) for row in allocations), day["cartons_allocated"])
            self.assertEqual({row["order_id"] for row in locked}, {row["order_id"] for row in allocations})

            row = next(row for row in allocations if int(row["offered_cartons"]) < int(row["requested_cartons"]))
            one = server.ctl("explain", "--order", row["order_id"], "--line", row["line"])["lines"]
            self.assertEqual([str(line["line"]) for line in one], [row["line"]])
            self.assertEqual(one[0]["recomputed_cartons"], one[0]["offered_cartons"])
            self.assertIn("条", one[0]["zh"])
            self.assertIn("cartons", one[0]["en"])
            count = sum(other["order_id"] == row["order_id"] for other in orders)
            self.assertEqual(len(server.ctl("explain", "--order", row["order_id"])["lines"]), count)
            server.ctl("explain", "--order", "620121-none", code=3)
            null = os.path.join(folder, "null")
            os.symlink(os.devnull, null)
            server.ctl("export", "orders", "--county", "620121", "--out", null)
            self.assertTrue(os.path.islink(null), "a device is written to, not replaced")
            server.ctl("export", "orders", "--county", "620121", "--out", os.path.join(folder, "none", "x.csv"), code=2)


if __name__ == "__main__":
    unittest.main()
