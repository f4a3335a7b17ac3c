"""Questions of the Kafka protocol that tell whether a cluster serves, and what tests ask of it or do to it, without
starting a JVM for them. Each is one connection to one broker at a port of 127.0.0.1.

Layouts: https://kafka.apache.org/protocol (the version is that of each table below)."""

import io
import socket
import struct
import time
from typing import NamedTuple

import kafka_batch

# Key and version.
PRODUCE, METADATA, FIND_COORDINATOR, CREATE_TOPICS, DELETE_TOPICS = (0, 3), (3, 2), (10, 1), (19, 2), (20, 1)
INIT_PRODUCER_ID, ADD_PARTITIONS_TO_TXN, END_TXN = (22, 0), (24, 0), (26, 0)
CREATE_PARTITIONS, ELECT_LEADERS, DESCRIBE_QUORUM = (37, 0), (43, 1), (55, 0)
DESCRIBE_CONFIGS, ALTER_CONFIGS, DESCRIBE_PRODUCERS = (32, 1), (44, 0), (61, 0)
NO_TAGS = b"\0"

UNKNOWN_TOPIC, NOT_LEADER, NO_COORDINATOR, LOADING, NOT_COORDINATOR, NOT_IN_SYNC, CONCURRENT_TRANSACTIONS = (
    3, 6, 15, 14, 16, 19, 51)
ELECTION_NOT_NEEDED = 84
ENDED_BY_THE_BROKERS = 47  # Of a transaction: its epoch is over.
# They pass by themselves.
PASSING = {UNKNOWN_TOPIC, 5, NOT_LEADER, 7, NO_COORDINATOR, LOADING, NOT_COORDINATOR, NOT_IN_SYNC, 20, 41,
           CONCURRENT_TRANSACTIONS}


class Refused(Exception):
    """The broker's answer is an error."""

    def __init__(self, what, error, message=None):
        super().__init__(f"{what}: error {error}" + (f" ({message})" if message else ""))
        self.error = error


class Partition(NamedTuple):
    error: int
    leader: int  # -1: nobody.
    replicas: list
    in_sync: list


def _string(text):
    return struct.pack(">h", -1) if text is None else struct.pack(">h", len(text)) + text.encode()


def _compact(text):
    return bytes([len(text) + 1]) + text.encode()


def _array(*parts):
    return struct.pack(">i", len(parts)) + b"".join(parts)


class _Answer(io.BytesIO):
    def number(self, layout):
        size = struct.calcsize(layout)
        return struct.unpack(layout, self.read(size))[0]

    def string(self):
        length = self.number(">h")
        return None if length < 0 else self.read(length).decode()

    def varint(self):
        value = shift = 0
        while True:
            byte = self.number("B")
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def array(self, read):
        return [read() for _ in range(self.number(">i"))]

    def numbers(self):
        return self.array(lambda: self.number(">i"))

    def fail(self, what, message=False):
        """Reads an error and, where one follows, its message; raises if it is one."""
        error = self.number(">h")
        text = self.string() if message else None
        if error:
            raise Refused(what, error, text)


def _receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("the broker closed the connection")
        data += part
    return data


def _call(port, api, body, timeout):
    header = struct.pack(">hhi", *api, 7) + _string("sanyuan-local")
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.settimeout(timeout)
        connection.sendall(struct.pack(">i", len(header) + len(body)) + header + body)
        answer = _Answer(_receive(connection, struct.unpack(">i", _receive(connection, 4))[0]))
    if answer.number(">i") != 7:
        raise ConnectionError("the answer is not to our question")
    return answer


# --- what is there ----------------------------------------------------------------------------------------------

def _metadata(port, topics, timeout):
    answer = _call(port, METADATA, topics, timeout)
    brokers = {}
    for _ in range(answer.number(">i")):
        node, _, brokers_port, _ = answer.number(">i"), answer.string(), answer.number(">i"), answer.string()
        brokers[node] = brokers_port
    return answer, answer.string(), brokers, answer.number(">i")


def metadata(port, timeout=2):
    """The cluster's id and the ports of its live brokers by their ids, as this broker knows them."""
    _, cluster, brokers, _ = _metadata(port, _array(), timeout)
    return cluster, brokers


def topics(port, *names, timeout=2):
    """Partitions by their numbers by topics; without names of all topics. A topic that is missing is left out."""
    answer, _, _, _ = _metadata(port, _array(*map(_string, names)) if names else struct.pack(">i", -1), timeout)

    def partition():
        error, number = answer.number(">h"), answer.number(">i")
        return number, Partition(error, answer.number(">i"), answer.numbers(), answer.numbers())

    def topic():
        error, name, _ = answer.number(">h"), answer.string(), answer.number("B")
        return error, name, dict(answer.array(partition))

    return {name: partitions for error, name, partitions in answer.array(topic) if error != UNKNOWN_TOPIC}


