"""A real `sanyuan serve` on a data directory of its own, for end-to-end tests."""

import json
import os
import select
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

PATIENCE = 120  # Seconds; a condition that has not come by then never comes.


def wait_until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.02)


class Ended(RuntimeError):
    """The server ended before it was ready."""

    def __init__(self, code, errors):
        super().__init__(f"the server ended with {code}: {errors}")
        self.code = code


class Journals:
    """Where the journals of a server are: in its data directory, or on Kafka's brokers in topics of their own, which are
    made here. `flags` are for making topics and for serving."""

    def __init__(self, binaries, data, brokers=None, flags=(), single_copy=True):
        self.binaries, self.serve, self.place = binaries, [], ["--data", data]
        if brokers is None:
            return
        self.prefix = f"{uuid.uuid4().hex[:8]}."
        topics = ["--kafka", brokers, "--topic-prefix", self.prefix]
        self.serve, self.place = [*topics, *(["--single-copy"] if single_copy else [])], [*topics, *self.place]
        self.serve += flags
        self.apply()

    def apply(self):
        """Makes the topics that are missing."""
        subprocess.run([os.path.join(self.binaries, "sanyuanctl"), "topics", "apply", *self.serve], check=True,
                       stdout=subprocess.DEVNULL)


def redis_flags(redis):
    """What a server is told of a Redis of deploy/local."""
    return ["--redis", redis.address, "--redis-user", redis.user, "--redis-password-file", redis.password_file]


def ctl(binaries, *arguments, code=0, timeout=120):
    """Runs sanyuanctl --json and gives the object that it prints."""
    done = subprocess.run([os.path.join(binaries, "sanyuanctl"), "--json", *arguments], capture_output=True, text=True,
                          timeout=timeout, check=False)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout.strip() else {}


def play_day(binaries, address, retailers, height, faults=(), code=0):
    """The demo day's figures, and `code` how it ends. Each of `faults` is a number of records, of about 1,500 with 200 shops, and what happens when
    height() says that the journals hold so many."""
    with subprocess.Popen([os.path.join(binaries, "sanyuanctl"), "--server", address, "--json", "demo", "day",
                           "--retailers", retailers], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as client:
        said = {}
        reader = threading.Thread(target=lambda: said.update(zip(("out", "errors"), client.communicate())))
        reader.start()
        try:
            for records, fault in faults:
                while height() < records:
                    assert client.poll() is None, f"the day was over before its fault: {said}"
                fault()
        except BaseException:
            client.kill()
            raise
        finally:
            reader.join()
        assert client.returncode == code, said
        return json.loads(said["out"])


class Server:
    """`wait`: until it serves; without it that is asked for by wait_ready. `log`: a file to which it appends what it
    says, one of its own if none is named."""

    def __init__(self, binaries, data, *flags, dev=True, listen="127.0.0.1:0", ops="127.0.0.1:0", program="sanyuan",
                 environment=None, log=None, wait=True):
        self.binaries, self.data = binaries, data
        command = [os.path.join(binaries, program), "serve", "--data", data, "--listen", listen,
                   "--ops", ops, *(["--dev"] if dev else []), *flags]
        self.log = open(log, "a+b") if log else tempfile.TemporaryFile()
        self.log_from = self.log.seek(0, os.SEEK_END)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        env={**os.environ, **(environment or {})})
        self.ready = self.grpc = self.ops = None
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds=None):
        if seconds and not select.select([self.process.stdout], [], [], seconds)[0]:
            raise TimeoutError(f"the server is not ready after {seconds:g} s")
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            errors = self.errors()
            self.close()
            raise Ended(self.process.returncode, errors)
        self.ready = json.loads(line)
        self.grpc, self.ops = self.ready["grpc"], self.ready["ops"]

    def errors(self):
        self.log.seek(self.log_from)
        return self.log.read().decode()

    def ctl(self, *arguments, code=0, timeout=120):
        """Asks this server by sanyuanctl."""
        return ctl(self.binaries, "--server", self.grpc, *arguments, code=code, timeout=timeout)

    def get(self, path):
        """Status and body of a page of the operations port."""
        try:
            with urllib.request.urlopen(f"http://{self.ops}{path}", timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def height(self):
        """Of all journals that it hosts, together."""
        return sum(partition["height"] for partition in self.ctl("status")["partitions"])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends it as an orchestrator does; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def __enter__(self):
        return self

    def close(self):
        self.process.stdout.close()
        self.log.close()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        self.close()
