#!/usr/bin/env python3
"""W3C trace context through the product: what a caller brings stands beside the records that his commands cause, whichever
instance decides them, and on the public events; and spans go to a collector.

Usage: trace_test.py BINARIES"""

import http.server
import os
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import engines  # pylint: disable=wrong-import-position
from published_events import installed, published, records_of  # pylint: disable=wrong-import-position
from server import Ended, Journals, Server, wait_until  # pylint: disable=wrong-import-position

BINARIES = sys.argv.pop(1)
TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT, STATE = f"00-{TRACE_ID}-{SPAN_ID}-01", "vendor=x"
BESIDE = {"traceparent": PARENT, "tracestate": STATE}
RETAILERS = "60"


def traced_day(server, parent=PARENT, state=STATE):
    subprocess.run([os.path.join(BINARIES, "sanyuanctl"), "--server", server.grpc, "--json", "demo", "day", "--retailers",
                    RETAILERS], env={**os.environ, "TRACEPARENT": parent, "TRACESTATE": state}, check=True, timeout=600,
                   stdout=subprocess.DEVNULL)


class Collector(http.server.ThreadingHTTPServer):
    """Keeps what is sent to it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):  # pylint: disable=invalid-name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                self.server.bodies.append(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):  # pylint: disable=arguments-differ
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.bodies = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def end(self):
        self.shutdown()
        self.server_close()


class TraceTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sanyuan-trace-")
        self.addCleanup(self.folder.cleanup)

    def data(self, name):
        return os.path.join(self.folder.name, name)

    def records(self, server, journals):
        """By context and partition. Each record's kind: what it is, for a decision whether a command caused it."""
        found = {}
        for one in server.ctl("status")["partitions"]:
            place = one["context"], one["partition"]
            found[place] = list(records_of(BINARIES, journals.place, *place))
        return found

    def test_two_instances_carry_a_callers_trace_into_records_and_events(self):
        if not installed():
            self.skipTest("the readers of public events are not installed (deploy/packages.sh events)")
        with engines.kafka() as kafka, engines.redis() as redis:
            journals = Journals(BINARIES, self.data("none"), kafka.bootstrap, ["--publish-events", "--partitions", "2"])
            master_key = self.data("master-key")
            with open(os.open(master_key, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.write(os.urandom(32))
            servers = []
            for name in ("a", "b"):
                servers.append(Server(BINARIES, self.data(name), *journals.serve, "--redis", redis.address, "--redis-user",
                                      redis.user, "--redis-password-file", redis.password_file, "--master-key", master_key))
                self.addCleanup(servers[-1].__exit__)

            def led(server):
                return {(one["context"], one["partition"]) for one in server.ctl("status")["partitions"] if one["leading"]}

            wait_until("both lead", lambda: all(led(server) for server in servers)
                       and len(led(servers[0]) | led(servers[1])) == 11)
            by_second = led(servers[1])
            traced_day(servers[0])
            records = self.records(servers[0], journals)
            commands, reactions, forwarded = 0, 0, 0
            for place, of_place in records.items():
                for record in of_place:
                    headers = record.get("headers", {})
                    self.assertIn(headers, ({}, BESIDE), record)
                    if record["kind"] != "decision":
                        self.assertEqual(headers, {}, record)
                    elif " by " in record["content"].split(" | ")[0]:
                        self.assertEqual(headers, BESIDE, record)
                        commands += 1
                        forwarded += place in by_second
                    else:
                        reactions += headers == BESIDE
            self.assertGreater(commands, 300)
            self.assertGreater(forwarded, 0, "the second instance decided none")
            self.assertGreater(reactions, 0, "no reaction to one record alone")

            place = journals.place
            prefix = place[place.index("--topic-prefix") + 1]
            traces = {}
            for of_place in records.values():
                for record in of_place:
                    for index in range(len(record.get("events", []))):
                        traces[f"{record['journal_id']}-{record['height']}-{index}-{record['digest'][:16]}"] = \
                            record.get("headers", {}).get("traceparent")

            def known(events):
                return [event for event in events if event["id"] in traces]

            # Those of records that were written meanwhile are not looked at.
            wait_until("all is published",
                       lambda: len({event["id"] for event in known(published(kafka.bootstrap, prefix))}) == len(traces))
            for event in known(published(kafka.bootstrap, prefix)):
                self.assertEqual(event["traceparent"], traces[event["id"]], event)

    def test_what_nobody_brought_stands_beside_no_record(self):
        with engines.kafka() as kafka:
            journals = Journals(BINARIES, self.data("data"), kafka.bootstrap, ["--partitions", "2"])
            with Server(BINARIES, self.data("data"), *journals.serve) as server:
                traced_day(server, "00-00000000000000000000000000000000-00f067aa0ba902b7-01")
                for of_place in self.records(server, journals).values():
                    for record in of_place:
                        self.assertNotIn("headers", record)

    def test_a_trace_changes_nothing_that_is_decided(self):
        digests = []
        for name, parent in (("with", PARENT), ("without", "")):
            with Server(BINARIES, self.data(name), "--partitions", "2") as server:
                traced_day(server, parent)
                digests.append(server.ctl("digest"))
        self.assertEqual(*digests)

    def test_spans_of_calls_go_to_a_collector_when_that_is_switched_on(self):
        collector = Collector()
        self.addCleanup(collector.end)
        flags = ["--partitions", "2", "--otlp-endpoint", collector.url()]
        try:
            server = Server(BINARIES, self.data("data"), *flags)
        except Ended as ended:
            self.assertEqual(ended.code, 2)
            self.assertIn("opentelemetry-cpp-dev", str(ended))
            self.skipTest("this build has no OpenTelemetry SDK, and says so (deploy/packages.sh otlp)")
        with server:
            traced_day(server)
            self.assertEqual(server.stop(), 0)
        spans = b"".join(collector.bodies)
        # A call's span is in the caller's trace and behind his span.
        for part in (bytes.fromhex(TRACE_ID), bytes.fromhex(SPAN_ID), b"sanyuan.order_intake.v1.OrderService/SubmitOrder",
                     b"rpc.grpc.status_code", b"service.name", b"waiting", b"deciding", b"landing", b"answering",
                     b"sanyuan.context"):
            self.assertIn(part, spans)

    def test_an_endpoint_that_is_no_url_ends_the_start(self):
        with self.assertRaises(Ended) as ended:
            Server(BINARIES, self.data("data"), "--otlp-endpoint", "127.0.0.1:4318")
        self.assertEqual(ended.exception.code, 2)
        self.assertIn("--otlp-endpoint", str(ended.exception))


if __name__ == "__main__":
    unittest.main()
