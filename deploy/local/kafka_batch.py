"""Batches of records as Kafka keeps and sends them (https://kafka.apache.org/documentation/#recordbatch): written for
tests that write what no client would, and found in a broker's files by those that damage them."""

import struct
import time

# Base offset, length of what follows, leader epoch, magic, checksum | attributes, last offset delta, base and newest
# time, producer's id and epoch, first sequence number, number of records.
_FRONT, _BACK = struct.Struct(">qiibI"), struct.Struct(">hiqqqhii")
HEADER = _FRONT.size + _BACK.size
TRANSACTIONAL = 0x10


def _table():
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


_CRC = list(_table())


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ _CRC[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def varint(number):
    """Zigzag, as in records."""
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append((number & 0x7F) | 0x80)
        number >>= 7
    return bytes([*out, number])


def _field(data):
    return varint(-1) if data is None else varint(len(data)) + data


def batch(value, key=None, producer=-1, epoch=-1, sequence=-1, attributes=0):
    """One record."""
    record = b"\0" + varint(0) + varint(0) + _field(key) + _field(value) + varint(0)
    now = int(time.time() * 1000)
    back = _BACK.pack(attributes, 0, now, now, producer, epoch, sequence, 1) + varint(len(record)) + record
    return _FRONT.pack(0, len(back) + _FRONT.size - 12, -1, 2, crc32c(back)) + back


def _after_varint(data, place):
    while data[place] & 0x80:
        place += 1
    return place + 1


def first_value(data):
    """Where the value of the first record begins in a batch. It has no key, or an empty one."""
    place = _after_varint(data, HEADER) + 1  # The record's length and attributes.
    for _ in range(4):  # Its time and offset, the lengths of key and value.
        place = _after_varint(data, place)
    return place


def _varint_at(data, place):
    """A number and where it ends."""
    number = shift = 0
    while True:
        byte = data[place]
        number, shift, place = number | (byte & 0x7F) << shift, shift + 7, place + 1
        if not byte & 0x80:
            return (number >> 1) ^ -(number & 1), place


def only_value(data):
    """The value of a batch of one record."""
    begin = first_value(data)
    place = _after_varint(data, HEADER) + 1
    for _ in range(3):  # Its time and offset, the length of its key.
        place = _after_varint(data, place)
    return data[begin:begin + _varint_at(data, place)[0]]


def with_value(data, value):
    """A batch of one record without key and headers, with another value: all else of it stays."""
    record = _after_varint(data, HEADER)
    place = record + 1
    for _ in range(3):
        place = _after_varint(data, place)
    record = data[record:place] + _field(value) + varint(0)
    back = data[_FRONT.size:HEADER] + varint(len(record)) + record
    base, _, epoch, magic, _ = _FRONT.unpack_from(data)
    return _FRONT.pack(base, len(back) + _FRONT.size - 12, epoch, magic, crc32c(back)) + back


def batches(path):
    """Base offset, last offset, position and size of each whole batch of a segment's file."""
    with open(path, "rb") as file:
        position = 0
        while len(header := file.read(HEADER)) == HEADER:
            base, length, _, magic, _ = _FRONT.unpack_from(header)
            last_delta = _BACK.unpack_from(header, _FRONT.size)[1]
            size = length + 12
            if magic != 2 or size < HEADER or len(file.read(size - HEADER)) < size - HEADER:
                return
            yield base, base + last_delta, position, size
            position += size
