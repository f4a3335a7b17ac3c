"""Faults of services: they die, freeze, are restarted, and run out of what a process needs."""

import ctypes
import glob
import os
import resource
import select
import signal
import threading

from cluster import PATIENCE, wait_until
from fault import Fault

STOPPED_FOR_ANOTHER = "another instance is to take over"


class ServiceKilled(Fault):
    """kill -9, and a start a little later."""

    kind, on = "service_killed", "service"
    lasts = (0, 3)

    def do(self):
        self.instance = self.hold_instance()
        self.what = f"kill -9 of {self.instance.name}"
        self.cluster.kill(self.instance.name)

    def undo(self):
        self.revive(self.instance)


class ServiceFrozen(Fault):
    """SIGSTOP until others lead all that it led, and a while longer: it wakes up believing that it still leads."""

    kind, on = "service_frozen", "service"
    lasts = (0, 2)

    def do(self):
        self.want_broker()
        self.instance = self.hold_instance(leading=True)
        self.what = f"SIGSTOP of {self.instance.name} past its session's end"
        self.cluster.signal(self.instance.name, signal.SIGSTOP)
        try:
            wait_until(f"others lead what {self.instance.name} led", lambda: self.led_by_others(self.instance))
        except BaseException:
            self.cluster.signal(self.instance.name, signal.SIGCONT)
            raise

    def undo(self):
        self.cluster.signal(self.instance.name, signal.SIGCONT)
        self.wait_answers(self.instance)


class RollingRestart(Fault):
    """SIGTERM, which must end it in order, and a start: of one instance after the other."""

    kind, on = "rolling_restart", "service"
    lasts = (0, 0)

    def do(self):
        self.want_broker()
        service = self.hold_instance().name.rsplit("-", 1)[0]
        self.what = f"rolling restart of {service}"
        for letter in "ab":
            self.cluster.restart(f"{service}-{letter}")
            self.wait_answers(self.cluster.instances[f"{service}-{letter}"])


class AskerDies(Fault):
    """A third instance asks for partitions and is killed as soon as one that led has stopped for it: that one must go
    on by itself."""

    kind, on = "asker_dies", "service"
    lasts = (0, 1)

    def do(self):
        self.want_broker()
        old = self.hold_instance(leading=True)
        service = old.name.rsplit("-", 1)[0]
        owners = [self.cluster.instances[f"{service}-{letter}"] for letter in "ab"]
        asker = self.cluster.add(f"{service}-c", service, old.contexts)
        stopped, over = threading.Event(), threading.Event()
        watchers = [threading.Thread(target=self.watch, args=(owner, stopped, over)) for owner in owners]
        for watcher in watchers:
            watcher.start()

        def asked():
            if not asker.running():  # Not yet, or brokers kept its start from succeeding.
                self.cluster.launch(asker.name)
            return stopped.is_set() or asker.led()

        try:
            wait_until(f"{asker.name} has asked", asked)
            self.cluster.kill(asker.name)
        finally:
            over.set()
            self.cluster.remove(asker.name)
            for watcher in watchers:
                watcher.join()
        when = "after one had stopped for it" if stopped.is_set() else "after it had taken over"
        self.what = f"a third instance of {service} died {when}"

    @staticmethod
    def watch(owner, stopped, over):
        while not stopped.is_set() and not over.is_set():
            try:
                partitions = owner.server.ctl("status")["partitions"]
            except AssertionError:
                continue  # It does not answer.
            if any(one.get("not_serving") == STOPPED_FOR_ANOTHER for one in partitions):
                stopped.set()

    def undo(self):
        service = next(iter(self.held))
        contexts = self.cluster.services[service]
        wait_until(f"all of {service} is led", lambda: self.cluster.partitions(contexts) <= set().union(
            *(instance.led() for instance in self.cluster.instances.values())))


class ServiceDiskFull(Fault):
    """What it writes into its data directory fails. If it ends because of that, it is started again."""

    kind, on = "service_disk_full", "service"
    lasts = (3, 6)

    def do(self):
        self.instance = self.hold_instance()
        self.what = f"no room on the disk of {self.instance.name}"
        self.marker = self.cluster.at("services", f"{self.instance.name}.full")
        self.instance.wanted = False
        with open(self.marker, "x", encoding="utf-8"):
            pass

    def undo(self):
        os.unlink(self.marker)
        if self.revive(self.instance):
            self.what += "; it ended"
        self.instance.wanted = True


