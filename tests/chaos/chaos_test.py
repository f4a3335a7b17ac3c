#!/usr/bin/env python3
"""A day of two instances of each service on three brokers and Redis, all real, while faults strike: nothing that was
acknowledged is missing, nothing is done twice, goods and allowances are conserved, feeds and public events are
complete.

What was sent and what was answered stands in a ledger outside of the system. Faults are drawn by seed; some strike
while others last. The report is one page.
Usage: chaos_test.py BINARIES [--small] [--faults N] [--amendments N] [--retailers N] [--seed N] [--only KIND,...]
                     [--report FILE] [--logs DIR]"""

import argparse
import collections
import contextlib
import json
import os
import random
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "support")]
import faults  # noqa: E402
import published_events  # noqa: E402
import views  # noqa: E402
from cluster import Cluster, wait_until  # noqa: E402
from workload import Workload  # noqa: E402

RUSH = "amendments"
# Stages of the day with a fault that strikes as they begin; all others strike in the rush.
BEFORE = ["agreements", "orders"]
AFTER = ["cut-off and allocation", "payments", "deliveries", "inspections and tickets", "clues"]
# Of a hundred groups of faults so many are of two.
PAIRS = 40


class Chaos:
    def __init__(self, cluster, workload, source, kinds):
        self.cluster, self.workload, self.source = cluster, workload, source
        self.left = list(kinds)  # Those to come, the next one last.
        self.stage = None
        self.struck = []  # Kind, and seconds of the longest silence.

    def strike(self, most):
        """One fault, or two at once if they hurt different parts."""
        group, begun = [], time.monotonic()
        wanted = min(most, 2 if self.source.randrange(100) < PAIRS else 1)
        for index in reversed(range(len(self.left))):
            kind = self.left[index]
            fault = faults.KINDS[kind]()
            try:
                fault.strike(self.cluster, self.source)
            except faults.Busy as busy:
                say(f"   not now: {busy}")
                continue
            say(f"{len(self.struck) + len(group) + 1}. {kind}: {fault.what}")
            group.append(fault)
            del self.left[index]
            if len(group) == wanted:
                break
        return group, begun

    def mend(self, group, begun):
        """Returns when the workload has gone on."""
        time.sleep(max((fault.seconds(self.source) for fault in group), default=0.1))
        self.source.shuffle(group)
        # Instances are not back before their brokers are.
        group.sort(key=lambda fault: fault.on not in ("broker", "network"))
        for fault in group:
            fault.mend()
        mended = time.monotonic()
        wait_until("the workload goes on", lambda: self.workload.answers()[-1:] > [mended] or self.over())
        if self.stage == RUSH and self.over():
            raise AssertionError(f"the rush is over: {self.workload.next()}")
        silence = self.workload.longest_silence(begun, mended)
        self.struck += [(fault.kind, silence) for fault in group]
        say(f"   mended, the longest silence was {silence:.1f} s")

    def over(self):
        return not self.workload.said.empty()

    def play(self):
        """The whole day; gives what the workload says in the end."""
        while True:
            said = self.workload.next()
            if "stage" not in said:
                return said
            self.stage = stage = said["stage"]
            say(f"-- {stage}")
            if stage == RUSH:
                while len(self.left) > len(AFTER):
                    self.mend(*self.strike(len(self.left) - len(AFTER)))
                self.workload.go_on()
            elif stage in BEFORE + AFTER and self.left:
                struck = self.strike(1)
                self.workload.go_on()
                self.mend(*struck)
            else:
                self.workload.go_on()


def say(text):
    print(text, flush=True)


def drawn_kinds(source, count, only, small):
    """Each kind once before any comes twice."""
    kinds = list(only or [kind for kind in faults.SOUND if faults.KINDS[kind].small or not small])
    drawn = []
    while len(drawn) < count:
        source.shuffle(kinds)
        drawn += kinds
    return drawn[:count]


