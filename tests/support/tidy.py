#!/usr/bin/env python3
"""Runs clang-tidy on our own sources: tidy.py BUILD_FOLDER [FILE...]

What was found clean is not looked at again until its text, a header that it includes, its flags, .clang-tidy
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
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "common", "cmake"))
import ninja_deps  # noqa: E402  (it lives beside the build's own scripts)

OURS = re.compile(r"(?:common|services|tests)/")


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


def apart(command):
    """The commands that compile each source of a unit alone; so it must include what it uses."""
    if not re.search("/Unity/unity_[^/]+$", command["file"]):
        return [command]
    with open(command["file"], encoding="utf-8") as unit:
        sources = re.findall('^#include "([^"]+)"', unit.read(), re.MULTILINE)
    return [{**command, "file": s, "command": command["command"].replace(command["file"], s)} for s in sources]


def check(build, command, mark):
    """Returns the findings in one source, "" for none."""
    done = subprocess.run(
        ["clang-tidy", "-p", build, "--quiet", "--extra-arg=-Wno-unknown-warning-option", command["file"]],
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
    commands = [command for unit in units for command in apart(unit)]
    included = {}  # what each source reads, itself first
    for files in ninja_deps.read(os.path.join(build, ".ninja_deps")).values():
        files = [os.path.realpath(os.path.join(build, file)) for file in files]
        for source in files[:1] + [file for file in files if file.endswith(".cc")]:
            included.setdefault(source, files)
    tool = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    tool += "".join(fingerprint(os.path.join(ROOT, config)) for config in (".clang-tidy", "tests/.clang-tidy"))
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "sanyuan-tidy")
    os.makedirs(cache, exist_ok=True)

    work, seen, clean = [], set(), 0
    for command in commands:
        source = os.path.realpath(command["file"])
        # A source that is built twice (with another define) is one source.
        if not OURS.match(os.path.relpath(source, ROOT)) or source in seen or (only and source not in only):
            continue
        seen.add(source)
        mark = os.path.join(cache, key_of(command, included.get(source, [source]), tool))
        if os.path.exists(mark):
            clean += 1
        else:
            work.append((command, mark))

    found = 0
    with tempfile.TemporaryDirectory() as alone, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        with open(os.path.join(alone, "compile_commands.json"), "w", encoding="utf-8") as file:
            json.dump(commands, file)
        for findings in pool.map(lambda job: check(alone, *job), work):
            if findings:
                found += 1
                print(findings, flush=True)
    print(f"clang-tidy: {len(seen)} sources, {clean} unchanged since they were clean, {found} with findings")
    return 1 if found or not seen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], {os.path.realpath(path) for path in sys.argv[2:]}))
