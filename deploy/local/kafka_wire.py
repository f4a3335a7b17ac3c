"""The two questions of the Kafka protocol that tell whether a cluster serves, and what a test does to it, without starting
a JVM for them.

Layouts: https://kafka.apache.org/protocol (Metadata v2, DescribeQuorum v0, DeleteTopics v1)."""

import io
import socket
import struct

METADATA, DELETE_TOPICS, DESCRIBE_QUORUM = 3, 20, 55
NO_TAGS = b"\0"


def _string(text):
    return struct.pack(">h", len(text)) + text.encode()


def _compact(text):
    return bytes([len(text) + 1]) + text.encode()


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


def _receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("the broker closed the connection")
        data += part
    return data


def _call(port, key, version, body, timeout):
    header = struct.pack(">hhi", key, version, 7) + _string("sanyuan-local")
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.settimeout(timeout)
        connection.sendall(struct.pack(">i", len(header) + len(body)) + header + body)
        answer = _Answer(_receive(connection, struct.unpack(">i", _receive(connection, 4))[0]))
    if answer.number(">i") != 7:
        raise ConnectionError("the answer is not to our question")
    return answer


def metadata(port, timeout=2):
    """The cluster's id and the ports of its live brokers by their ids, as this broker knows them."""
    answer = _call(port, METADATA, 2, struct.pack(">i", 0), timeout)
    brokers = {}
    for _ in range(answer.number(">i")):
        node, _, brokers_port, _ = answer.number(">i"), answer.string(), answer.number(">i"), answer.string()
        brokers[node] = brokers_port
    return answer.string(), brokers


def controller(port, timeout=2):
    """The id of the active controller, or None. The broker asks the controllers, so one of them answers too."""
    partition = struct.pack(">i", 0) + NO_TAGS
    topic = _compact("__cluster_metadata") + b"\2" + partition + NO_TAGS
    answer = _call(port, DESCRIBE_QUORUM, 0, NO_TAGS + b"\2" + topic + NO_TAGS, timeout)
    answer.varint()  # The header's tags.
    if answer.number(">h") != 0 or answer.varint() != 2:
        return None
    answer.read(answer.varint() - 1)  # The topic's name.
    answer.varint(), answer.number(">i")
    error, leader = answer.number(">h"), answer.number(">i")
    return leader if error == 0 and leader > 0 else None


def delete_topic(port, name, timeout=20):
    """For tests. Returns when the topic is gone."""
    answer = _call(port, DELETE_TOPICS, 1, struct.pack(">i", 1) + _string(name) + struct.pack(">i", 1000 * timeout), timeout)
    answer.number(">i"), answer.number(">i"), answer.string()  # Throttled for, how many answers, whose.
    if error := answer.number(">h"):
        raise RuntimeError(f"topic {name} is not deleted: error {error}")
