#!/usr/bin/env python3
"""deploy/local: engines that come up, stay up, are found again after a kill, and let in only whom they should."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
TESTS = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
sys.path[:0] = [os.path.join(TESTS, "support"), os.path.join(TESTS, "..", "deploy", "local")]
import engine
import engines
import kafka_wire
import redis_wire

SKIPPED = 77
needs_redis = unittest.skipUnless(shutil.which("redis-server"), "no redis-server; deploy/packages.sh redis installs it")


# Two of these functions do what their caller may not.
LIBRARY = """#!lua name=v
redis.register_function('put', function(keys, args) return redis.call('HSET', keys[1], 'f', args[1]) end)
redis.register_function('wipe', function() return redis.call('FLUSHALL') end)
redis.register_function('sly', function() return redis.call('HGET', 'other', 'f') end)
"""


def port(address):
    host, number = address.rsplit(":", 1)
    assert host == "127.0.0.1", address
    return int(number)


def alive(pid):
    """A process that is dead but not yet waited for has no command line any more."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return bool(file.read())
    except FileNotFoundError:
        return False


class KafkaTest(unittest.TestCase):
    def test_one_broker(self):
        with engines.kafka(settings={"message.max.bytes": 2000000}) as kafka:
            before = dict(vars(kafka))
            [pid] = kafka.pids
            self.assertTrue(alive(pid))
            cluster, live = kafka_wire.metadata(port(kafka.bootstrap))
            self.assertEqual((cluster, live), (kafka.cluster, {1: port(kafka.bootstrap)}))
            self.assertEqual(kafka_wire.controller(port(kafka.bootstrap)), 1)
            with open(os.path.join(kafka.data, "broker-1", "server.properties"), encoding="utf-8") as file:
                self.assertIn("message.max.bytes=2000000\n", file.read())
            with open(os.path.join(kafka.data, "broker-1", "server.log"), encoding="utf-8") as file:
                self.assertIn(f"Kafka version: {engine.versions()['KAFKA']} ", file.read())

            out, said = kafka.run("up")
            self.assertEqual(json.loads(out)["pids"], [pid])
            self.assertIn("already running", said)
            self.assertIn("settings", kafka.run("up", "--", "message.max.bytes=3000000", code=1)[1])
            self.assertIn("1 broker", kafka.run("up", "--brokers", "3", code=1)[1])

            kafka.kill(1)
            self.assertEqual(kafka.status(code=1)["nodes"][0]["state"], "stopped")
            kafka.up()
            self.assertNotEqual(kafka.pids, [pid])
            self.assertEqual({**vars(kafka), "pids": 0}, {**before, "pids": 0})
            self.assertEqual(kafka_wire.metadata(port(kafka.bootstrap)), (cluster, live))

            said = kafka.run("down")[1]
            self.assertEqual(said, "")
            self.assertFalse(alive(kafka.pids[0]))
            kafka.down()

            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                other.bind(("127.0.0.1", port(kafka.bootstrap)))
                other.listen()
                self.assertIn("Address already in use", kafka.run("up", code=1)[1])
            self.assertIsNone(kafka.status(code=1)["nodes"][0]["pid"])

    def test_a_transaction_that_the_brokers_have_ended_is_aborted(self):
        with engines.kafka() as kafka:
            kafka_wire.create_topic(port(kafka.bootstrap), "journal", 1, 1)
            ports = {1: port(kafka.bootstrap)}
            transaction = kafka_wire.Transaction(ports, "stranger", "journal", 0, b"not committed")
            kafka_wire.Transaction(ports, "stranger", "journal", 0, b"of who follows it").abort()
            transaction.abort()

    def test_a_version_without_checksums_is_refused_and_the_known_ones_are_named(self):
        for command in ("install", "up"):
            with self.subTest(command), tempfile.TemporaryDirectory() as data:
                done = subprocess.run([os.path.join(engines.LOCAL, "kafka"), command,
                                       *(["--data", data] if command == "up" else [])], capture_output=True, text=True,
                                      check=False, env={**os.environ, "SANYUAN_KAFKA": "3.9"})
                self.assertEqual(done.returncode, 1)
                self.assertIn("SANYUAN_KAFKA: 3.9 is not one of 3.9.1, 4.1.2\n", done.stderr)

    def test_three_brokers_one_of_which_is_killed(self):
        with engines.kafka(brokers=3) as kafka:
            ports = dict(enumerate(map(port, kafka.bootstrap.split(",")), 1))
            for each in ports.values():
                self.assertEqual(kafka_wire.metadata(each), (kafka.cluster, ports))
            first, _, third = kafka.pids
            kafka.kill(2)
            self.assertIn("broker-2 does not run", kafka.run("status", code=1)[1])
            nodes = kafka.status(code=1)["nodes"]
            self.assertEqual((nodes[1]["state"], nodes[1]["pid"]), ("stopped", None))
            kafka.up()
            self.assertEqual((kafka.pids[0], kafka.pids[2]), (first, third))
            self.assertEqual({node["state"] for node in kafka.status()["nodes"]}, {"ready"})


