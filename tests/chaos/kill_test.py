#!/usr/bin/env python3
"""kill -9 at random moments of a day: nothing acknowledged is lost or done twice.

The day's client carries on with the same request ids, so the business state at the end must be that of a day that
nobody disturbed. Usage: kill_test.py BINARIES [--days N] [--kills N] [--seed N]"""

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
from server import Server  # noqa: E402

RETAILERS = "300"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def play(binaries, folder, name, kills, random_source):
    """One day with that many kills; gives its figures and how often it was killed before it was over."""
    data = os.path.join(folder, name)
    port = free_port()
    server = Server(binaries, data, listen=f"127.0.0.1:{port}")
    client = subprocess.Popen([os.path.join(binaries, "sanyuanctl"), "--server", server.grpc, "--json", "demo", "day",
                               "--retailers", RETAILERS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    killed = 0
    try:
        while client.poll() is None and killed < kills:
            try:
                # The moment of the kill, not a wait for anything: whatever the server does then is hit.
                client.wait(random_source.uniform(0.02, 0.3))
            except subprocess.TimeoutExpired:
                server.kill()
                server.close()
                server = Server(binaries, data, listen=f"127.0.0.1:{port}")
                killed += 1
        out, errors = client.communicate(timeout=300)
        if client.returncode != 0:
            raise SystemExit(f"{name}: the day ended with {client.returncode}: {errors}")
        live = server.ctl("digest")
        if server.ctl("digest", "--data", data) != live:
            raise SystemExit(f"{name}: replay and live state differ")
        return json.loads(out), killed
    finally:
        if client.poll() is None:
            client.kill()
        server.kill()
        server.close()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("binaries")
    arguments.add_argument("--days", type=int, default=2)
    arguments.add_argument("--kills", type=int, default=25, help="of each day, at most")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    total = 0
    with tempfile.TemporaryDirectory(prefix="sanyuan-kill-") as folder:
        undisturbed, _ = play(options.binaries, folder, "undisturbed", 0, None)
        for day in range(options.days):
            seed = options.seed + day
            figures, killed = play(options.binaries, folder, f"day-{seed}", options.kills, random.Random(seed))
            total += killed
            for figure in ("business_digest", "journal_ok", "balanced", "orders_accepted", "cartons_allocated"):
                if figures[figure] != undisturbed[figure]:
                    raise SystemExit(f"seed {seed}: {figure} is {figures[figure]} after {killed} kills, "
                                     f"{undisturbed[figure]} without")
            print(f"seed {seed}: killed {killed} times, the state is that of an undisturbed day")
    if total < options.days:
        raise SystemExit(f"only {total} kills in {options.days} days: this showed nothing")
    print(f"{total} kills in {options.days} days")


if __name__ == "__main__":
    main()
