"""Public events beside the journals that they come from: the journals read where they lie, and the topics by a client
and by libraries that nobody here wrote (deploy/packages.sh events installs those)."""

import collections
import json
import os
import subprocess

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
DOCUMENT = os.path.join(ROOT, "proto", "asyncapi.yaml")
MODULES = os.path.join(ROOT, "build", "tools", "events", "node_modules")


def installed():
    return os.path.isdir(MODULES)


def node(script, *arguments, code=0):
    """Standard output of a script of the folder events."""
    done = subprocess.run(["node", os.path.join(HERE, "events", script), *arguments], capture_output=True, text=True,
                          env={**os.environ, "NODE_PATH": MODULES}, check=False)
    if done.returncode != code:
        raise AssertionError(f"{script} gave {done.returncode}, not {code}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def records_of(binaries, place, context, partition):
    """All records of a journal, as `journal cat` reads them where they lie."""
    offset = 0
    while True:
        done = subprocess.run([os.path.join(binaries, "sanyuanctl"), "--json", "journal", "cat", *place, "--context",
                               context, "--partition", str(partition), "--offset", str(offset), "--limit", "10000"],
                              capture_output=True, text=True, check=True)
        lines = done.stdout.splitlines()
        if not lines:
            return
        for line in lines:
            record = json.loads(line)
            offset = record["offset"] + 1
            yield record


def accepted_events(records):
    """Ids and types of what the journal's rule accepts."""
    at = None
    for record in records:
        if not record["sound"]:
            continue
        takes_over = record["kind"] == "take-over"
        if at is None:
            accepted = record["kind"] == "genesis"
        else:
            accepted = (record["prev"] == at["digest"] and record["height"] == at["height"] + 1
                        and (takes_over or record["term"] == at["term"]))
        if not accepted:
            continue
        at = record
        for index, kind in enumerate(record["events"]):
            yield f"{record['journal_id']}-{record['height']}-{index}-{record['digest'][:16]}", kind


def accepted(binaries, place, journals):
    """What was accepted in these journals, pairs of context and partition, by topic and partition."""
    prefix = place[place.index("--topic-prefix") + 1]
    return {(f"{prefix}sanyuan.{context}.events", partition):
            list(accepted_events(records_of(binaries, place, context, partition))) for context, partition in journals}


def published(bootstrap, prefix):
    """All events that came, in the order of each partition; what the document does not know is an error."""
    came = json.loads(node("consumer.js", bootstrap, prefix, DOCUMENT))
    if came["problems"]:
        raise AssertionError(came["problems"][:5])
    return came["events"]


def differences(taken, events):
    """What a consumer that drops repeated ids misses, gets too much, or gets out of order."""
    of_place = collections.defaultdict(dict)
    for event in events:
        of_place[event["topic"], event["partition"]].setdefault(event["id"], event["type"])
    found = []
    for place, wanted in taken.items():
        if missing := [event for event in wanted if event[0] not in of_place[place]]:
            found.append(f"{place}: {len(missing)} not published, the first is {missing[0]}")
        elif list(of_place[place].items()) != wanted:
            found.append(f"{place}: published otherwise than it was accepted")
    return found + [f"{place}: published, and no journal is behind it" for place in set(of_place) - set(taken)]
