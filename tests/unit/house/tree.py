"""The project's own files, as the house rules see them."""

import functools
import os
import subprocess

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
PASSED_BY = {".git", "build", "node_modules", "__pycache__"}


@functools.cache
def files():
    """Paths from ROOT of everything that belongs to the project, sorted. A copy without git is walked."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "-c", f"safe.directory={ROOT}", "ls-files", "-z", "-co", "--exclude-standard"],
        capture_output=True, text=True, check=False,
    ) if os.path.exists(os.path.join(ROOT, ".git")) else None
    if listed and listed.returncode == 0:
        found = [path for path in listed.stdout.split("\0") if path and os.path.isfile(os.path.join(ROOT, path))]
        return sorted(found)
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in PASSED_BY]
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(found)


@functools.cache
def text(path):
    """The lines of a text file, [] for a binary one."""
    with open(os.path.join(ROOT, path), "rb") as file:
        data = file.read()
    return [] if b"\0" in data[:8192] else data.decode("utf-8").splitlines()