def controller(port, timeout=2):
    """The id of the active controller, or None. The broker asks the controllers, so one of them answers too."""
    partition = struct.pack(">i", 0) + NO_TAGS
    topic = _compact("__cluster_metadata") + b"\2" + partition + NO_TAGS
    answer = _call(port, DESCRIBE_QUORUM, NO_TAGS + b"\2" + topic + NO_TAGS, timeout)
    answer.varint()  # The header's tags.
    if answer.number(">h") != 0 or answer.varint() != 2:
        return None
    answer.read(answer.varint() - 1)  # The topic's name.
    answer.varint(), answer.number(">i")
    error, leader = answer.number(">h"), answer.number(">i")
    return leader if error == 0 and leader > 0 else None


def coordinator(port, key, transactions=False, timeout=2):
    """The id of the broker that coordinates a group, or the transactions of a producer."""
    answer = _call(port, FIND_COORDINATOR, _string(key) + struct.pack("b", transactions), timeout)
    answer.number(">i")  # Throttled for.
    answer.fail(f"coordinator of {key}", message=True)
    return answer.number(">i")


def producers(port, topic, partition, timeout=2):
    """Ids of the producers whose last sequence number this broker, who leads the partition, remembers."""
    wanted = _compact(topic) + b"\2" + struct.pack(">i", partition) + NO_TAGS
    answer = _call(port, DESCRIBE_PRODUCERS, NO_TAGS + b"\2" + wanted + NO_TAGS, timeout)
    answer.varint(), answer.number(">i"), answer.varint()  # The header's tags, throttled for, one topic.
    answer.read(answer.varint() - 1), answer.varint(), answer.number(">i")  # Its name, one partition.
    error = answer.number(">h")
    answer.read(max(0, answer.varint() - 1))  # A message.
    if error:
        raise Refused(f"producers of {topic}/{partition}", error)
    found = []
    for _ in range(answer.varint() - 1):
        found.append(answer.number(">q"))
        answer.read(4 + 4 + 8 + 4 + 8)  # Its epoch, sequence number and time; the coordinator's epoch, its transaction.
        answer.varint()
    return found


# --- topics and leaders -----------------------------------------------------------------------------------------

def create_topic(port, name, partitions, replication, settings=None, timeout=20):
    configs = _array(*(_string(key) + _string(str(value)) for key, value in (settings or {}).items()))
    topic = _string(name) + struct.pack(">ih", partitions, replication) + _array() + configs
    answer = _call(port, CREATE_TOPICS, _array(topic) + struct.pack(">ib", 1000 * timeout, 0), timeout)
    answer.number(">i"), answer.number(">i"), answer.string()  # Throttled for, how many answers, whose.
    answer.fail(f"create topic {name}", message=True)


def create_partitions(port, name, partitions, timeout=20):
    """So that the topic has so many."""
    topic = _string(name) + struct.pack(">ii", partitions, -1)
    answer = _call(port, CREATE_PARTITIONS, _array(topic) + struct.pack(">ib", 1000 * timeout, 0), timeout)
    answer.number(">i"), answer.number(">i"), answer.string()
    answer.fail(f"{partitions} partitions of {name}", message=True)


def delete_topic(port, name, timeout=20):
    """Returns when the topic is gone."""
    answer = _call(port, DELETE_TOPICS, _array(_string(name)) + struct.pack(">i", 1000 * timeout), timeout)
    answer.number(">i"), answer.number(">i"), answer.string()
    answer.fail(f"delete topic {name}")


_OF_TOPIC = b"\2"


def topic_settings(port, name, timeout=2):
    """Those that were set for the topic itself."""
    wanted = _array(_OF_TOPIC + _string(name) + struct.pack(">i", -1))
    answer = _call(port, DESCRIBE_CONFIGS, wanted + b"\0", timeout)
    answer.number(">i"), answer.number(">i")
    answer.fail(f"settings of {name}", message=True)
    answer.number("b"), answer.string()

    def setting():
        key, value, _, source = answer.string(), answer.string(), answer.number("B"), answer.number("b")
        answer.number("B")  # Whether it is secret.
        answer.array(lambda: (answer.string(), answer.string(), answer.number("b")))  # Where else it is set.
        return key, value, source

    return {key: value for key, value, source in answer.array(setting) if source == 1}


def set_topic(port, name, key, value, timeout=20):
    """One setting of a topic."""
    setting = _string(key) + b"\0" + _string(str(value))
    answer = _call(port, ALTER_CONFIGS, _array(_OF_TOPIC + _string(name) + _array(setting)) + b"\0", timeout)
    answer.number(">i"), answer.number(">i")
    answer.fail(f"{key} of {name}", message=True)


