#!/usr/bin/env python3
"""All of Sanyuan as it runs in earnest, for tests that break it: three Kafka brokers behind gates, Redis behind one,
and two instances of each of the five services. Small: one broker and two instances of the program with all services.

    with Cluster(binaries) as cluster:
        cluster.wait_ready()
        cluster.addresses()                 # Of all instances, the same after a restart.
        cluster.kill("order-intake-a"); cluster.start("order-intake-a")

Instances are named SERVICE-a and SERVICE-b, or all-a and all-b. Methods may be called from several threads."""

import contextlib
import glob
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

TESTS = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
sys.path[:0] = [os.path.join(TESTS, folder) for folder in ("e2e", "support")]
import engines  # noqa: E402
import kafka_batch  # noqa: E402,F401 pylint: disable=unused-import
import kafka_wire  # noqa: E402
import redis_wire  # noqa: E402
from engine import free_ports  # noqa: E402
from gate import Gate  # noqa: E402
from server import Ended, Journals, Server  # noqa: E402

# By service the contexts that it decides.
SERVICES = {
    "registry": ["registry.reference", "registry"],
    "order-intake": ["order_intake"],
    "allocation": ["allocation"],
    "delivery-tracking": ["delivery_tracking"],
    "three-member-interaction": ["three_member_interaction"],
}
ALL = {"all": [context for contexts in SERVICES.values() for context in contexts]}
BROKER_SETTINGS = {
    # Brokers forget idle producers all the time; what a journal promises does not rest on their memory.
    "producer.id.expiration.ms": 3000,
    "producer.id.expiration.check.interval.ms": 1000,
    # Followers that are away leave the in-sync replicas soon.
    "replica.lag.time.max.ms": 6000,
}
PATIENCE = 240  # Seconds; a condition that has not come by then never comes.


