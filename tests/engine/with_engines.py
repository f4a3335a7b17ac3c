#!/usr/bin/env python3
"""Runs a program against real engines of its own.

  with_engines.py [--kafka 1|3] [--kafka-setting KEY=VALUE]... [--redis [1|3]] -- PROGRAM [ARGUMENT]...

The program finds them in
  SANYUAN_TEST_KAFKA                  HOST:PORT,... to begin with
  SANYUAN_TEST_REDIS                  HOST:PORT, or all three of a cluster
  SANYUAN_TEST_REDIS_USER, SANYUAN_TEST_REDIS_PASSWORD_FILE
  SANYUAN_TEST_KAFKA_DATA, SANYUAN_TEST_REDIS_DATA    for deploy/local/kafka and redis, e.g. after a kill
Its exit code is the program's, or 77 (skipped) if an engine is not installed. Nothing is left running."""

import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import engines  # pylint: disable=wrong-import-position

SKIPPED = 77
PR_SET_PDEATHSIG = 1


def environment(kafka, redis):
    found = {}
    if kafka:
        found.update(SANYUAN_TEST_KAFKA=kafka.bootstrap, SANYUAN_TEST_KAFKA_DATA=kafka.data)
    if redis:
        found.update(SANYUAN_TEST_REDIS=",".join(redis.addresses), SANYUAN_TEST_REDIS_DATA=redis.data,
                     SANYUAN_TEST_REDIS_USER=redis.user, SANYUAN_TEST_REDIS_PASSWORD_FILE=redis.password_file)
    return found


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kafka", type=int, choices=(1, 3))
    parser.add_argument("--kafka-setting", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--redis", type=int, choices=(1, 3), nargs="?", const=1)
    place = arguments.index("--") if "--" in arguments else len(arguments)
    chosen, program = parser.parse_args(arguments[:place]), arguments[place + 1:]
    if not program:
        parser.error("no program after --")
    settings = dict(pair.split("=", 1) for pair in chosen.kafka_setting)
    libc = ctypes.CDLL(None)
    with contextlib.ExitStack() as stack:
        try:
            kafka = stack.enter_context(engines.kafka(chosen.kafka, settings)) if chosen.kafka else None
            redis = stack.enter_context(engines.redis(chosen.redis)) if chosen.redis else None
        except engines.NotInstalled as reason:
            print(f"skipped: {reason}")
            return SKIPPED
        code = subprocess.run(program, env={**os.environ, **environment(kafka, redis)}, check=False,
                              preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)).returncode
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
