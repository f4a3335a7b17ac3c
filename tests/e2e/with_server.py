#!/usr/bin/env python3
"""Runs a program against a server of its own: with_server.py BINARIES PROGRAM [ARGUMENT]...

The program finds the server in SANYUAN_SERVER. The server has a soft limit of 1,024 open files, and must still be
alive, ready and able to end in order when the program is done."""

import json
import os
import resource
import subprocess
import sys
import tempfile

from server import Server

SOFT_LIMIT = 1024


def main():
    binaries, *program = sys.argv[1:]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT_LIMIT, hard))
    with tempfile.TemporaryDirectory(prefix="sanyuan-e2e-") as folder, \
            Server(binaries, os.path.join(folder, "data"), "--partitions", "1") as server:
        server.ctl("clock", "--set", "2019-08-05T09:00:00+08:00")
        code = subprocess.run(program, env=dict(os.environ, SANYUAN_SERVER=server.grpc)).returncode
        status, body = server.get("/readyz")
        if status != 200 or not json.loads(body)["ready"]:
            raise SystemExit(f"the server is not ready afterwards: {status} {body}")
        if server.stop() != 0:
            raise SystemExit("the server did not end in order: " + server.errors()[-2000:])
    sys.exit(code)


if __name__ == "__main__":
    main()
