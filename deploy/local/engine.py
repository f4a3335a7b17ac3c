"""A data directory whose processes outlive the command that started them: what `kafka` and `redis` have in common.

Ports and settings stand in DIR/state.json, so that the same directory comes up again on the same ports. Each process
has a folder of its own with its configuration, its log and its pid; it is ours if its command line names that
configuration, and nothing else is ever signalled."""

import argparse
import contextlib
import fcntl
import json
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Names of files may have any letters, whatever the caller's locale.
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}
# For tests: libraries that brokers and servers load before their own, which these commands themselves need not bear.
PRELOAD = {"LD_PRELOAD": os.environ["ENGINE_PRELOAD"]} if "ENGINE_PRELOAD" in os.environ else {}


class Failure(Exception):
    """What the operator is told, without a stack trace."""


class NotInstalled(Failure):
    pass


def say(text):
    print(text, file=sys.stderr, flush=True)


def main(name, run):
    """Exit codes: 0 done, 1 failed or not ready, 2 usage, 3 not installed."""
    try:
        sys.exit(run(sys.argv[1:]))
    except NotInstalled as failure:
        say(f"{name}: {failure}")
        sys.exit(3)
    except Failure as failure:
        say(f"{name}: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def parser(name, doc):
    """The command line that both have, and its commands by name."""
    top = argparse.ArgumentParser(prog=name, description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(dest="command", required=True)
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    for command in ("up", "status", "down"):
        commands.add_parser(command).add_argument("--data", default=os.path.join(state, "sanyuan", name), metavar="DIR")
    commands.choices["up"].add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="to be ready; 60")
    commands.choices["down"].add_argument("--now", action="store_true",
                                          help="SIGKILL at once; for a DIR that is thrown away")
    return top, commands


def versions():
    """Those of the file versions; another Kafka, for a run, by SANYUAN_KAFKA."""
    with open(os.path.join(HERE, "versions"), encoding="utf-8") as file:
        pinned = dict(line.strip().split("=", 1) for line in file if "=" in line and not line.startswith("#"))
    return {**pinned, "KAFKA": os.environ.get("SANYUAN_KAFKA") or pinned["KAFKA"]}


def write(path, text, mode=0o644):
    """The file has the old content or the new, never a part."""
    partial = f"{path}.partial"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(partial)
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(partial, path)


def free_ports(count):
    """Below the ports that the kernel gives to outgoing connections: those could take one while its owner is down."""
    sockets = []
    try:
        for port in random.SystemRandom().sample(range(15000, 32000), 1000):
            if len(sockets) == count:
                break
            listener = socket.socket()
            try:
                listener.bind(("127.0.0.1", port))
                sockets.append(listener)
            except OSError:
                listener.close()
        return [listener.getsockname()[1] for listener in sockets]
    finally:
        for listener in sockets:
            listener.close()


class Folder:
    def __init__(self, path):
        self.path = os.path.realpath(path)

    def at(self, *names):
        return os.path.join(self.path, *names)

    @contextlib.contextmanager
    def locked(self):
        """One `up` or `down` at a time."""
        os.makedirs(self.path, mode=0o700, exist_ok=True)
        with open(self.at("lock"), "w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"waiting for another command on {self.path}")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def load(self):
        """The state, or nothing if the directory was never used."""
        try:
            with open(self.at("state.json"), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def save(self, state):
        write(self.at("state.json"), json.dumps(state, indent=1) + "\n")

    def refuse_if_foreign(self):
        strangers = sorted(set(os.listdir(self.path)) - {"lock"})
        if strangers:
            raise Failure(f"{self.path} was not made by this program and is not empty ({strangers[0]})")


CAUSE = re.compile(r" (?:ERROR|FATAL) |^(?:Caused by: )?[\w.$]+(?:Exception|Error)\b")


class Process:
    """One broker or server, running or not."""

    def __init__(self, folder, name, config):
        self.name, self.folder = name, folder.at(name)
        self.config = os.path.join(self.folder, config)
        self.log = os.path.join(self.folder, "server.log")
        self.output = os.path.join(self.folder, "output")
        self.child, self.log_from = None, 0

    def _open(self):
        """A pid and a handle that stays with that process even if its number is used again; or None."""
        try:
            with open(os.path.join(self.folder, "pid"), encoding="utf-8") as file:
                pid = int(file.read())
            handle = os.pidfd_open(pid)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return None
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            if os.fsencode(self.config) in file.read().split(b"\0"):
                return pid, handle
        os.close(handle)
        return None

    def pid(self):
        opened = self._open()
        if opened:
            os.close(opened[1])
        return opened[0] if opened else None

    def start(self, command):
        def record():  # By the process itself, before it becomes the engine: no moment at which nobody knows of it.
            with open(os.path.join(self.folder, "pid"), "w", encoding="utf-8") as file:
                file.write(str(os.getpid()))

        self.log_from = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.output, "wb") as output:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                          cwd=self.folder, env={**ENVIRONMENT, **PRELOAD}, start_new_session=True,
                                          preexec_fn=record)

    def ended(self):
        """The exit code of what `start` started, if it ended."""
        return self.child.poll() if self.child else None

    def tail(self, lines=20):
        """The first errors and the end of what the last start logged."""
        text = []
        for path, begin in ((self.log, self.log_from), (self.output, 0)):
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                file.seek(begin)
                text += file.read().decode(errors="replace").splitlines()
        errors = [line for line in text[:-lines] if CAUSE.search(line)][:8]
        return "\n".join([f"--- {self.log}", *errors, *(["..."] if errors else []), *text[-lines:], "---"])


class Engine:
    """The processes of a data directory by their ids, as its state describes them."""

    STOP_SECONDS = 15

    def __init__(self, folder, state, name, config):
        self.folder, self.state = folder, state
        self.nodes = {node["id"]: Process(folder, f"{name}-{node['id']}", config) for node in state["nodes"]}
        self.ports = {node["id"]: node["port"] for node in state["nodes"]}

    @property
    def addresses(self):
        return [f"127.0.0.1:{port}" for port in self.ports.values()]

    def stopped(self):
        return [node for node, process in self.nodes.items() if process.pid() is None]

    def unready(self, node_id):
        """Why this node does not serve, or None."""
        raise NotImplementedError

    def first_reason(self):
        return next((reason for node in self.nodes if (reason := self.unready(node))), None)

    def describe(self):
        """What a client wants to know."""
        raise NotImplementedError

    def status(self):
        nodes, reasons = [], []
        for node, process in self.nodes.items():
            pid = process.pid()
            reason = self.unready(node) if pid else f"{process.name} does not run"
            reasons += [reason] if reason else []
            nodes.append({"id": node, "address": f"127.0.0.1:{self.ports[node]}", "pid": pid,
                          "state": "ready" if not reason else "not ready" if pid else "stopped"})
        print(json.dumps({"ready": not reasons, **self.describe(), "nodes": nodes}))
        for reason in reasons:
            say(reason)
        return 1 if reasons else 0

    def up_line(self):
        print(json.dumps({**self.describe(), "pids": [process.pid() for process in self.nodes.values()]}), flush=True)
        return 0


def status(folder, engine):
    if state := folder.load():
        return engine(folder, state).status()
    print(json.dumps({"ready": False, "data": folder.path, "nodes": []}))
    return 1


def down(folder, engine, now):
    if folder.load():
        with folder.locked():
            stop(list(engine(folder, folder.load()).nodes.values()), 0 if now else engine.STOP_SECONDS)
    return 0


def stop(processes, seconds):
    """SIGTERM to all, after `seconds` SIGKILL to those that are left."""
    running = {process: opened for process in processes if (opened := process._open())}
    poll = select.poll()
    left = {handle: process for process, (_, handle) in running.items()}
    for handle in left:
        poll.register(handle, select.POLLIN)

    def signal_left(number):
        for handle in left:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, number)

    def wait_until(deadline):
        while left and (remaining := deadline - time.monotonic()) > 0:
            for handle, _ in poll.poll(remaining * 1000):
                poll.unregister(handle)
                os.close(handle)
                del left[handle]

    if seconds > 0:
        signal_left(signal.SIGTERM)
        wait_until(time.monotonic() + seconds)
        for process in left.values():
            say(f"{process.name} (pid {running[process][0]}) did not end within {seconds} s of SIGTERM: SIGKILL")
    signal_left(signal.SIGKILL)
    wait_until(time.monotonic() + 20)
    if left:
        raise Failure("not even SIGKILL ended " + ", ".join(f"{p.name} (pid {running[p][0]})" for p in left.values()))
    for process in running:
        if process.child:
            process.child.wait()


def wait_ready(started, reason_not_ready, seconds):
    """Until `reason_not_ready` gives None. If it does not in time, or something that was started ends before, what
    was started is stopped and the cause is told."""
    deadline = time.monotonic() + seconds
    try:
        while (reason := reason_not_ready()) is not None:
            for process in started:
                if (code := process.ended()) is not None:
                    raise Failure(f"{process.name} ended with {code} before it was ready\n{process.tail()}")
            if time.monotonic() > deadline:
                raise Failure("\n".join([f"not ready after {seconds:g} s: {reason}", *(p.tail() for p in started)]))
            time.sleep(0.05)  # Between two looks.
    except BaseException:
        stop(started, 0)
        raise