class RedisTest(unittest.TestCase):
    def connected(self, redis, user=None, password=None, node=0):
        with open(redis.password_file, encoding="utf-8") as file:
            own = file.read().strip()
        return redis_wire.connected(port(redis.addresses[node]), user or redis.user, password or own)

    def refused(self, text, *arguments, **who):
        with self.assertRaisesRegex(redis_wire.Refused, text):
            with self.connected(*arguments, **who) as call:
                call("PING")

    def test_one_server(self):
        with engines.redis() as redis:
            before, [pid] = redis.address, redis.pids
            self.assertEqual(os.stat(redis.password_file).st_mode & 0o777, 0o600)
            out, said = redis.run("up")
            self.assertEqual(json.loads(out)["pids"], [pid])
            self.assertIn("already running", said)

            redis.kill(1)
            self.assertIn("node-1 does not run", redis.run("status", code=1)[1])
            redis.up()
            self.assertEqual(redis.address, before)
            self.assertNotEqual(redis.pids, [pid])
            with self.connected(redis) as call:
                self.assertEqual(call("PING"), "PONG")
            redis.down()
            self.assertFalse(alive(redis.pids[0]))
            redis.down()

    def test_who_may_do_what(self):
        with engines.redis() as redis:
            self.refused("WRONGPASS", redis, password="wrong")
            self.refused("WRONGPASS", redis, user="default")
            with socket.create_connection(("127.0.0.1", port(redis.address))) as nobody:
                nobody.sendall(b"PING\r\n")
                self.assertIn(b"NOAUTH", nobody.recv(100))

            with self.connected(redis) as call:
                self.assertEqual(call("FUNCTION", "LOAD", "REPLACE", LIBRARY), "v")
                self.assertEqual(call("FCALL", "put", 1, "{v:a}:1", "x"), 1)
                self.assertEqual(call("HGET", "{v:a}:1", "f"), "x")
                self.assertEqual(call("ZADD", "{v:a}:index", 0, "b", 0, "a"), 2)
                self.assertEqual(call("ZRANGEBYLEX", "{v:a}:index", "[a", "(b"), ["a"])
                for words in (["CONFIG", "SET", "maxmemory", "1"], ["FLUSHALL"], ["FLUSHDB"], ["KEYS", "*"],
                              ["EVAL", "return 1", 0], ["FUNCTION", "FLUSH"], ["SAVE"], ["SHUTDOWN"],
                              ["ACL", "LIST"], ["CLUSTER", "RESET"], ["PUBLISH", "c", "x"], ["MONITOR"],
                              ["HGET", "other", "f"], ["HSET", "other", "f", "x"], ["SET", "{v:a}:2", "x"],
                              ["SCAN", 0], ["UNLINK", "{v:a}:1", "other"],
                              ["FCALL", "put", 1, "other", "x"]):
                    with self.subTest(words), self.assertRaisesRegex(redis_wire.Refused, "^NOPERM"):
                        call(*words)
                for name in ("wipe", "sly"):  # Also from within a function; Redis 7 and 8 say it in other words.
                    with self.subTest(name), self.assertRaisesRegex(redis_wire.Refused, "script can't|ACL failure"):
                        call("FCALL", name, 0)

    def test_a_cluster_of_three(self):
        with engines.redis(cluster=3) as redis:
            kept = [redis.pids[0], redis.pids[2]]
            redis.kill(2)
            self.assertIn("node-2 does not run", redis.run("status", code=1)[1])
            redis.up()
            self.assertEqual([redis.pids[0], redis.pids[2]], kept)
            for node in range(3):
                with self.connected(redis, node=node) as call:
                    self.assertIn("cluster_state:ok", call("CLUSTER", "INFO"))
            slots = {}
            for node in range(3):
                with self.connected(redis, node=node) as call:
                    try:
                        slots[node] = call("HSET", "{v:a}:1", "f", "x")
                    except redis_wire.Refused as moved:
                        self.assertRegex(str(moved), r"^MOVED \d+ 127\.0\.0\.1:\d+$")
            self.assertEqual(list(slots.values()), [1])


