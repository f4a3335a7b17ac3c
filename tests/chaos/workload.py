"""The hand on the program chaos_workload, and what its ledger says of time."""

import bisect
import json
import os
import queue
import subprocess
import tempfile
import threading


class Stopped(RuntimeError):
    """The workload ended before it was to."""


class Workload:
    """A day that waits at the beginning of each stage until it is told to go on."""

    def __init__(self, binaries, servers, ledger, *flags):
        self.program, self.ledger = os.path.join(binaries, "chaos_workload"), ledger
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [self.program, "play", *(part for server in servers for part in ("--server", server)), "--ledger", ledger,
             *map(str, flags)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.said = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.read, self.times, self.rest = 0, [], b""

    def _listen(self):
        for line in self.process.stdout:
            self.said.put(json.loads(line))
        self.said.put(None)

    def next(self):
        """The next stage, or in the end the summary."""
        said = self.said.get()
        if said is None:
            self.process.wait()
            self.errors.seek(0)
            raise Stopped(f"the workload ended with {self.process.returncode}: {self.errors.read().decode()[-3000:]}")
        return said

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def answers(self):
        """When answers came that say what became of a command, in seconds of the monotonic clock, ascending."""
        with open(self.ledger, "rb") as file:
            file.seek(self.read)
            data = self.rest + file.read()
            self.read = file.tell()
        *lines, self.rest = data.split(b"\n")
        for line in lines:
            if line.startswith((b"acknowledged ", b"refused ")):
                bisect.insort(self.times, int(line[line.rindex(b" ") + 1:]) / 1000)
        return self.times

    def longest_silence(self, begin, end):
        """The longest time without an answer that touches the seconds from `begin` to `end`."""
        times = self.answers()
        first = max(0, bisect.bisect_left(times, begin) - 1)
        last = min(len(times), bisect.bisect_right(times, end) + 1)
        return max((after - before for before, after in zip(times[first:last], times[first + 1:last])), default=0.0)

    def audit(self, place):
        """What the journals say of the ledger."""
        done = subprocess.run([self.program, "audit", "--ledger", self.ledger, *place], capture_output=True, text=True,
                              check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"the audit ended with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()
