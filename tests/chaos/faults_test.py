#!/usr/bin/env python3
"""What the chaos tests break things with does what it says: gates, the questions of the wire, the full disk, the clock
that jumps, and the log that is cut. Without services; one broker.

Usage: faults_test.py BINARIES"""

import errno
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from cluster import engines, kafka_batch, kafka_wire, wait_until
from faults import DAMAGE, KINDS, SOUND
from gate import Gate
from service_faults import SetClock
from topic_faults import cut, replace_value, value_at

BINARIES = sys.argv.pop(1)
FULL_DISK = os.path.abspath(os.path.join(BINARIES, "full_disk.so"))
SKIPPED = 77


class Echo:
    """A server that sends back what it gets."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    @staticmethod
    def serve(connection):
        with connection:
            try:
                while data := connection.recv(1 << 18):
                    connection.sendall(data)
            except OSError:
                pass


class GateTest(unittest.TestCase):
    def setUp(self):
        echo = Echo()
        self.addCleanup(echo.listener.close)
        self.gate = self.enterContext(Gate())
        self.gate.toward(echo.port)
        self.client = self.connect()

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.gate.port))
        self.addCleanup(client.close)
        client.settimeout(60)
        return client

    @staticmethod
    def receive(client, size):
        parts = []
        while size > 0:
            part = client.recv(min(size, 1 << 20))
            if not part:
                raise ConnectionError("it was closed")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def seconds(self, data, client=None):
        """Until all of it is back."""
        client, begin = client or self.client, time.monotonic()
        sender = threading.Thread(target=client.sendall, args=(data,))
        sender.start()
        self.assertEqual(self.receive(client, len(data)), data)
        sender.join()
        return time.monotonic() - begin

    def assert_silent(self, client):
        client.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            client.recv(1)
        client.settimeout(60)

    def test_open_it_passes_all_on_and_fast(self):
        data = os.urandom(1 << 20) * 40
        self.assertLess(self.seconds(data), 4)  # Twice 10 MB a second at least, on a machine that has other work.
        self.assertEqual(self.gate.counts()["handed_on"], 2 * len(data))

    def test_it_ends_one_side_with_the_other(self):
        self.seconds(b"x")
        self.client.close()
        wait_until("both sides are gone", lambda: self.gate.counts()["connections"] == 0, 20)

    def test_nobody_behind_it_is_a_reset(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        self.gate.toward(port)
        with self.assertRaises(ConnectionResetError):
            self.connect().recv(1)

    def test_delay_is_added_each_way_and_keeps_the_order(self):
        self.gate.delay(150)
        self.assertGreaterEqual(self.seconds(b"x"), 0.3)
        self.assertGreaterEqual(self.seconds(os.urandom(4 << 20)), 0.3)
        self.client.sendall(b"waits")
        self.gate.open()  # What waits is sent at once.
        self.assertEqual(self.receive(self.client, 5), b"waits")

    def test_slow_takes_its_time(self):
        self.gate.slow(40_000)
        self.assertGreaterEqual(self.seconds(os.urandom(20_000)), 0.5)

    def test_cut_resets_and_refuses_until_it_is_open_again(self):
        self.seconds(b"x")
        self.gate.cut()
        with self.assertRaises(ConnectionResetError):
            self.client.recv(1)
        with self.assertRaises(ConnectionRefusedError):
            self.connect()
        self.gate.open()
        self.seconds(b"x", self.connect())

    def test_half_open_keeps_connections_and_swallows_what_is_sent(self):
        self.seconds(b"x")
        self.gate.half_open()
        self.client.sendall(b"lost")
        self.assert_silent(self.client)
        late = self.connect()
        late.sendall(b"lost too")
        self.assert_silent(late)
        self.assertEqual(self.gate.counts()["swallowed"], len(b"lostlost too"))
        self.gate.open()  # Nobody may go on with a hole in what was sent.
        for client in (self.client, late):
            with self.assertRaises(ConnectionResetError):
                client.recv(1)
        self.seconds(b"x", self.connect())


class FullDiskTest(unittest.TestCase):
    """The library in a process that writes to three files: on the disk, on another disk, and beside the disks."""

    WRITER = """import errno, os, sys
def outcome(write, file):
    try:
        write(file)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"
writes = [lambda f: os.write(f, b"1"), lambda f: os.pwrite(f, b"1", 0), lambda f: os.writev(f, [b"1"]),
          lambda f: os.pwritev(f, [b"1"], 0), lambda f: os.posix_fallocate(f, 0, 1)]
files = [os.open(path, os.O_RDWR | os.O_CREAT) for path in sys.argv[1:]]
for line in sys.stdin:
    print(*(set(outcome(write, file) for write in writes) for file in files), len(os.pread(files[0], 1, 0)), flush=True)
