"""What queries read, beside what the journals give: whatever stands in Redis is thrown away in between, so that it is made
anew."""

import contextlib
import itertools
import os
import tempfile

from cluster import wait_until

COUNTY = "620121"  # Of the day.


def _exported(instance):
    """Orders and allocations of the county, line by line; nothing while they can't be read."""
    lines = []
    with tempfile.TemporaryDirectory(prefix="sanyuan-rows-") as folder:
        for kind in ("orders", "allocations"):
            path = os.path.join(folder, kind)
            with contextlib.suppress(AssertionError):  # As ctl says that it was refused.
                instance.server.ctl("export", kind, "--county", COUNTY, "--out", path)
            if not os.path.exists(path):
                return []
            with open(path, encoding="utf-8") as file:
                lines += [f"{kind} {line.strip()}" for line in file]
    return lines


def differences(cluster):
    """What is read otherwise than it is when it was made anew, when all is quiet. Redis is emptied by this."""
    instances = list(cluster.instances.values())
    read = [wait_until("views are read", lambda one=one: _exported(one)) for one in instances]
    cluster.redis_call("FLUSHALL")
    anew = wait_until("views are read again", lambda: _exported(instances[0]))
    return [f"{instance.name} read {before}, and it is {after}" for instance, lines in zip(instances, read)
            for before, after in itertools.zip_longest(lines, anew) if before != after]