@needs_redis
class WithEnginesTest(unittest.TestCase):
    PROGRAM = os.path.join(TESTS, "engine", "with_engines.py")
    SHOW = """import json, os, time
print(json.dumps({key: value for key, value in os.environ.items() if key.startswith("SANYUAN_TEST_")}))
print(os.getpid(), flush=True)
"""

    def test_the_program_is_told_where_and_its_exit_code_is_given(self):
        done = subprocess.run([self.PROGRAM, "--redis", "--", sys.executable, "-c", self.SHOW + "exit(5)"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 5, done.stderr)
        told = json.loads(done.stdout.splitlines()[0])
        self.assertEqual(told["SANYUAN_TEST_REDIS_USER"], "sanyuan")
        self.assertFalse(os.path.exists(told["SANYUAN_TEST_REDIS_DATA"]))
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port(told["SANYUAN_TEST_REDIS"])))

    def test_nothing_is_left_when_it_is_killed(self):
        command = [self.PROGRAM, "--redis", "--", sys.executable, "-c", self.SHOW + "time.sleep(600)"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as wrapper:
            told, program = json.loads(wrapper.stdout.readline()), int(wrapper.stdout.readline())
            data = told["SANYUAN_TEST_REDIS_DATA"]
            with open(os.path.join(data, "node-1", "pid"), encoding="utf-8") as file:
                server = int(file.read())
            self.assertTrue(alive(server) and alive(program))
            wrapper.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 30
        while (alive(server) or alive(program) or os.path.exists(data)) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual((alive(server), alive(program), os.path.exists(data)), (False, False, False))


@needs_redis
class FolderTest(unittest.TestCase):
    def test_a_folder_that_holds_other_things_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "letter"), "w", encoding="utf-8"):
                pass
            done = subprocess.run([os.path.join(engines.LOCAL, "redis"), "up", "--data", folder], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("not empty", done.stderr)

    def test_a_process_that_only_took_the_number_is_not_touched(self):
        with engines.redis() as redis:
            redis.kill(1)
            with subprocess.Popen(["sleep", "600"]) as other:
                with open(os.path.join(redis.data, "node-1", "pid"), "w", encoding="utf-8") as file:
                    file.write(str(other.pid))
                self.assertEqual(redis.status(code=1)["nodes"][0]["state"], "stopped")
                redis.down()
                self.assertIsNone(other.poll())
                other.kill()


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    if result.wasSuccessful() and result.skipped:
        print(f"skipped: {result.skipped[0][1]}")
        sys.exit(SKIPPED)
    sys.exit(not result.wasSuccessful())