class FilesUsedUp(Fault):
    """Its limit of open files is the number that it has: it can neither open one nor accept a connection."""

    kind, on = "files_used_up", "service"
    lasts = (2, 4)

    def do(self):
        self.want_broker()  # Its connections would leave numbers free.
        self.instance = self.hold_instance()
        self.limits = resource.prlimit(self.instance.pid, resource.RLIMIT_NOFILE)
        self.instance.wanted = False
        wait_until(f"{self.instance.name} accepts nothing", self.nothing_is_opened)

    def nothing_is_opened(self):
        """Free numbers below the highest would go on being given out; those above it stay valid. What is closed meanwhile
        leaves a number free, so each look begins anew."""
        pid = self.instance.pid
        taken = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
        first_free = next(number for number in range(len(taken) + 1) if number not in taken)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (first_free, self.limits[1]))
        self.what = f"no file may be opened by {self.instance.name}, which has {len(taken)}"
        return self.instance.get("/livez", 0.5)[0] is None

    def undo(self):
        if self.instance.running():
            resource.prlimit(self.instance.pid, resource.RLIMIT_NOFILE, self.limits)
        if self.revive(self.instance):
            self.what += "; it ended"
        self.instance.wanted = True


class OutOfMemory(Fault):
    """It may not have more memory than it has. What does not end by that soon is killed, as a kernel does it that runs
    out."""

    kind, on = "out_of_memory", "service"
    lasts = (0, 2)

    def do(self):
        self.instance = self.hold_instance()
        name, pid = self.instance.name, self.instance.pid
        self.instance.wanted = False
        _, hard = resource.prlimit(pid, resource.RLIMIT_AS)
        resource.prlimit(pid, resource.RLIMIT_AS, (1 << 20, hard))
        self.what = f"no memory for {name}, which ended by itself"
        if not self.within(5, lambda: not self.instance.running()):
            self.what = f"no memory for {name}, which bore it for 5 s and was killed"
            self.cluster.kill(name)

    def undo(self):
        self.revive(self.instance)


class SetClock:
    """The clock of a process that is started with `libraries` and `environment`: a file that says how far off it is."""

    IN_OPEN = 0x20
    # jemalloc asks for the time before libfaketime can tell it, and never starts: with these before it nobody calls it.
    WITHOUT_JEMALLOC = ("libstdc++.so.6", "libc.so.6")

    def __init__(self, path, own):
        """`own`: the folder of clock_waits.so."""
        libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not libraries:
            raise RuntimeError("libfaketime is missing; deploy/packages.sh test installs it")
        self.path, self.libraries = path, [os.path.join(own, "clock_waits.so"), libraries[0]]
        # Monotonic clocks and the times of files stay true. With the "fix" a JVM takes half a minute to start.
        self.environment = {"FAKETIME_TIMESTAMP_FILE": path, "FAKETIME_CACHE_DURATION": "1", "NO_FAKE_STAT": "1",
                            "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                            "FAKETIME_FORCE_MONOTONIC_FIX": "0"}
        self.write("+0")

    def write(self, offset):
        with open(f"{self.path}.new", "w", encoding="utf-8") as file:
            file.write(f"{offset}\n")
        os.replace(f"{self.path}.new", self.path)

    def step(self, offset):
        """Returns when the process has read it."""
        libc = ctypes.CDLL(None, use_errno=True)
        watch = libc.inotify_init1(os.O_CLOEXEC)
        try:
            self.write(offset)
            if libc.inotify_add_watch(watch, os.fsencode(self.path), self.IN_OPEN) < 0:
                raise OSError(ctypes.get_errno(), "inotify_add_watch")
            if not select.select([watch], [], [], PATIENCE)[0]:
                raise AssertionError(f"nobody looks at {self.path}")
        finally:
            os.close(watch)


class ServiceClockStepped(Fault):
    """Its clock jumps two days, and back. For that it is restarted with a clock that can be set, and again with the
    true one."""

    kind, on = "service_clock_stepped", "service"
    lasts = (3, 6)

    def do(self):
        self.want_broker()
        self.instance = self.hold_instance()
        name, offset = self.instance.name, self.random.choice(["+48h", "-48h"])
        self.what = f"the clock of {name} jumped by {offset}"
        self.clock = SetClock(self.cluster.at(f"{name}.clock"), self.cluster.libraries)
        self.cluster.restart(name, self.cluster.preloaded_by_service(
            *self.clock.libraries, *SetClock.WITHOUT_JEMALLOC) | self.clock.environment)
        self.wait_answers(self.instance)
        self.clock.step(offset)

    def undo(self):
        self.clock.step("+0")
        self.wait_answers(self.instance)
        # Waits of libraries on the wall clock, which went back by days, may keep it from ending in order.
        self.cluster.kill(self.instance.name)
        self.cluster.start(self.instance.name)
        self.wait_answers(self.instance)