def wait_until(what, condition, seconds=PATIENCE, ended=lambda: None):
    """Until the condition gives something, which is given. `ended` says why it can't come any more."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if reason := ended():
            raise AssertionError(f"{what}: {reason}")
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {seconds:g} s: {what}")
        time.sleep(0.05)  # Between two looks.
    return found


class Instance:
    """One process of a service, running or not."""

    def __init__(self, name, contexts, program, environment):
        self.name, self.contexts, self.program, self.environment = name, contexts, program, environment
        port, ops = free_ports(2)
        self.address, self.ops = f"127.0.0.1:{port}", f"127.0.0.1:{ops}"
        self.server = None
        self.wanted = False  # It was started, and nobody has ended it or does what may end it.
        self.lock = threading.RLock()

    @property
    def pid(self):
        return self.server.process.pid

    def running(self):
        return self.server is not None and self.server.process.poll() is None

    def get(self, path, timeout=2):
        """Status and body of a page of its operations port; (None, why) if it does not answer."""
        try:
            with urllib.request.urlopen(f"http://{self.ops}{path}", timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return None, str(error)

    def metric(self, name):
        """Values by their labels, "context/partition" first; nothing if it does not answer."""
        status, body = self.get("/metrics")
        found = {}
        for line in body.splitlines() if status == 200 else ():
            if match := re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line):
                labels = dict(re.findall(r'(\w+)="([^"]*)"', match[1] or ""))
                place = (labels.pop("context", ""), int(labels.pop("partition", 0)), *labels.values())
                found[place] = float(match[2])
        return found

    def led(self):
        """The partitions that it leads, as it says."""
        return {place for place, leads in self.metric("sanyuan_partition_leading").items() if leads}


class Cluster:
    """`programs` and `environment`: of instances that are to be others, by name or by service. `flags`: further ones of
    all instances. `broker_settings` are added to those that stand above. `brokers`: 1 if it is small, 3 if not, unless
    said otherwise. `partitions`: of each context but registry.reference, which has one."""

    # pylint: disable=too-many-instance-attributes
    def __init__(self, binaries, small=False, programs=None, environment=None, flags=(), broker_settings=None,
                 libraries=None, dev=True, brokers=None, partitions=8):
        self.binaries, self.small, self.flags, self.dev = binaries, small, flags, dev
        self.programs, self.environment, self.partitions_each = programs or {}, environment or {}, partitions
        self.broker_settings = {**BROKER_SETTINGS, **(broker_settings or {})}
        self.libraries = os.path.abspath(libraries or binaries)  # Where full_disk.so and clock_waits.so are.
        self.brokers = list(range(1, 1 + (brokers or (1 if small else 3))))
        self.services = ALL if small else SERVICES
        self.stack = contextlib.ExitStack()
        self.folder = self.journals = self.kafka = self.redis = None
        self.gates, self.ports, self.instances, self.held = {}, {}, {}, set()
        self.lock = threading.Lock()

    # --- start and end ----------------------------------------------------------------------------------------

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *_):
        self.stack.close()

    def at(self, *names):
        return os.path.join(self.folder, *names)

    def _start(self):
        self.folder = self.stack.enter_context(_guarded_folder())
        for folder in ("services", "logs"):
            os.mkdir(self.at(folder))
        self._start_brokers()
        self.redis = self.stack.enter_context(engines.redis(data=self.at("redis")))
        self.gates["redis"] = self.stack.enter_context(Gate())
        self.gates["redis"].toward(_port(self.redis.address))
        self.journals = Journals(self.binaries, self.at("none"), self.kafka.bootstrap, ["--publish-events", "--partitions",
                                 str(self.partitions_each)], single_copy=len(self.brokers) == 1)
        with open(os.open(self.at("master-key"), os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(os.urandom(32))
        for service, contexts in self.services.items():
            for letter in "ab":
                self.add(f"{service}-{letter}", service, contexts)
        self.stack.callback(self._kill_all)
        with ThreadPoolExecutor() as pool:
            list(pool.map(self.start, list(self.instances)))

    def _start_brokers(self):
        for broker in self.brokers:
            self.gates[broker] = self.stack.enter_context(Gate())
        ports = ",".join(str(self.gates[broker].port) for broker in self.brokers)
        self.kafka = self.stack.enter_context(engines.kafka(
            len(self.brokers), self.broker_settings, ["--advertise", ports], self.at("kafka"),
            self.preloaded_by_broker()))
        for broker, address in zip(self.brokers, self.kafka.behind):
            self.gates[broker].toward(_port(address))
        self.ports = {node["id"]: _port(node["address"]) for node in self.kafka.status()["nodes"]}

    def preloaded(self, disks, *libraries, variable="LD_PRELOAD"):
        """The environment of a process whose disk, a folder in `disks`, can be made full (full_disk.c)."""
        full_disk = os.path.join(self.libraries, "full_disk.so")
        if not os.path.exists(full_disk):
            raise RuntimeError(f"{full_disk} is missing")
        return {variable: ":".join([full_disk, *libraries]), "FULL_DISKS": disks}

    def preloaded_by_broker(self, *libraries):
        return self.preloaded(self.at("kafka"), *libraries, variable="ENGINE_PRELOAD")

    def preloaded_by_service(self, *libraries):
        return self.preloaded(self.at("services"), *libraries)

    def _kill_all(self):
        for instance in self.instances.values():
            if instance.server:
                instance.server.__exit__()

    def save_logs(self, folder):
        """Copies of what all processes said, for who looks into a failure."""
        shutil.copytree(self.at("logs"), folder, dirs_exist_ok=True)
        for path in glob.glob(self.at("kafka", "*", "server.log")) + glob.glob(self.at("redis", "*", "server.log")):
            shutil.copy(path, os.path.join(folder, os.path.basename(os.path.dirname(path)) + ".log"))

    # --- instances --------------------------------------------------------------------------------------------

    def add(self, name, service, contexts):
        """An instance more, which is not started yet."""
        program = self.programs.get(name, self.programs.get(service,
                                                            "sanyuan" if service == "all" else f"sanyuan-{service}"))
        environment = {**self.environment.get(service, {}), **self.environment.get(name, {})}
        self.instances[name] = Instance(name, contexts, program, environment)
        return self.instances[name]

    def remove(self, name):
        instance = self.instances.pop(name)
        if instance.server:
            instance.server.__exit__()

    def addresses(self):
        return [instance.address for instance in self.instances.values()]

    def launch(self, name, environment=None):
        """Starts an instance and does not wait for it."""
        instance = self.instances[name]
        if instance.server:
            instance.server.__exit__()
        redis = f"127.0.0.1:{self.gates['redis'].port}"
        instance.wanted = False
        instance.server = Server(
            self.binaries, self.at("services", name), *self.journals.serve, "--session-timeout", "1.5",
            "--redis", redis, "--redis-user", self.redis.user, "--redis-password-file", self.redis.password_file,
            "--master-key", self.at("master-key"), *self.flags, dev=self.dev, program=instance.program,
            listen=instance.address, ops=instance.ops, log=self.at("logs", f"{name}.log"), wait=False,
            environment={**self.preloaded_by_service(), **instance.environment, **(environment or {})})
        return instance

    def start(self, name, environment=None, seconds=PATIENCE):
        """Returns when it serves. A start that brokers keep from succeeding is repeated, as an orchestrator does."""
        end = time.monotonic() + seconds
        with self.instances[name].lock:
            while True:
                try:
                    self.launch(name, environment).server.wait_ready(max(1, end - time.monotonic()))
                    self.instances[name].wanted = True
                    return
                except Ended as ended:
                    if ended.code != 1 or time.monotonic() > end:
                        raise

    def kill(self, name):
        """kill -9."""
        instance = self.instances[name]
        instance.wanted = False
        if instance.running():
            instance.server.kill()

    def stop(self, name):
        """SIGTERM, to which it must end in order."""
        instance = self.instances[name]
        instance.wanted = False
        if (code := instance.server.stop()) != 0:
            raise AssertionError(f"{name} ended with {code}: {instance.server.errors()[-2000:]}")

    def restart(self, name, environment=None):
        self.stop(name)
        self.start(name, environment)

    def signal(self, name, number):
        self.instances[name].server.process.send_signal(number)

    def ended(self):
        """Instances that ended by themselves, with their exit codes."""
        return {name: instance.server.process.returncode for name, instance in list(self.instances.items())
                if instance.wanted and not instance.running()}

    # --- brokers ----------------------------------------------------------------------------------------------

    def signal_broker(self, broker, number):
        """Of a signal that ends it the end is waited for."""
        handle = os.pidfd_open(self.kafka.running(broker))
        try:
            signal.pidfd_send_signal(handle, number)
            if number in (signal.SIGKILL, signal.SIGTERM) and not select.select([handle], [], [], PATIENCE)[0]:
                raise AssertionError(f"broker {broker} does not end")
        finally:
            os.close(handle)

    def start_broker(self, broker, environment=None):
        """Returns when all brokers know it and its replicas are in sync again, unless others are away as well."""
        self.kafka.run("up", "--node", str(broker), environment=environment)
        wait_until(f"broker {broker} is in sync", lambda: self.in_sync(broker),
                   ended=lambda: None if self.kafka.running(broker) else self.kafka.run("status", code=1)[1])

    def ask(self, question, *arguments, without=()):
        """A question of kafka_wire to any broker that answers."""
        failure = OSError("no broker is there")
        for broker, port in self.ports.items():
            if broker not in without:
                try:
                    return question(port, *arguments)
                except (OSError, kafka_wire.Refused) as error:
                    failure = error
        raise failure

    def asked(self, question, *arguments, without=()):
        """The same; None instead of a failure."""
        with contextlib.suppress(OSError, kafka_wire.Refused):
            return self.ask(question, *arguments, without=without)
        return None

    def topics(self, *names, without=()):
        """Partitions of topics; empty if no broker answers."""
        return self.asked(kafka_wire.topics, *names, without=without) or {}

    def in_sync(self, broker):
        """Whether it answers and is among the in-sync replicas of all partitions that it has."""
        with contextlib.suppress(OSError, kafka_wire.Refused):
            found = kafka_wire.topics(self.ports[broker])
            return broker in kafka_wire.metadata(self.ports[broker])[1] and found and all(
                broker in one.in_sync for topic in found.values() for one in topic.values() if broker in one.replicas)
        return False

    def topic(self, context, kind="journal"):
        return f"{self.journals.prefix}{context}.{kind}"

    # --- the whole --------------------------------------------------------------------------------------------

    def redis_call(self, *words):
        """As the operator, past the gate."""
        with open(self.redis.operator_password_file, encoding="utf-8") as file:
            password = file.read().strip()
        with redis_wire.connected(_port(self.redis.address), self.redis.operator, password) as call:
            return call(*words)

    def contexts(self):
        return [context for contexts in self.services.values() for context in contexts]

    def partitions(self, contexts=None):
        return {(context, partition) for context in (contexts or self.contexts())
                for partition in range(1 if context == "registry.reference" else self.partitions_each)}

    def halted(self):
        """By instance what it says to have found damaged."""
        found = {}
        for name, instance in list(self.instances.items()):
            status, body = instance.get("/readyz")
            if status and (halted := json.loads(body).get("halted")):
                found[name] = halted
        return found

    def unready(self, instances=None, halted_is_ready=False):
        """Why it is not so that all brokers have all their replicas in sync, every partition is led by one instance,
        and all answer /readyz with 200; or None. What is halted need not be led if that is said."""
        for broker in self.brokers:
            if not self.in_sync(broker):
                return f"broker {broker} is not in sync"
        if ended := self.ended():
            return f"ended by themselves: {ended}"
        led, dark = {}, set()
        for name, instance in list(self.instances.items()):
            if not instance.wanted or (instances and name not in instances):
                continue
            status, body = instance.get("/readyz")
            if status != 200:
                return f"{name}: /readyz says {status} {body}"
            for halt in json.loads(body).get("halted") or ():
                dark.add((halt["context"], halt["partition"]))
            for place in instance.led():
                led.setdefault(place, []).append(name)
        if dark and not halted_is_ready:
            return f"halted: {sorted(dark)}"
        if missing := self.partitions() - led.keys() - dark:
            return f"led by nobody: {sorted(missing)}"
        if twice := {place: names for place, names in led.items() if len(names) > 1}:
            return f"led more than once: {twice}"
        return None

    def wait_ready(self, seconds=PATIENCE, halted_is_ready=False):
        why = [None]

        def ready():
            why[0] = self.unready(halted_is_ready=halted_is_ready)
            return why[0] is None

        try:
            wait_until("the cluster is ready", ready, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}: {why[0]}") from None

    # --- who is being hurt ------------------------------------------------------------------------------------

    def hold(self, wanted):
        """False if one of these is held already: faults that overlap hurt different parts."""
        with self.lock:
            if self.held & set(wanted):
                return False
            self.held |= set(wanted)
            return True

    def let(self, wanted):
        with self.lock:
            self.held -= set(wanted)


def _port(address):
    return int(address.rsplit(":", 1)[1])


@contextlib.contextmanager
def _guarded_folder():
    """A folder that is deleted at the end, with the processes whose command lines name it, also when we are killed."""
    folder = tempfile.mkdtemp(prefix="sanyuan-chaos-")
    guard = subprocess.Popen([sys.executable, "-B", os.path.realpath(__file__), folder], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, start_new_session=True)
    if guard.wait() != 0:
        raise RuntimeError("the process that cleans up could not be started")
    try:
        yield folder
    finally:
        guard.stdin.close()
        guard.stdout.read()  # Its end.
        guard.stdout.close()


def _clean_up_after_parent(folder):
    if os.fork():
        os._exit(0)
    sys.stdin.read()
    inside = os.fsencode(folder + os.sep)
    while True:
        left = []
        for entry in os.scandir("/proc"):
            with contextlib.suppress(OSError, ValueError):
                pid = int(entry.name)
                handle = os.pidfd_open(pid)
                try:
                    with open(f"/proc/{pid}/cmdline", "rb") as file:
                        words = file.read().split(b"\0")
                    # A service, a broker or a server of ours; not somebody who reads a log in it.
                    if any(word.startswith(inside) for word in words) and words[0].rsplit(b"/", 1)[-1].startswith(
                            (b"sanyuan", b"java", b"redis-server")):
                        left.append(pid)
                        signal.pidfd_send_signal(handle, signal.SIGKILL)
                finally:
                    os.close(handle)
        if not left:
            break
        time.sleep(0.05)  # Until the kernel has ended them.
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _clean_up_after_parent(sys.argv[1])