def findings(cluster, workload, said):
    """What is wrong in the end, one line each, and figures for the report."""
    wrong = []

    def want(what, right, detail=""):
        if not right:
            wrong.append(f"{what}: {detail}" if detail else what)

    cluster.wait_ready(halted_is_ready=True)
    servers = [instance.server for instance in cluster.instances.values()]
    place, summary = cluster.journals.place, said["summary"]
    want("feeds", not said["feed_wrong"], said["feed_wrong"])
    want("the day's books are balanced", summary["balanced"])
    want("acknowledged commands are in sound journals", summary["journal_ok"])
    audit = workload.audit(place)
    want("the ledger", audit["clean"], json.dumps(audit))
    digests = {json.dumps(server.ctl("digest")) for server in servers}
    want("all instances tell one digest", len(digests) == 1)
    want("the digest by replay is the live one", digests == {json.dumps(servers[0].ctl("digest", *place))})
    want("journal verify", servers[0].ctl("journal", "verify", *place)["sound"])
    want("nothing halts on a sound log", not cluster.halted(), json.dumps(cluster.halted()))
    differ = views.differences(cluster)
    want("views are what the journals give", not differ, "; ".join(differ[:3]))
    wait_until("all is published", lambda: published_all(cluster))
    events = published_events.published(cluster.kafka.bootstrap, cluster.journals.prefix)
    accepted = published_events.accepted(cluster.binaries, place, sorted(cluster.partitions()))
    found = published_events.differences(accepted, events)
    want("public events", not found, "; ".join(found[:3]))
    figures = {key: audit[key] for key in ("commands", "acknowledged", "refused", "unknown", "unknown_there", "missing",
                                           "twice", "contradicted", "foreign")}
    ids = {event["id"] for event in events}
    figures |= {"public_events": len(ids), "public_events_repeated": len(events) - len(ids)}
    return wrong, figures


def published_all(cluster):
    """Whether those who lead have published whatever is in their journals."""
    return not any(lag for instance in cluster.instances.values()
                   for lag in instance.metric("sanyuan_events_lag_records").values())


def page(args, chaos, said, figures, wrong, seconds):
    """The report."""
    silences = collections.defaultdict(list)
    for name, silence in chaos.struck:
        silences[name].append(silence)
    lines = [f"# Chaos run of seed {args.seed}", "",
             f"{len(chaos.struck)} faults of {len(silences)} kinds, {figures['commands']} commands, {seconds:.0f} s.",
             "",
             "| kind of fault | times | longest time without an answer, s |", "|---|---|---|"]
    lines += [f"| {name} | {len(of)} | {max(of):.1f} |" for name, of in sorted(silences.items())]
    lines += ["", "Two faults at once share their time.", "", "| what | figure |", "|---|---|"]
    lines += [f"| {name.replace('_', ' ')} | {value} |" for name, value in figures.items()]
    lines += [f"| attempts without an answer | {said['unanswered_attempts']} |",
              f"| amendments: done, refused, abandoned by their senders | {said['amended']}, "
              f"{said['amendments_refused']}, {said['abandoned']} |",
              f"| events in the feed of clues | {said['summary']['clue_feed_events']} |",
              f"| balanced, sound | {said['summary']['balanced']}, {said['summary']['journal_ok']} |"]
    lines += ["", *(["Found wrong:", *(f"- {line}" for line in wrong)] if wrong else ["Nothing was found wrong."]), ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("--faults", type=int, default=30)
    parser.add_argument("--amendments", type=int, default=0)
    parser.add_argument("--retailers", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], help="kinds of faults, by name")
    parser.add_argument("--small", action="store_true", help="one broker, and two instances with all services each")
    parser.add_argument("--report", help="file for the page")
    parser.add_argument("--logs", help="folder for the ledger and what all processes said, when something is wrong")
    args = parser.parse_args()
    source = random.Random(args.seed)
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = tempfile.mkdtemp(prefix="sanyuan-chaos-")
        stack.callback(shutil.rmtree, folder)
        cluster = stack.enter_context(Cluster(args.binaries, small=args.small))
        saved = stack.enter_context(contextlib.ExitStack())
        if args.logs:
            saved.callback(cluster.save_logs, args.logs)
            saved.callback(shutil.copytree, folder, os.path.join(args.logs, "ledger"), dirs_exist_ok=True)
        cluster.wait_ready()
        workload = Workload(args.binaries, cluster.addresses(), os.path.join(folder, "ledger"), "--retailers",
                            args.retailers, "--amendments", args.amendments, "--seed", args.seed)
        stack.callback(workload.close)
        chaos = Chaos(cluster, workload, source, drawn_kinds(source, args.faults, args.only, args.small))
        said = chaos.play()
        wrong, figures = findings(cluster, workload, said)
        if chaos.left:
            wrong.append(f"these faults never struck: {', '.join(chaos.left)}")
        if not wrong:
            saved.pop_all()
        text = page(args, chaos, said, figures, wrong, time.monotonic() - begun)
    print(text)
    if args.report:
        with open(args.report, "w", encoding="utf-8") as file:
            file.write(text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
