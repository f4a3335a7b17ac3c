"""Reads Ninja's dependency log, which a running Ninja is still writing.

`ninja -t deps` cannot be used inside a build: opening the log may compact or cut it under the running build.
"""

import struct

SIGNATURE = b"# ninjadeps\n"
VERSION = 4


def read(path):
    """Returns {object: [what it was compiled from]} of the log at `path`, all paths as Ninja spells them.

    A record that is only half written yet ends the reading. Raises ValueError for a log of another version.
    """
    with open(path, "rb") as log:
        data = log.read()
    header = len(SIGNATURE) + 4
    if data[: len(SIGNATURE)] != SIGNATURE or len(data) < header:
        raise ValueError(f"{path} is no dependency log of Ninja")
    (version,) = struct.unpack_from("<i", data, len(SIGNATURE))
    if version != VERSION:
        raise ValueError(f"{path} has version {version}, known is {VERSION}: ninja 1.10 to 1.13")

    paths, dependencies = [], {}
    at = header
    while at + 4 <= len(data):
        (word,) = struct.unpack_from("<I", data, at)
        at += 4
        size, is_dependencies = word & 0x7FFFFFFF, word >> 31
        if at + size > len(data):
            break
        if is_dependencies:  # object, modification time (8 bytes), then its dependencies; the last record counts
            output, _, _, *inputs = struct.unpack_from(f"<{size // 4}I", data, at)
            dependencies[output] = inputs
        else:  # a path, padded with zero bytes, and a checksum
            paths.append(data[at : at + size - 4].rstrip(b"\0").decode("utf-8", "surrogateescape"))
        at += size
    return {paths[output]: [paths[i] for i in inputs] for output, inputs in dependencies.items()}