"""

    def test_only_writing_and_only_there_and_only_while_the_marker_is(self):
        with tempfile.TemporaryDirectory() as disks:
            for name in ("a", "b"):
                os.mkdir(os.path.join(disks, name))
            paths = [os.path.join(disks, name) for name in ("a/file", "b/file", "file")]
            marker = os.path.join(disks, "a.full")
            with subprocess.Popen([sys.executable, "-c", self.WRITER, *paths], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True,
                                  env={**os.environ, "LD_PRELOAD": FULL_DISK, "FULL_DISKS": disks}) as writer:
                def outcomes():
                    writer.stdin.write("\n")
                    writer.stdin.flush()
                    return writer.stdout.readline().strip()

                self.assertEqual(outcomes(), "{'done'} {'done'} {'done'} 1")
                with open(marker, "x", encoding="utf-8"):
                    pass
                self.assertEqual(outcomes(), f"{{'{errno.errorcode[errno.ENOSPC]}'}} {{'done'}} {{'done'}} 1")
                os.unlink(marker)
                self.assertEqual(outcomes(), "{'done'} {'done'} {'done'} 1")


class SetClockTest(unittest.TestCase):
    """A process that for each line says its wall clock, its other clock, and how long a wait took that was to end 0.1 s
    later by the wall clock: a futex, as Abseil waits, and a condition of C11, as librdkafka does."""

    PROCESS = """import ctypes, struct, sys, time
libc, number = ctypes.CDLL(None), {"x86_64": 202}.get(__import__("platform").machine(), 98)
word, mutex, condition = ctypes.c_int(), ctypes.create_string_buffer(64), ctypes.create_string_buffer(64)
libc.mtx_init(mutex, 0), libc.cnd_init(condition), libc.mtx_lock(mutex)
def until():
    at = time.time() + 0.1
    return ctypes.c_char_p(struct.pack("ll", int(at), int(at % 1 * 1e9)))
for line in sys.stdin:
    begin = time.monotonic()
    libc.syscall(ctypes.c_long(number), ctypes.byref(word), ctypes.c_long(0x189), ctypes.c_long(0), until(), None,
                 ctypes.c_long(-1))
    libc.cnd_timedwait(condition, mutex, until())
    print(time.time(), time.monotonic(), time.monotonic() - begin, flush=True)
