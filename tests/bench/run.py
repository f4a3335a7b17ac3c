#!/usr/bin/env python3
"""All benchmarks, as one table.

  tests/bench/run.py [--quick] [--only NAMES] [--build DIR] [--runs N] [--scratch DIR]

Needs a build with BUILD_TESTING (DIR: build/release). NAMES are of: orders, day, allocation, restart, journal,
log, and on brokers of deploy/local: kafka (orders once more), services (five programs and Redis: orders asked of the
wrong one, and what each process costs), kafka-restart, failover (two instances, one of which is killed or ended again
and again); separated by commas, all but those on brokers unless told. --quick takes tiny sizes: it shows that everything
runs, not how fast. What is compared runs interleaved, and the table shows medians. Exits with 1 when something fails; a figure that falls short of its
aim is marked and is no failure. What each row means stands in README.md beside this file.
"""

import argparse
import contextlib
import datetime
import glob
import json
import os
import platform
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
import engines  # pylint: disable=wrong-import-position

COUNTIES = 87  # Of the order rate: the cells of a province.
SERVICES = ["registry", "order-intake", "allocation", "delivery-tracking", "three-member-interaction"]


class Bench:
    def __init__(self, args):
        self.bin = os.path.join(os.path.realpath(args.build), "bin")
        self.quick, self.runs, self.scratch = args.quick, args.runs, args.scratch
        self.rows = []

    def row(self, what, figure, aim="", good=None):
        self.rows.append((what, figure, aim, {None: "", True: "yes", False: "no"}[good]))
        print(f"  {what}: {figure}", file=sys.stderr, flush=True)

    def run(self, name, *arguments):
        done = subprocess.run([os.path.join(self.bin, name), *map(str, arguments)], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{name} {' '.join(map(str, arguments))}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    @contextlib.contextmanager
    def folder(self):
        path = tempfile.mkdtemp(prefix="sanyuan-bench-", dir=self.scratch)
        try:
            yield os.path.join(path, "data")
        finally:
            shutil.rmtree(path)

    @contextlib.contextmanager
    def server(self, name, *arguments):
        """The address of a server that runs as long as the block, and the seconds until it said that it serves."""
        begun = time.monotonic()
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen([os.path.join(self.bin, name), *map(str, arguments)], text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
            try:
                line = process.stdout.readline()
                if not line:
                    log.seek(0)
                    raise RuntimeError(f"{name} does not serve: {log.read().decode()[-2000:]}")
                yield json.loads(line)["grpc"], time.monotonic() - begun
            finally:
                process.stdin.close()
                process.terminate()
                process.wait(60)

    def sanyuan(self, data, *more):
        # Journals that order_day_bench has made are without keys of people.
        keyless = os.path.exists(os.path.join(data, "identity")) and not os.path.exists(os.path.join(data, "keys.db"))
        return self.server("sanyuan", "serve", "--dev", "--listen", "127.0.0.1:0", "--ops", "127.0.0.1:0", "--data", data,
                           *(["--new-keys"] if keyless else []), *more)


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def compare_orders(bench, ours, bare, first, floor_is):
    """As fast as they go, then both at half of our rate."""
    count = order_count(bench)
    full, bare_full, half, bare_half = [], [], [], []

    def load(server, number, *more):
        nonlocal first
        begin = first
        if server == ours:
            first += number
        return json.loads(bench.run("order_load", "--server", server, "--counties", COUNTIES, "--first", begin,
                                    "--orders", number, *more))

    for server in ours, bare:  # The first calls of a process are slow.
        load(server, count // 10)
    for _ in range(bench.runs):
        full.append(load(ours, count))
        bare_full.append(load(bare, count))
    rate = round(median(full, "rate") / 2)
    for _ in range(bench.runs):
        number = min(count, rate * 10)
        half.append(load(ours, number, "--rate", rate))
        bare_half.append(load(bare, number, "--rate", rate))
    share = median(full, "rate") / median(bare_full, "rate")
    bench.row(floor_is, f"{median(bare_full, 'rate'):,.0f}/s")
    bench.row("orders of 13 lines acknowledged over gRPC", f"{median(full, 'rate'):,.0f}/s")
    bench.row("... share of the bare server's rate", f"{share:.2f}", "at least 0.7", share >= 0.7)
    for key, name in ("p50_ms", "p50"), ("p99_ms", "p99"):
        mine, floor = median(half, key), median(bare_half, key)
        bench.row(f"... {name} at {rate:,}/s, beside the bare server's", f"{mine:.2f} and {floor:.2f} ms",
                  "at most 1.5 times", mine <= 1.5 * floor)


def order_count(bench):
    return 400 if bench.quick else 60_000


def loaded_day(bench, data, *more):
    """Retailers for compare_orders, of whom 40 have ordered; gives the bytes of an order's record."""
    day = json.loads(bench.run("order_day_bench", "--data", data, "--all", "--counties", COUNTIES, "--orders", 40,
                               "--loaded", (2 * bench.runs + 1) * order_count(bench) + 40, *more))
    return round(day["journal_bytes_per_order"])


def orders(bench):
    """Orders over gRPC against the bare server."""
    with bench.folder() as data:
        record = loaded_day(bench, data)
        with bench.sanyuan(data) as (ours, _), \
                bench.server("bare_server", "--data", data + ".bare", "--record", record) as (bare, _):
            compare_orders(bench, ours, bare, 40, f"bare gRPC server, {record} bytes a record")
    return record


# For topics of the bare server and of kcat.
OPEN_BROKER = {"auto.create.topics.enable": "true", "num.partitions": 8}


def fast_broker():
    """A broker whose start is not what is measured."""
    os.environ.setdefault("KAFKA_OPTS", "-XX:TieredStopAtLevel=4")
    return engines.kafka(settings=OPEN_BROKER)


def independent_producer(bench, bootstrap, record):
    """kcat with the settings of our journals: a program that nobody here wrote."""
    if not shutil.which("kcat"):
        return bench.row("kcat, the same settings", "not measured: kcat is not installed")
    count = 2_000 if bench.quick else 300_000
    seconds = []
    with tempfile.NamedTemporaryFile("w", dir=bench.scratch) as lines:
        lines.write(("x" * record + "\n") * count)
        lines.flush()
        for _ in range(bench.runs):
            begun = time.monotonic()
            subprocess.run(["kcat", "-P", "-b", bootstrap, "-t", "kcat", "-l", lines.name, "-X", "acks=all", "-X",
                            "enable.idempotence=true", "-X", "max.in.flight=1", "-X", "linger.ms=1"], check=True)
            seconds.append(time.monotonic() - begun)
    return bench.row(f"kcat, the same settings, {record} bytes a record", f"{count / statistics.median(seconds):,.0f}/s")


def kafka(bench, record):
    """The same with the journals on one broker; views stay in a file."""
    with fast_broker() as broker, bench.folder() as data:
        independent_producer(bench, broker.bootstrap, record)
        loaded_day(bench, data, "--kafka", broker.bootstrap)
        with bench.sanyuan(data, "--kafka", broker.bootstrap, "--single-copy") as (ours, _), \
                bench.server("bare_server", "--kafka", broker.bootstrap, "--record", record) as (bare, _):
            compare_orders(bench, ours, bare, 40, f"bare gRPC server on Kafka, {record} bytes a record")


def failover(bench, _):
    """The longest time between two answers of one county while one of two instances is killed, or ended."""
    seconds, rate = (6, 50) if bench.quick else (12, 200)
    plan = [("killed", 1, 1), ("ended", 1, 1)] if bench.quick else [
        ("killed", 30, 1), ("ended", 10, 1), ("killed", 5, 6)]
    counties, first = 16, 40  # So few that each is asked many times a second.
    with bench.folder() as data:
        for what, times, session in plan:
            with engines.kafka() as broker:
                for old in data, data + ".b":
                    shutil.rmtree(old, ignore_errors=True)
                loaded = seconds * rate * times + 40
                bench.run("order_day_bench", "--data", data, "--all", "--counties", counties, "--orders", 40,
                          "--loaded", loaded, "--kafka", broker.bootstrap)
                first, gaps = 40, []
                with open(os.open(data + ".key", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as key:
                    key.write(bytes(32))
                flags = ["serve", "--dev", "--listen", "127.0.0.1:0", "--ops", "127.0.0.1:0", "--new-keys", "--kafka",
                         broker.bootstrap, "--single-copy", "--session-timeout", session, "--master-key", data + ".key",
                         "--data"]
                with instance(bench, *flags, data) as (_, stays):
                    for _ in range(times):
                        with instance(bench, *flags, data + ".b") as (process, _):
                            await_share(bench, stays)
                            load = subprocess.Popen(
                                [os.path.join(bench.bin, "order_load"), "--server", stays, "--counties", str(counties),
                                 "--first", str(first), "--orders", str(seconds * rate), "--rate", str(rate),
                                 "--deadline", "15"], stdout=subprocess.PIPE, text=True)
                            first += seconds * rate
                            time.sleep(2)
                            process.send_signal(signal.SIGKILL if what == "killed" else signal.SIGTERM)
                            process.wait(60)
                            answered = json.loads(load.communicate()[0])
                            if answered["failed"]:
                                raise RuntimeError(f"{answered['failed']} orders failed")
                            gaps.append(answered["longest_gap_ms"] / 1000)
                aim = ("worst under 10 s", max(gaps) < 10) if session == 6 else (
                    ("median under 2 s, worst under 5 s", statistics.median(gaps) < 2 and max(gaps) < 5)
                    if what == "killed" else ("under 0.3 s", max(gaps) < 0.3))
                bench.row(f"the leader {what} {times} times under {rate} orders/s, session time-out {session} s: longest "
                          "silence of a county", f"median {statistics.median(gaps):.2f}, worst {max(gaps):.2f} s", *aim)


def five_services(bench, stack, data, broker, redis):
    """One process of each, by name, and their addresses."""
    with open(os.open(data + ".key", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as key:
        key.write(bytes(32))
    found = {}
    for name in SERVICES:
        found[name] = stack.enter_context(instance(
            bench, "serve", "--dev", "--listen", "127.0.0.1:0", "--ops", "127.0.0.1:0", "--new-keys", "--kafka",
            broker.bootstrap, "--single-copy", "--redis", redis.address, "--redis-user", redis.user,
            "--redis-password-file", redis.password_file, "--master-key", data + ".key", "--data", f"{data}.{name}",
            program=f"sanyuan-{name}"))
    return found


def cost_of(processes, seconds):
    """By name: share of a core over so many seconds, and MiB resident at their end."""
    def ticks(process):
        with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
            return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))

    before = {name: ticks(process) for name, process in processes.items()}
    time.sleep(seconds)
    cost = {}
    for name, process in processes.items():
        with open(f"/proc/{process.pid}/statm", encoding="ascii") as statm:
            resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        cost[name] = ((ticks(process) - before[name]) / os.sysconf("SC_CLK_TCK") / seconds, resident)
    return cost


def services(bench, _):
    """Five programs: orders asked of the one that decides them and of one that passes them on; what each costs."""
    count = 400 if bench.quick else 20_000
    seconds = 1 if bench.quick else 20
    with contextlib.ExitStack() as stack:
        broker, redis = stack.enter_context(fast_broker()), stack.enter_context(engines.redis())
        data = stack.enter_context(bench.folder())
        bench.run("order_day_bench", "--data", data, "--all", "--counties", COUNTIES, "--orders", 40, "--loaded",
                  (4 * bench.runs + 40) * count, "--kafka", broker.bootstrap)
        programs = five_services(bench, stack, data, broker, redis)
        first = 40

        def load(name, number, *more):
            nonlocal first
            begin, first = first, first + number
            return json.loads(bench.run("order_load", "--server", programs[name][1], "--counties", COUNTIES, "--first",
                                        begin, "--orders", number, *more))

        asked = {"the one that decides": "order-intake", "another, which passes it on": "registry"}
        for name in asked.values():
            load(name, count // 4)
        idle = cost_of({name: process for name, (process, _) in programs.items()}, seconds)
        full = {what: [] for what in asked}
        for _ in range(bench.runs):
            for what, name in asked.items():
                full[what].append(load(name, count))
        rate = round(median(full["another, which passes it on"], "rate") / 2)
        half = {what: [] for what in asked}
        for _ in range(bench.runs):
            for what, name in asked.items():
                half[what].append(load(name, min(count, rate * 8), "--rate", rate))
        for what in asked:
            bench.row(f"five programs, orders asked of {what}", f"{median(full[what], 'rate'):,.0f}/s")
            bench.row(f"... p50 and p99 at {rate:,}/s", f"{median(half[what], 'p50_ms'):.2f} and "
                      f"{median(half[what], 'p99_ms'):.2f} ms")
        arguments = ["--server", programs["order-intake"][1], "--counties", COUNTIES, "--first", first, "--orders",
                     rate * (seconds + 2), "--rate", rate]
        with subprocess.Popen([os.path.join(bench.bin, "order_load"), *map(str, arguments)],
                              stdout=subprocess.PIPE) as client:
            time.sleep(1)
            busy = cost_of({name: process for name, (process, _) in programs.items()}, seconds)
            client.communicate()
        for name in SERVICES:
            bench.row(f"... sanyuan-{name}: idle, and at {rate:,}/s",
                      f"{idle[name][0] * 100:.0f} and {busy[name][0] * 100:.0f} % of a core, {idle[name][1]:.0f} and "
                      f"{busy[name][1]:.0f} MiB")


def kafka_restart(bench, _):
    with fast_broker() as broker:
        restart(bench, ["--kafka", broker.bootstrap], ["--kafka", broker.bootstrap, "--single-copy", "--new-keys"])


@contextlib.contextmanager
def instance(bench, *arguments, program="sanyuan"):
    """A server of our own that may die, and its address."""
    with tempfile.TemporaryFile() as errors, \
            subprocess.Popen([os.path.join(bench.bin, program), *map(str, arguments)], stdout=subprocess.PIPE,
                             stderr=errors, text=True) as process:
        try:
            line = process.stdout.readline()
            if not line:
                errors.seek(0)
                raise RuntimeError(f"sanyuan does not serve: {errors.read().decode()[-2000:]}")
            yield process, json.loads(line)["grpc"]
        finally:
            process.kill()


def await_share(bench, server):
    """Until the other instance leads half of what there is."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        partitions = json.loads(bench.run("sanyuanctl", "--server", server, "--json", "status"))["partitions"]
        led = sum(partition["leading"] for partition in partitions)
        if 0 < led < len(partitions) and all(partition["leading"] or "led_at" in partition for partition in partitions):
            return
        time.sleep(0.1)
    raise RuntimeError("the partitions are not shared")


def log(bench, record=1_000):
    """A plain SQLite loop of the batches that the embedded log made for the same records."""
    text = bench.run("embedded_log_bench", "--bytes", record, "--partitions", 8, "--runs", bench.runs, "--records",
                     2_000 if bench.quick else 200_000, "--in-flight", 256, *(["--dir", bench.scratch] if bench.scratch else []))
    for line in text.splitlines()[2:]:
        name, batch, rate, _ = re.match(r"(.*?)\s+(\d+)\s+(\d+)\s+([\d.]+)$", line).groups()
        bench.row(f"{name}, {record} bytes, batches of {batch}", f"{int(rate):,}/s")


def day(bench):
    """The nation's order day at the partitions, below gRPC."""
    arguments = ["--counties", 28, "--orders", 1_000] if bench.quick else []
    results = []
    for _ in range(1 if bench.quick else min(3, bench.runs)):
        with bench.folder() as data:
            results.append(json.loads(bench.run("order_day_bench", "--data", data, *arguments)))
    seconds, peak = median(results, "seconds"), median(results, "peak_mib")
    what = f"order day, {results[0]['orders']:,} orders, {results[0]['lines']:,} lines, {results[0]['counties']:,} cells"
    bench.row(what, f"{seconds:.1f} s ({results[0]['orders'] / seconds:,.0f}/s)", "under 60 s", seconds < 60)
    bench.row("... peak of memory", f"{peak:,.0f} MiB", "2,048 MiB", peak <= 2048)


def allocation(bench):
    shops = 500 if bench.quick else 26_000
    text = bench.run("allocation_maths_bench", "--shops", shops, "--runs", 3 if bench.quick else 51)
    for what, aim in ("tie keys given", 3), ("keys drawn, lines explained, recomputed", 40):
        medians = [float(found) for found in re.findall(rf"{what} +([\d.]+)", text)]
        bench.row(f"one tight SKU for {shops:,} shops, {what}", f"{min(medians):.1f} to {max(medians):.1f} ms",
                  f"at most {aim} ms", max(medians) <= aim)
    retailers, skus = (300, 20) if bench.quick else (30_000, 200)
    text = bench.run("allocation_run_bench", retailers, skus)
    longest = float(re.search(r"longest step ([\d.]+) *ms", text)[1])
    bench.row(f"allocation run, {retailers:,} retailers x {skus} SKUs: longest wait of another command",
              f"{longest:.1f} ms", "under 100 ms", longest < 100)


def restart(bench, loading=(), serving=()):
    """From the start of the process to its serving: from snapshots, and without them."""
    count = 2_000 if bench.quick else 1_000_000
    with bench.folder() as data:
        bench.run("order_day_bench", "--data", data, "--all", "--orders", count, *(["--counties", 28] if bench.quick else []),
                  *loading)
        with_snapshots, without = [], []
        for _ in range(1 if bench.quick else min(3, bench.runs)):
            with bench.sanyuan(data, *serving) as (_, seconds):
                with_snapshots.append(seconds)
        shutil.rmtree(os.path.join(data, "snapshots"), ignore_errors=True)
        with bench.sanyuan(data, *serving) as (_, seconds):
            without.append(seconds)
    seconds = statistics.median(with_snapshots)
    bench.row(f"restart to serving{', journals on Kafka' if serving else ''}, {count:,} open orders, from snapshots",
              f"{seconds:.1f} s", "under 5 s", seconds < 5)
    bench.row("... by replay without them", f"{without[0]:.1f} s")


def journal(bench):
    """What a county's year leaves: the demo day's journals, times the 52 order days of a year."""
    with bench.folder() as data:
        with bench.sanyuan(data) as (server, _):
            summary = json.loads(bench.run("sanyuanctl", "--server", server, "--json", "demo", "day",
                                           *(["--retailers", 300] if bench.quick else [])))
        with sqlite3.connect(os.path.join(data, "journal.db")) as database:
            total = database.execute("SELECT SUM(LENGTH(record)) FROM journal").fetchone()[0]
        files = sum(map(os.path.getsize, glob.glob(os.path.join(data, "journal.db*"))))
    accepted = summary["orders_accepted"]
    bench.row(f"journal of a county's week ({accepted:,} orders with all that follows)", f"{total / 1e6:.1f} MB, on disk "
              f"{files / 1e6:.1f} MB")
    bench.row("... per order; per year of the county", f"{total / accepted:,.0f} bytes; {total * 52 / 1e9:.2f} GB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="orders,log,day,allocation,restart,journal")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--scratch", default=None)
    args = parser.parse_args()
    args.runs = args.runs or (1 if args.quick else 5)
    bench = Bench(args)
    record = 546  # An order's, unless `orders` measures it.
    for name in args.only.split(","):
        print(name, file=sys.stderr, flush=True)
        if name == "orders":
            record = orders(bench)
        elif name in (with_record := {"log": log, "kafka": kafka, "services": services, "kafka-restart": kafka_restart,
                                      "failover": failover}):
            with_record[name](bench, record)
        else:
            {"day": day, "allocation": allocation, "restart": restart, "journal": journal}[name](bench)
    print(f"{datetime.date.today()}, {os.cpu_count()} CPUs, Linux {platform.release()}, medians of {args.runs} runs"
          f"{', tiny sizes' if args.quick else ''}\n")
    print("| what | figure | aim | reached |\n|---|---|---|---|")
    for row in bench.rows:
        print(f"| {' | '.join(row)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
