"""Real engines for tests, on directories that are deleted afterwards (see deploy/local/README.md).

    with engines.kafka(brokers=3, settings={"broker.session.timeout.ms": 3000}) as kafka:
        kafka.bootstrap; kafka.kill(2); kafka.up()
    with engines.redis() as redis:
        redis.address; redis.user; redis.password_file

They end with the test, also when it is killed."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

LOCAL = os.path.normpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "deploy", "local"))
NOT_INSTALLED = 3
sys.path.insert(0, LOCAL)
import kafka_wire  # pylint: disable=wrong-import-position


class NotInstalled(unittest.SkipTest):
    """In a test of unittest that one is skipped."""


class Engine:
    """What `up` printed stands in the attributes: bootstrap, address, password_file, pids, data, ..."""

    def __init__(self, name, data, flags, settings, environment):
        self.name, self.data, self.environment = name, data, environment
        self.up(*flags, *(["--", *(f"{key}={value}" for key, value in settings.items())] if settings else []))

    def run(self, command, *flags, code=0, environment=None):
        """Standard output and standard error of a command on this directory."""
        done = subprocess.run([os.path.join(LOCAL, self.name), command, "--data", self.data, *flags],
                              capture_output=True, text=True, check=False,
                              env={**os.environ, **self.environment, **(environment or {})})
        if done.returncode == NOT_INSTALLED:
            raise NotInstalled(done.stderr.strip())
        if done.returncode != code:
            raise RuntimeError(f"{self.name} {command} gave {done.returncode}, not {code}:\n{done.stdout}{done.stderr}")
        return done.stdout, done.stderr

    def up(self, *flags, environment=None):
        """Starts what does not run."""
        self.__dict__.update(json.loads(self.run("up", "--timeout", "120", *flags, environment=environment)[0]))

    def status(self, code=0):
        """Code 1 is for what does not serve as a whole."""
        return json.loads(self.run("status", code=code)[0])

    def pid(self, node):
        return self.status()["nodes"][node - 1]["pid"]

    def running(self, node):
        """Its pid, or None; without asking it anything."""
        folder = os.path.join(self.data, f"{'broker' if self.name == 'kafka' else 'node'}-{node}")
        with contextlib.suppress(OSError, ValueError):
            with open(os.path.join(folder, "pid"), encoding="utf-8") as file:
                pid = int(file.read())
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                # Of who is dead and was not waited for it is empty.
                return pid if os.fsencode(folder + os.sep) in file.read() else None
        return None

    def kill(self, node):
        """kill -9 of one node, counted from 1."""
        handle = os.pidfd_open(self.pid(node))
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            select.select([handle], [], [])  # Readable when it has ended.
        finally:
            os.close(handle)

    def down(self):
        self.run("down")

    def delete_topic(self, topic):
        kafka_wire.delete_topic(int(self.bootstrap.split(",")[0].rsplit(":", 1)[1]), topic)


@contextlib.contextmanager
def _engine(name, flags, settings=None, data=None, environment=None):
    data = data or tempfile.mkdtemp(prefix=f"sanyuan-{name}-")
    # A process that is no descendant of ours, so that neither a signal to our group nor to our tree reaches it. Its
    # input ends when we end, however that comes about; then it ends the engine. We wait for the end of its output.
    guard = subprocess.Popen([sys.executable, "-B", os.path.realpath(__file__), name, data], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    if guard.wait() != 0:
        raise RuntimeError("the process that ends the engine could not be started")
    try:
        yield Engine(name, data, flags, settings, environment or {})
    finally:
        guard.stdin.close()
        complaint = guard.stdout.read()
        guard.stdout.close()
        if complaint:
            raise RuntimeError(complaint)


def kafka(brokers=1, settings=None, flags=(), data=None, environment=None):
    """`data`: a directory that is not there yet. `environment`: of the brokers, also of later starts."""
    return _engine("kafka", ["--brokers", str(brokers), *flags], settings, data, environment)


def redis(cluster=1, data=None):
    return _engine("redis", ["--cluster", str(cluster)] if cluster > 1 else [], data=data)


def end_with_parent(name, data):
    if os.fork():
        os._exit(0)
    sys.stdin.read()
    done = subprocess.run([os.path.join(LOCAL, name), "down", "--now", "--data", data], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode == 0:
        shutil.rmtree(data)
    else:
        print(done.stdout)


if __name__ == "__main__":
    end_with_parent(*sys.argv[1:])
