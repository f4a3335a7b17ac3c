"""What happens to topics: what only looks like damage here, and what is damage at the end."""

import hashlib
import os
import signal

from cluster import kafka_batch, kafka_wire, wait_until
from fault import Fault


class OwnersRecreated(Fault):
    """The topic in which instances announce who leads is deleted and made anew: who leads goes on, and all is announced
    again."""

    kind, on = "owners_recreated", "topics"
    lasts = (0, 0)

    def do(self):
        self.hold_brokers()
        self.hold("transactions")  # Topics beside an open one are made, and found wrong.
        context = self.random.choice(self.cluster.contexts())
        topic = self.cluster.topic(context, "owners")
        self.what = f"the owners topic of {context} deleted and made anew"
        self.cluster.ask(kafka_wire.delete_topic, topic)
        self.wait_everywhere(topic, there=False)
        self.cluster.journals.apply()
        self.wait_everywhere(topic)


class StrangersRecord(Fault):
    """Bytes that are nobody's, in a journal. Whoever reads it passes them over and counts them."""

    kind, on = "strangers_record", "topics"
    lasts = (0, 0)

    def do(self):
        self.hold_brokers()  # So that it can be read.
        place = self.random_journal()
        self.what = f"a stranger's record in the journal of {place[0]}/{place[1]}"
        readers = [one for one in self.cluster.instances.values() if place[0] in one.contexts and one.running()]
        before = {reader.name: self.skipped(reader, place) for reader in readers}
        kafka_wire.produce(self.cluster.ports, self.cluster.topic(place[0]), place[1],
                           self.random.randbytes(self.random.randint(1, 2000)))
        # Some may be frozen or gone meanwhile by another fault.
        wait_until("a reader has passed over it", lambda: any(
            self.skipped(reader, place) > before[reader.name] for reader in readers))

    @staticmethod
    def skipped(reader, place):
        return reader.metric("sanyuan_journal_skipped_records").get((*place, "stray"), 0)


class StrangersTransaction(Fault):
    """A stranger's open transaction in a journal, with one record that is never committed."""

    kind, on = "strangers_transaction", "topics"
    lasts = (2, 5)

    def do(self):
        self.want_broker()
        self.hold("transactions")
        context, partition = self.random_journal()
        self.what = f"a stranger's open transaction in the journal of {context}/{partition}"
        name = f"stranger-{self.random.getrandbits(64):x}"
        self.transaction = kafka_wire.Transaction(self.cluster.ports, name, self.cluster.topic(context), partition,
                                                  b"not committed")

    def undo(self):
        self.transaction.abort()


# --- damage -----------------------------------------------------------------------------------------------------

class Damage(Fault):
    """What design assumes away. `place` is the partition of a journal that is hurt, `offset` the first offset that is
    not what it was: it must halt there, or behind that where it was read before, and nothing else may."""

    sound, on = False, "topics"
    lasts = (0, 0)
    place = offset = None

    def choose(self):
        """The journal's partition may be given before the strike."""
        self.hold_brokers()
        self.place = self.place or self.random_journal()
        return self.cluster.topic(self.place[0]), self.place[1]

    def folders(self):
        """Of the partition on all brokers."""
        context, partition = self.place
        return [self.cluster.at("kafka", f"broker-{broker}", "data", f"{self.cluster.topic(context)}-{partition}")
                for broker in self.cluster.brokers]

    def segments(self):
        """The file with the newest records on each broker; these tests fill one."""
        return [os.path.join(folder, max(name for name in os.listdir(folder) if name.endswith(".log")))
                for folder in self.folders()]

    def __str__(self):
        return f"{self.place[0]}/{self.place[1]} at offset {self.offset}"


class LogCut(Damage):
    """As after a power cut everywhere at once: all brokers die, and what they wrote last to one partition is gone."""

    kind = "log_cut"
    most = 5  # Batches that are lost.

    def do(self):
        self.choose()
        for broker in self.cluster.brokers:
            self.cluster.signal_broker(broker, signal.SIGKILL)
        segments = self.segments()
        batches = {path: list(kafka_batch.batches(path)) for path in segments}
        # A follower may be behind: of what all have, the last is cut off, and so whatever some have beyond it.
        shared = sorted(set.intersection(*({base for base, *_ in found} for found in batches.values())))
        self.offset = shared[-min(self.random.randint(1, self.most), len(shared) - 1)]
        self.what = f"all brokers died and lost the end of {self}, {len(shared) - shared.index(self.offset)} batches"
        for path in segments:
            cut_at = next(position for base, _, position, _ in batches[path] if base == self.offset)
            cut(path, self.offset, cut_at)
        self.cluster.kafka.up()


def cut(path, offset, position):
    """A segment of a broker that does not run, from a batch on. What points behind that goes too; brokers make it again
    from the records."""
    os.truncate(path, position)
    folder = os.path.dirname(path)
    for name in os.listdir(folder):
        stem, kind = os.path.splitext(name)
        if kind in (".index", ".timeindex", ".txnindex") or (kind == ".snapshot" and int(stem) > offset):
            os.unlink(os.path.join(folder, name))
    # After an orderly end brokers would believe what they noted down; they must look.
    clean = os.path.join(os.path.dirname(folder), ".kafka_cleanshutdown")
    if os.path.exists(clean):
        os.unlink(clean)


