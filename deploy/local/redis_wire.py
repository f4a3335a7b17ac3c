"""Enough of the Redis protocol to ask a server on loopback something, without redis-cli and its password on a command
line."""

import contextlib
import socket


class Refused(Exception):
    """An error that Redis answered."""


def _read(stream):
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("the server closed the connection")
    kind, rest = line[:1], line[1:-2]
    if kind == b"-":
        raise Refused(rest.decode())
    if kind == b"$":
        return None if rest == b"-1" else stream.read(int(rest) + 2)[:-2].decode()
    if kind == b"*":
        return [_read(stream) for _ in range(int(rest))]
    return int(rest) if kind == b":" else rest.decode()


@contextlib.contextmanager
def connected(port, user, password, timeout=2):
    """A function that sends a command and gives the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection, connection.makefile("rb") as stream:
        def call(*words):
            words = [str(word).encode() for word in words]
            connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words))
            return _read(stream)

        call("AUTH", user, password)
        yield call
