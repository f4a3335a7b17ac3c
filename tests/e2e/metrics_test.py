#!/usr/bin/env python3
"""What servers that run expose at /metrics is what METRICS.md says: every name and type, both ways.

Usage: metrics_test.py BINARIES"""

import http.server
import os
import re
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import engines  # pylint: disable=wrong-import-position
from server import Ended, Journals, Server, wait_until  # pylint: disable=wrong-import-position

BINARIES = sys.argv.pop(1)
HERE = os.path.dirname(os.path.realpath(__file__))
DOCUMENT = os.path.join(HERE, "..", "..", "services", "sanyuan", "METRICS.md")
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \|([^|]*)\| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
TYPE = re.compile(r"^# TYPE (\w+) (\w+)$", re.MULTILINE)
SAMPLE = re.compile(r"^(\w+?)(?:_bucket|_sum|_count)?\{([^}]*)\}", re.MULTILINE)
OTLP = "with `--otlp-endpoint`"


def documented():
    """Type, labels and condition of each metric of the table."""
    with open(DOCUMENT, encoding="utf-8") as file:
        rows = ROW.findall(file.read())
    return {name: (kind, set(filter(None, labels.strip().split(", "))), where) for name, kind, labels, where in rows}


def labels_of(page, name):
    """All that stand at samples of one metric, without those that histograms add."""
    found = set()
    for sample, labels in SAMPLE.findall(page):
        if sample == name:
            found |= set(re.findall(r'(\w+)="', labels)) - {"le"}
    return found


class Taker(http.server.BaseHTTPRequestHandler):
    """A collector that takes everything."""

    def do_POST(self):  # pylint: disable=invalid-name
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class MetricsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sanyuan-metrics-")
        self.addCleanup(self.folder.cleanup)
        self.table = documented()

    def names(self, *conditions):
        return {name for name, (_, _, where) in self.table.items() if where in conditions}

    def check(self, page):
        """Names that are exposed. Their types and labels are as the table has them."""
        types = dict(TYPE.findall(page))
        self.assertLessEqual(set(types), set(self.table), "not in METRICS.md")
        for name, kind in types.items():
            self.assertEqual(kind, self.table[name][0], name)
            self.assertEqual(labels_of(page, name), self.table[name][1], name)
        return set(types)

    def await_names(self, server, wanted):
        """A page with at least these."""
        wait_until(f"all of {sorted(wanted)}", lambda: wanted <= self.check(server.get("/metrics")[1]))
        return server.get("/metrics")[1]

    def test_the_table_is_whole(self):
        with open(DOCUMENT, encoding="utf-8") as file:
            rows = [line for line in file if line.startswith("| `")]
        self.assertEqual(len(self.table), len(rows), "a row that can't be read, or two of one name")
        conditions = {where for _, _, where in self.table.values()}
        self.assertEqual(conditions, {"always", "with calls", "with feeds", "on Kafka", "with `--publish-events`", OTLP})

    def test_on_the_embedded_engine(self):
        with Server(BINARIES, os.path.join(self.folder.name, "data"), "--partitions", "2") as server:
            page = self.await_names(server, self.names("always"))
            self.assertEqual(self.check(page) - self.names("always", "with calls"), set())
            server.ctl("demo", "day", "--retailers", "60")
            page = self.await_names(server, self.names("always", "with calls", "with feeds"))
            self.assertEqual(self.check(page), self.names("always", "with calls", "with feeds"))
            self.check_counts(page)

    def check_counts(self, page):
        """What a day that went well must come to."""
        def value(sample):
            found = re.search(rf"^{re.escape(sample)} (\S+)$", page, re.MULTILINE)
            self.assertIsNotNone(found, sample)
            return float(found.group(1))

        accepted = value('sanyuan_commands_total{context="order_intake",outcome="accepted"}')
        refused = value('sanyuan_commands_total{context="order_intake",outcome="refused"}')
        self.assertGreater(accepted, 40)
        for stage in ("waiting", "deciding", "landing", "answering"):
            of_stage = f'{{context="order_intake",stage="{stage}"'
            # Repeated requests are answered without being decided again.
            self.assertLessEqual(value(f"sanyuan_command_stage_seconds_count{of_stage}}}"), accepted + refused)
            self.assertGreater(value(f"sanyuan_command_stage_seconds_count{of_stage}}}"), 40)
            self.assertGreater(value(f"sanyuan_command_stage_seconds_sum{of_stage}}}"), 0)
        self.assertEqual(value('sanyuan_take_overs_total{context="order_intake"}'), 2, "one for each partition")
        self.assertEqual(value("sanyuan_calls_in_progress"), 0)
        self.assertEqual(value('sanyuan_commands_total{context="order_intake",outcome="internal"}'), 0)

    def test_on_kafka_with_public_events(self):
        collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker)
        self.addCleanup(collector.server_close)
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        self.addCleanup(collector.shutdown)
        with engines.kafka() as kafka:
            data = os.path.join(self.folder.name, "data")
            journals = Journals(BINARIES, data, kafka.bootstrap, ["--publish-events", "--partitions", "2"])
            everything = set(self.table)
            try:
                server = Server(BINARIES, data, *journals.serve, "--otlp-endpoint",
                                f"http://127.0.0.1:{collector.server_port}")
            except Ended as ended:
                # A build without the SDK says so; what it exposes is all the rest.
                self.assertEqual(ended.code, 2)
                self.assertIn("built without the OpenTelemetry C++ SDK", str(ended))
                everything -= self.names(OTLP)
                server = Server(BINARIES, data, *journals.serve)
            with server:
                server.ctl("demo", "day", "--retailers", "60", timeout=600)
                self.assertEqual(self.check(self.await_names(server, everything)), everything)


if __name__ == "__main__":
    unittest.main()