def elect_preferred(port, topic, partitions, timeout=20):
    """The first replica of each of these partitions leads, if it is in sync. Gives those that changed."""
    wanted = _array(_string(topic) + _array(*(struct.pack(">i", number) for number in partitions)))
    answer = _call(port, ELECT_LEADERS, b"\0" + wanted + struct.pack(">i", 1000 * timeout), timeout)
    answer.number(">i")
    answer.fail("election")
    changed = []

    def partition():
        number, error, message = answer.number(">i"), answer.number(">h"), answer.string()
        if error not in (0, ELECTION_NOT_NEEDED):
            raise Refused(f"election for {topic}/{number}", error, message)
        changed.extend([number] if not error else [])

    answer.array(lambda: (answer.string(), answer.array(partition)))
    return changed


# --- a stranger -------------------------------------------------------------------------------------------------

ONE_TRY = 5  # Seconds; whoever was asked may be frozen, and another lead by now.


def _leader(ports, topic, partition):
    """Of the brokers at these ports (by their ids)."""
    for port in ports.values():
        try:
            leader = topics(port, topic)[topic][partition].leader
        except (OSError, KeyError):
            continue
        if leader in ports:
            return ports[leader]
    raise Refused(f"leader of {topic}/{partition}", NOT_LEADER)


def _retried(attempt, seconds):
    """Its result, tried again while a refusal passes by itself."""
    end = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except (Refused, OSError) as failure:
            if time.monotonic() > end or (isinstance(failure, Refused) and failure.error not in PASSING):
                raise
        time.sleep(0.05)  # Between two tries.


def _produce(port, topic, partition, records, transactional_id):
    data = _string(topic) + _array(struct.pack(">ii", partition, len(records)) + records)
    body = _string(transactional_id) + struct.pack(">hi", -1, 1000 * ONE_TRY) + _array(data)
    answer = _call(port, PRODUCE, body, ONE_TRY)
    answer.number(">i"), answer.string(), answer.number(">i"), answer.number(">i")
    answer.fail(f"produce to {topic}/{partition}")
    return answer.number(">q")


def _produce_to_leader(ports, topic, partition, records, transactional_id, timeout):
    return _retried(lambda: _produce(_leader(ports, topic, partition), topic, partition, records, transactional_id),
                    timeout)


def produce(ports, topic, partition, value, key=None, timeout=60):
    """One record, acknowledged by all in-sync replicas; gives its offset. `ports` of the brokers by their ids. A try
    whose answer was lost is repeated, so the record may be there twice."""
    return _produce_to_leader(ports, topic, partition, kafka_batch.batch(value, key), None, timeout)


class Transaction:
    """Of a stranger: begun with one record in a partition, and open until it is aborted or times out."""

    def __init__(self, ports, name, topic, partition, value, open_for=60, timeout=60):
        self.ports, self.name, self.timeout = ports, name, timeout
        self.producer, self.epoch = _retried(lambda: self._init(open_for), timeout)
        _retried(lambda: self._add(topic, partition), timeout)
        records = kafka_batch.batch(value, producer=self.producer, epoch=self.epoch, sequence=0,
                                    attributes=kafka_batch.TRANSACTIONAL)
        self.offset = _produce_to_leader(ports, topic, partition, records, name, timeout)

    def _ask(self, api, body):
        for port in self.ports.values():
            try:
                node = coordinator(port, self.name, transactions=True)
            except OSError:
                continue
            answer = _call(self.ports[node], api, body, ONE_TRY)
            answer.number(">i")
            return answer
        raise Refused(f"coordinator of {self.name}", NO_COORDINATOR)

    def _init(self, open_for):
        answer = self._ask(INIT_PRODUCER_ID, _string(self.name) + struct.pack(">i", 1000 * open_for))
        answer.fail(f"producer {self.name}")
        return answer.number(">q"), answer.number(">h")

    def _own(self):
        return _string(self.name) + struct.pack(">qh", self.producer, self.epoch)

    def _add(self, topic, partition):
        added = _array(_string(topic) + _array(struct.pack(">i", partition)))
        answer = self._ask(ADD_PARTITIONS_TO_TXN, self._own() + added)
        answer.number(">i"), answer.string(), answer.number(">i"), answer.number(">i")
        answer.fail(f"{topic}/{partition} in a transaction")

    def abort(self):
        """Returns when its end is decided, by this or for its age; the marker in the partition follows."""
        try:
            _retried(lambda: self._ask(END_TXN, self._own() + b"\0").fail("abort"), self.timeout)
        except Refused as refused:
            if refused.error != ENDED_BY_THE_BROKERS:
                raise
