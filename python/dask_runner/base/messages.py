"""Messages between a process and one that it has forked, with descriptors."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

_LENGTH = struct.Struct("!I")


def close_all_but(*keep: int | None) -> None:
    """Close all descriptors but the standard ones and these."""
    for entry in os.listdir("/proc/self/fd"):  # noqa: PTH208
        number = int(entry)
        if number > 2 and number not in keep:
            with contextlib.suppress(OSError):
                os.close(number)


def send(
    connection: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()
) -> None:
    """Send a message, with descriptors."""
    data = json.dumps(message).encode("utf-8", "surrogateescape")
    head = _LENGTH.pack(len(data))
    if descriptors:
        socket.send_fds(connection, [head], list(descriptors))
    else:
        connection.sendall(head)
    connection.sendall(data)


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Receive what ``send`` has sent.

    Raises
    ------
    EOFError
        When the other side has gone.
    """
    head, descriptors, _, _ = socket.recv_fds(connection, _LENGTH.size, 8)
    while len(head) < _LENGTH.size:
        head += _some(connection, _LENGTH.size - len(head))
    (length,) = _LENGTH.unpack(head)
    data = b""
    while len(data) < length:
        data += _some(connection, length - len(data))
    return json.loads(data.decode("utf-8", "surrogateescape")), list(descriptors)


def _some(connection: socket.socket, length: int) -> bytes:
    data = connection.recv(min(length, 2**20))
    if not data:
        raise EOFError
    return data