def value_at(path, offset):
    """Of a batch of one record."""
    return kafka_batch.only_value(_batch(path, offset)[1])


def replace_value(path, offset, value):
    """Of a batch of one record, in a segment of a broker that does not run."""
    position, data = _batch(path, offset)
    with open(path, "rb") as file:
        file.seek(position + len(data))
        rest = file.read()
    cut(path, offset, position)
    with open(path, "ab") as file:
        file.write(kafka_batch.with_value(data, value) + rest)


def _batch(path, offset):
    position, size = next(one[2:] for one in kafka_batch.batches(path) if one[0] == offset)
    with open(path, "rb") as file:
        file.seek(position)
        return position, file.read(size)


class RecordReplaced(Damage):
    """A decision in the middle of a log, in the files of all replicas while no broker runs, by one that says once more what
    the decision before it said, at its own height and in its own term, under a digest that is right. Only the record behind
    it shows that, by its `prev`."""

    kind = "record_replaced"
    front, back = 72, 32        # Bytes of the journal's frame (common/partition/frame.h) before and behind its payload.
    kind_at, decision = 5, 3
    behind = 3                  # So many batches stay as they are.

    def do(self):
        self.choose()
        for broker in self.cluster.brokers:
            self.cluster.signal_broker(broker, signal.SIGKILL)
        segments = self.segments()
        single = sorted(set.intersection(*({base for base, last, *_ in kafka_batch.batches(path) if base == last}
                                           for path in segments)))
        self.offset = next(offset for offset in single[-1 - self.behind:0:-1] if offset - 1 in single and all(
            value_at(segments[0], one)[self.kind_at] == self.decision for one in (offset - 1, offset)))
        self.what = f"{self} says what the record before it said"
        for path in segments:
            sealed = value_at(path, self.offset)[:self.front] + value_at(path, self.offset - 1)[self.front:-self.back]
            replace_value(path, self.offset, sealed + hashlib.sha256(sealed).digest())
        self.cluster.kafka.up()


class JournalRecreated(Damage):
    """The topic of a journal is deleted and made anew with the same settings: all its partitions are empty."""

    kind = "journal_recreated"

    def do(self):
        topic, _ = self.choose()
        self.offset = 0
        self.what = f"the journal of {self.place[0]} deleted and made anew, empty"
        partitions = len(self.cluster.topics(topic)[topic])
        settings = self.cluster.ask(kafka_wire.topic_settings, topic)
        self.cluster.ask(kafka_wire.delete_topic, topic)
        self.wait_everywhere(topic, there=False)
        self.cluster.ask(kafka_wire.create_topic, topic, partitions, len(self.cluster.brokers), settings)
        self.wait_everywhere(topic)


class PartitionsAdded(Damage):
    """A journal gets a partition more than its genesis says: `place`. Those that were there are whole."""

    kind = "partitions_added"

    def do(self):
        topic, _ = self.choose()
        count = len(self.cluster.topics(topic)[topic])
        self.place, self.offset = (self.place[0], count), 0
        self.what = f"{count + 1} partitions of the journal of {self.place[0]}, not {count}"
        self.cluster.ask(kafka_wire.create_partitions, topic, count + 1)
        wait_until("all brokers know it", lambda: all(
            len(kafka_wire.topics(port, topic)[topic]) > count for port in self.cluster.ports.values()))


class ByteFlipped(Damage):
    """One bit of a record, in the files of all replicas, while brokers run. `last`: of the newest record that all have
    noted down; otherwise of any, which only the scrub or a new reader comes to. It is a bit of the journal's frame
    (common/partition/frame.h), not of the few bytes by which Kafka finds a record in its batch."""

    kind = "byte_flipped"
    last = None
    frame = 104  # Bytes of the shortest.

    def do(self):
        self.choose()
        segments = self.segments()
        batches = {path: {base: position for base, _, position, _ in kafka_batch.batches(path)} for path in segments}
        shared = sorted(set.intersection(*(set(found) for found in batches.values())))
        # Behind the genesis.
        last = self.random.random() < 0.5 if self.last is None else self.last
        self.offset = shared[-1] if last else self.random.choice(shared[1:])
        within, bit = self.random.randrange(self.frame), 1 << self.random.randrange(8)
        with open(segments[0], "rb") as file:
            file.seek(batches[segments[0]][self.offset])
            place = kafka_batch.first_value(file.read(kafka_batch.HEADER + self.frame)) + within
        self.what = f"a flipped bit in {self}, byte {within} of its frame"
        for path in segments:
            position = batches[path][self.offset]
            file = os.open(path, os.O_RDWR)
            try:
                [byte] = os.pread(file, 1, position + place)
                os.pwrite(file, bytes([byte ^ bit]), position + place)
            finally:
                os.close(file)
