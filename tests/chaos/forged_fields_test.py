#!/usr/bin/env python3
"""Changes single fields of a day's decisions, sealed anew, and shows that each is found that the state still shows.

Usage: forged_fields_test.py BINARIES [--changes N] [--seed N] [--list]"""

import argparse
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
from server import Server  # noqa: E402

# Few shops make short journals: every change costs a replay.
RETAILERS = "60"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("binaries")
    arguments.add_argument("--changes", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--list", action="store_true", help="every kind of field with what became of it")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="sanyuan-forged-") as folder:
        data = os.path.join(folder, "day")
        with Server(options.binaries, data, "--partitions", "1") as server:
            server.ctl("demo", "day", "--retailers", RETAILERS)
            server.stop()
        # Its take-overs record the state that the day has ended with.
        with Server(options.binaries, data, "--partitions", "1") as server:
            server.stop()
        command = [os.path.join(options.binaries, "forged_fields_test"), data, "--changes", str(options.changes),
                   "--seed", str(options.seed)]
        return subprocess.run(command + (["--list"] if options.list else []), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