"""

    def test_the_clock_jumps_while_the_process_runs_and_waits_stay_as_long(self):
        with tempfile.TemporaryDirectory() as folder:
            clock = SetClock(os.path.join(folder, "clock"), os.path.dirname(FULL_DISK))
            environment = {**os.environ, **clock.environment, "LD_PRELOAD": ":".join(clock.libraries)}
            with subprocess.Popen([sys.executable, "-c", self.PROCESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True, env=environment) as process:
                def off():
                    """By how much both of its clocks are off, and how long it waited."""
                    process.stdin.write("\n")
                    process.stdin.flush()
                    self.assertTrue(select.select([process.stdout], [], [], 60)[0], "a wait does not end")
                    wall, other, waited = map(float, process.stdout.readline().split())
                    return round((wall - time.time()) / 3600), round(other - time.monotonic(), -1), waited

                self.assertEqual(off()[:2], (0, 0))
                for hours in (48, -48, 0):
                    # It looks at the file when it is asked for the time.
                    clock.write(f"{hours:+}h")
                    wait_until(f"it is off by {hours} h", lambda: off()[0] == hours, 20)
                    self.assertEqual(off()[1], 0)
                    self.assertGreaterEqual(off()[2], 0.19)


class BrokerTest(unittest.TestCase):
    """One broker behind a gate, with the library of the full disk."""

    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="sanyuan-faults-"))
        data = os.path.join(folder, "kafka")
        cls.gate = cls.enterClassContext(Gate())
        cls.kafka = cls.enterClassContext(engines.kafka(
            flags=["--advertise", str(cls.gate.port)], data=data,
            environment={"ENGINE_PRELOAD": FULL_DISK, "FULL_DISKS": data}))
        cls.gate.toward(int(cls.kafka.behind[0].rsplit(":", 1)[1]))
        cls.port = int(cls.kafka.status()["nodes"][0]["address"].rsplit(":", 1)[1])
        cls.ports = {1: cls.port}

    def segment(self, topic, partition):
        return os.path.join(self.kafka.data, "broker-1", "data", f"{topic}-{partition}", f"{0:020}.log")

    def topic(self, name, **settings):
        kafka_wire.create_topic(self.port, name, 2, 1, settings)
        wait_until(f"{name} is led", lambda: self.partitions(name, 2))
        return name

    def partitions(self, name, count):
        found = kafka_wire.topics(self.port, name).get(name, {})
        return len(found) == count and all(one.leader == 1 for one in found.values())

    def serves(self):
        try:
            return kafka_wire.metadata(self.port)[1] and kafka_wire.controller(self.port) == 1
        except OSError:
            return False

    def test_clients_are_told_the_gate_and_brokers_are_not(self):
        self.assertEqual(self.kafka.bootstrap, f"127.0.0.1:{self.gate.port}")
        self.assertEqual(kafka_wire.metadata(self.gate.port)[1], {1: self.gate.port})
        self.assertEqual(kafka_wire.metadata(self.port)[1], {1: self.port})
        self.gate.cut()
        self.assertTrue(self.kafka.status()["ready"])
        with self.assertRaises(ConnectionRefusedError):
            kafka_wire.metadata(self.gate.port)
        self.gate.open()

    def test_topics_are_made_changed_and_deleted(self):
        name = self.topic("made", **{"min.insync.replicas": 1})
        self.assertEqual(kafka_wire.topics(self.port)[name][0], kafka_wire.Partition(0, 1, [1], [1]))
        with self.assertRaises(kafka_wire.Refused):
            kafka_wire.create_topic(self.port, name, 2, 1)
        kafka_wire.set_topic(self.port, name, "min.insync.replicas", 2)
        wait_until("it is set", lambda: kafka_wire.topic_settings(self.port, name) == {"min.insync.replicas": "2"}, 20)
        kafka_wire.create_partitions(self.port, name, 3)
        wait_until("it has three", lambda: self.partitions(name, 3), 20)
        self.assertEqual(kafka_wire.elect_preferred(self.port, name, range(3)), [])
        kafka_wire.delete_topic(self.port, name)
        wait_until("it is gone", lambda: name not in kafka_wire.topics(self.port), 20)

    def test_who_coordinates(self):
        self.assertEqual(kafka_wire.controller(self.port), 1)

        def coordinator():
            try:
                return kafka_wire.coordinator(self.port, "group")
            except kafka_wire.Refused as refused:  # While Kafka makes its own topic.
                self.assertIn(refused.error, kafka_wire.PASSING)
                return None

        self.assertEqual(wait_until("the group has a coordinator", coordinator), 1)

    def test_a_stranger_writes_and_leaves_a_transaction_open(self):
        name = self.topic("strange")
        self.assertEqual(kafka_wire.produce(self.ports, name, 1, b"a" * 3000, key=b"key"), 0)
        transaction = kafka_wire.Transaction(self.ports, "stranger", name, 1, b"open")
        self.assertEqual(transaction.offset, 1)
        self.assertEqual(kafka_wire.producers(self.port, name, 1), [transaction.producer])
        self.assertEqual(kafka_wire.producers(self.port, name, 0), [])
        self.assertEqual(kafka_wire.produce(self.ports, name, 1, b"b"), 2)
        transaction.abort()
        batches = wait_until("its end is marked", lambda: found if len(
            found := list(kafka_batch.batches(self.segment(name, 1)))) == 4 else None)
        self.assertEqual([(base, last) for base, last, _, _ in batches], [(number, number) for number in range(4)])

    def test_a_broker_without_room_halts_and_comes_back_when_there_is_some(self):
        name = self.topic("full")
        kafka_wire.produce(self.ports, name, 0, b"kept")
        marker = os.path.join(self.kafka.data, "broker-1.full")
        with open(marker, "x", encoding="utf-8"):
            pass
        wait_until("it halts", lambda: not self.kafka.running(1))
        os.unlink(marker)
        self.kafka.run("up", "--node", "1")
        wait_until("it serves", self.serves)
        self.assertEqual(kafka_wire.produce(self.ports, name, 0, b"next"), 1)

    def test_a_log_that_is_cut_goes_on_where_it_was_cut(self):
        name = self.topic("cut")
        for number in range(10):
            self.assertEqual(kafka_wire.produce(self.ports, name, 0, b"%d" % number), number)
        for orderly in (False, True):
            self.kafka.down() if orderly else self.kafka.kill(1)
            path = self.segment(name, 0)
            position = next(position for base, _, position, _ in kafka_batch.batches(path) if base == 7)
            cut(path, 7, position)
            self.kafka.up()
            for number in (7, 8, 9):
                self.assertEqual(kafka_wire.produce(self.ports, name, 0, b"new"), number)

    def test_a_record_that_is_replaced_in_a_log_is_the_only_one_that_changes(self):
        name = self.topic("replaced")
        for number in range(3):
            kafka_wire.produce(self.ports, name, 0, b"%d" % number)
        self.kafka.kill(1)
        path = self.segment(name, 0)
        replace_value(path, 1, b"longer" * 100)
        self.kafka.up()
        self.assertEqual(kafka_wire.produce(self.ports, name, 0, b"next"), 3)
        self.assertEqual([value_at(path, offset) for offset in range(4)], [b"0", b"longer" * 100, b"2", b"next"])


class KindsTest(unittest.TestCase):
    def test_each_says_what_it_hurts(self):
        self.assertEqual(len(SOUND) + len(DAMAGE), len(KINDS))
        for name, kind in KINDS.items():
            self.assertIn(kind.on, {"service", "broker", "network", "redis", "topics"}, name)
            self.assertLessEqual(*kind.lasts, name)


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    if result.wasSuccessful() and result.skipped:
        print(f"skipped: {result.skipped[0][1]}")
        sys.exit(SKIPPED)
    sys.exit(not result.wasSuccessful())
