#!/usr/bin/env python3
"""Runs clang-tidy on our own sources: tidy.py BUILD_FOLDER [FILE...]

A unit that was found clean is not looked at again until the text of a source, a header that it includes, its flags, .clang-tidy
or clang-tidy itself changes; the marks lie in $XDG_CACHE_HOME/sanyuan-tidy and may be deleted. Needs a built
BUILD_FOLDER (for the generated headers and the dependencies). Exits with 1 when there is a finding.
"""

import concurrent.futures
import functools
import hashlib
import json
import os
import re
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "common", "cmake"))
import ninja_deps  # noqa: E402  (it lives beside the build's own scripts)

OURS = re.compile(r"(?:common|services|tests)/")
# A unit includes its sources, which no source may do.
TOGETHER = "-bugprone-suspicious-include"
HEADERS_AND_SOURCES = r"/(common|services|tests)/([a-z0-9_]+/)*[a-z0-9_]+\.(h|cc)$"


@functools.cache
def fingerprint(path):
    """Of our files and generated ones the text; of the system's, which packages install, name and size."""
    if path.startswith(ROOT + "/"):
        with open(path, "rb") as file:
            return os.path.relpath(path, ROOT) + hashlib.sha256(file.read()).hexdigest()
    return f"{path} {os.path.getsize(path)}"


def key_of(command, files, tool):
    flags = command["command"].replace(ROOT, "")
    parts = [tool, flags, *sorted(map(fingerprint, files))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def sources(command):
    """What a unit is made of: itself, or the sources that the build compiles together. They share the headers that they
    read, so looking at them together takes as long as looking at one of them."""
    if not re.search("/Unity/unity_[^/]+$", command["file"]):
        return [os.path.realpath(command["file"])]
    with open(command["file"], encoding="utf-8") as unit:
        return [os.path.realpath(s) for s in re.findall('^#include "([^"]+)"', unit.read(), re.MULTILINE)]


def check(build, command, mark):
    """Returns the findings in one unit, "" for none."""
    # By where its sources are: units lie in the build folder.
    tests = all(os.path.relpath(source, ROOT).startswith("tests/") for source in sources(command))
    config = os.path.join(ROOT, "tests" if tests else "", ".clang-tidy")
    done = subprocess.run(
        ["clang-tidy", "-p", build, "--quiet", "--config-file=" + config, "--extra-arg=-Wno-unknown-warning-option", "--checks=" + TOGETHER,
         "--header-filter=" + HEADERS_AND_SOURCES, command["file"]],
        capture_output=True, text=True, check=False,
    )
    if done.returncode == 0:
        with open(mark, "w", encoding="utf-8"):
            return ""
    return done.stdout + ("" if "error:" in done.stdout else done.stderr)


def main(build, only):
    build = os.path.realpath(build)
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        units = json.load(file)
    reads = {}  # What each unit reads.
    for files in ninja_deps.read(os.path.join(build, ".ninja_deps")).values():
        files = [os.path.realpath(os.path.join(build, file)) for file in files]
        reads[files[0]] = files[1:]
    tool = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    tool += "".join(fingerprint(os.path.join(ROOT, config)) for config in (".clang-tidy", "tests/.clang-tidy"))
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "sanyuan-tidy")
    os.makedirs(cache, exist_ok=True)

    work, seen, clean = [], set(), 0
    for command in units:
        unit = os.path.realpath(command["file"])
        ours = {source for source in sources(command) if OURS.match(os.path.relpath(source, ROOT))}
        # What is built twice (with another define) is looked at once.
        if not ours - seen or (only and not ours & only):
            continue
        seen |= ours
        mark = os.path.join(cache, key_of(command, {*ours, *reads.get(unit, ())}, tool))
        if os.path.exists(mark):
            clean += 1
        else:
            work.append((command, mark))

    found = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(lambda job: check(build, *job), work):
            if findings:
                found += 1
                print(findings, flush=True)
    print(f"clang-tidy: {len(seen)} sources; of their units {clean} unchanged since they were clean, "
          f"{len(work)} looked at, {found} with findings")
    return 1 if found or not seen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], {os.path.realpath(path) for path in sys.argv[2:]}))
