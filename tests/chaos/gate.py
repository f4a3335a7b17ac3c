#!/usr/bin/env python3
"""A TCP gate on loopback: what clients send to its port reaches a server as the network of the moment lets it.

    with Gate() as gate:
        gate.toward(port)      # Of the server.
        gate.delay(200)        # Or cut(), half_open(), slow(20_000); open() ends any of them.
        gate.counts()          # What it did so far.

Each gate is a process of its own and ends with the one that made it. A call returns when the gate does what was
asked."""

import asyncio
import collections
import json
import os
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "deploy", "local"))
from engine import free_ports  # noqa: E402

MOST_WAITING = 1 << 20  # Bytes on their way to one side; the other side is not read while there are more.
PIECES_A_SECOND = 20    # In which a slow gate hands bytes on.


class Gate:
    """The hand on a gate's process."""

    def __init__(self):
        [self.port] = free_ports(1)
        self.process = subprocess.Popen([sys.executable, "-B", os.path.realpath(__file__), str(self.port)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lock = threading.Lock()
        if not self.process.stdout.readline():
            raise RuntimeError(f"no gate at port {self.port}: {self.process.wait()}")

    def _ask(self, command, value=0):
        with self.lock:
            self.process.stdin.write(json.dumps([command, value]) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())

    def toward(self, port):
        self._ask("toward", port)

    def open(self):
        """As if nothing had been: what waits is sent at once, and connections that were half open are reset."""
        return self._ask("open")

    def delay(self, milliseconds):
        """Each way, so an answer takes twice as long more."""
        return self._ask("delay", milliseconds)

    def slow(self, bytes_per_second):
        """Each way, all connections together."""
        return self._ask("slow", bytes_per_second)

    def cut(self):
        """Resets all connections and refuses new ones."""
        return self._ask("cut")

    def half_open(self):
        """Keeps the connections and swallows what is sent, ends too; new ones are accepted and get no answer."""
        return self._ask("half_open")

    def counts(self):
        """Connections that are there, connections ever, bytes handed on, and bytes swallowed."""
        return self._ask("counts")

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Side(asyncio.Protocol):
    """One end of a connection. What arrives here is handed to `other`, which sends it when it is due."""

    def __init__(self, server, way):
        self.server, self.way = server, way
        self.other = self.transport = self.timer = None
        self.line = collections.deque()  # Due times and bytes that wait to be sent here.
        self.waiting = 0
        self.holds = set()  # Why nothing is read here.

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.sides.add(self)

    def data_received(self, data):
        if self.server.swallows:
            self.server.swallowed += len(data)
        elif self.other:
            self.other.send(data)

    def eof_received(self):
        return self.server.swallows  # True: the connection stays, as far as it is known here.

    def connection_lost(self, error):
        self.server.sides.discard(self)
        if self.timer:
            self.timer.cancel()
        if self.other and not self.server.swallows:
            if error:
                self.other.reset()
            else:
                self.other.finish()

    def pause_writing(self):
        self.other.hold("full")

    def resume_writing(self):
        self.other.let("full")

    def hold(self, why):
        self.holds.add(why)
        self.transport.pause_reading()

    def let(self, why):
        self.holds.discard(why)
        if not self.holds:
            self.transport.resume_reading()

    def send(self, data):
        self.server.handed_on += len(data)
        if not self.line and not self.server.waits:
            self.transport.write(data)
            return
        for due, piece in self.server.schedule(self.way, data):
            self.line.append((due, piece))
        self.waiting += len(data)
        if self.waiting > MOST_WAITING and self.other:
            self.other.hold("waiting")
        self.wake()

    def wake(self):
        if self.line and not self.timer:
            self.timer = self.server.loop.call_at(self.line[0][0], self.send_due)

    def send_due(self, everything=False):
        if self.timer:
            self.timer.cancel()
            self.timer = None
        now = self.server.loop.time()
        while self.line and (everything or self.line[0][0] <= now):
            _, piece = self.line.popleft()
            self.waiting -= len(piece)
            self.transport.write(piece)
        if self.waiting <= MOST_WAITING and self.other and "waiting" in self.other.holds:
            self.other.let("waiting")
        if not self.line and "ends" in self.holds:
            self.transport.close()
        self.wake()

    def finish(self):
        """The other side has ended: after what waits this one ends too."""
        if self.line:
            self.hold("ends")
        else:
            self.transport.close()

    def reset(self):
        if not self.transport.is_closing():
            linger = struct.pack("ii", 1, 0)  # The kernel then sends a reset, not an end.
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()


class Server:
    """What the process of a gate runs."""

    def __init__(self, port):
        self.loop = asyncio.get_running_loop()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.setblocking(False)
        self.listener.bind(("127.0.0.1", port))
        self.target, self.sides, self.tasks = None, set(), set()
        self.connections = self.handed_on = self.swallowed = 0
        self.seconds = self.rate = 0  # Of delay; bytes a second.
        self.free = {}  # By way: when a slow gate can take the next byte.
        self.swallows = self.refuses = False
        self.listen()

    @property
    def waits(self):
        return self.seconds or self.rate

    def listen(self):
        self.listener.listen(256)
        self.loop.add_reader(self.listener, self.accept)

    def accept(self):
        try:
            client, _ = self.listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.connections += 1
        task = self.loop.create_task(self.connect(client))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def connect(self, client):
        _, near = await self.loop.connect_accepted_socket(lambda: Side(self, "back"), client)
        if self.swallows:
            return
        near.hold("connecting")
        try:
            _, far = await self.loop.create_connection(lambda: Side(self, "forth"), "127.0.0.1", self.target)
        except OSError:
            near.reset()
            return
        near.other, far.other = far, near
        if self.refuses or near.transport.is_closing():
            near.reset()
            far.reset()
            return
        near.let("connecting")

    def schedule(self, way, data):
        """When which part of the data goes out."""
        now = self.loop.time()
        if not self.rate:
            return [(now + self.seconds, data)]
        step, plan = max(1, self.rate // PIECES_A_SECOND), []
        for start in range(0, len(data), step):
            piece = data[start:start + step]
            self.free[way] = max(self.free.get(way, now), now) + len(piece) / self.rate
            plan.append((self.free[way] + self.seconds, piece))
        return plan

    def do(self, command, value):
        if command == "toward":
            self.target = value
        elif command != "counts":
            self.change(command, value)
        return {"connections": len(self.sides), "ever": self.connections, "handed_on": self.handed_on,
                "swallowed": self.swallowed}

    def change(self, mode, value):
        if self.swallows and mode != "half_open":
            # What was swallowed is missing: neither side may go on as if nothing had been.
            self.reset_all()
        self.swallows = mode == "half_open"
        self.seconds = value / 1000 if mode == "delay" else 0
        self.rate = value if mode == "slow" else 0
        self.free = {}
        if mode == "cut":
            self.reset_all()
            if not self.refuses:
                self.loop.remove_reader(self.listener)
                self.listener.shutdown(socket.SHUT_RDWR)  # It listens no more and keeps its port.
        elif self.refuses:
            self.listen()
        self.refuses = mode == "cut"
        if not self.waits and not self.swallows:
            for side in list(self.sides):
                side.send_due(everything=True)

    def reset_all(self):
        for side in list(self.sides):
            side.reset()


async def serve(port):
    server = Server(port)
    commands = asyncio.StreamReader()
    await server.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print("ready", flush=True)
    while line := await commands.readline():
        print(json.dumps(server.do(*json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
