"""Ports that take connections before those start who answer them."""

from __future__ import annotations

import socket
from typing import Any

HOST = "127.0.0.1"
BACKLOG = 2048


class Listeners:
    """The ports of a scheduler on this machine, open before it starts.

    Its addresses are known at once, so a script can start meanwhile: its connection waits until
    the scheduler takes it.
    """

    def __init__(self) -> None:
        self._sockets: dict[int, socket.socket] = {}
        self.port = self._listen()
        self.http_port = self._listen()

    def _listen(self) -> int:
        listener = socket.create_server((HOST, 0), backlog=BACKLOG)
        listener.setblocking(False)
        port: int = listener.getsockname()[1]
        self._sockets[port] = listener
        return port

    def hand_over(self) -> None:
        """Have Tornado take them where it is asked to listen at their ports."""
        import tornado.netutil as netutil
        import tornado.tcpserver as tcpserver

        usual = netutil.bind_sockets

        def bind_sockets(port: int, *arguments: Any, **options: Any) -> list[socket.socket]:
            ahead = self._sockets.pop(port, None)
            return usual(port, *arguments, **options) if ahead is None else [ahead]

        netutil.bind_sockets = tcpserver.bind_sockets = bind_sockets
