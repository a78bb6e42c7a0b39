"""What runs in a container first: it becomes a Dask worker.

It is sent as text, so that the container's Python needs ``distributed`` alone. What it is told
comes with the container's credentials, which YARN keeps from other users and from logs.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

SECRET = "dask-runner"
TOKEN_FILE = "HADOOP_TOKEN_FILE_LOCATION"


class Reader:
    """Reads Hadoop's files of credentials (``o.a.h.security.Credentials``, version 0)."""

    def __init__(self, data: bytes) -> None:
        if data[:5] != b"HDTS\0":
            raise ValueError("These are not credentials of a kind that is known here.")
        self._data = data
        self._at = 5

    def number(self) -> int:
        """Read ``WritableUtils.writeVInt``."""
        first = self._take(1)[0]
        first = first - 256 if first > 127 else first
        if first >= -112:
            return first
        return int.from_bytes(self._take(-112 - first), "big")

    def block(self) -> bytes:
        """Read bytes after their count."""
        return self._take(self.number())

    def secrets(self) -> dict[str, bytes]:
        """Pass over the tokens, and return the secrets by name."""
        for _token in range(self.number()):
            for _part in range(5):  # alias, identifier, password, kind, service
                self.block()
        return {self.block().decode(): self.block() for _secret in range(self.number())}

    def _take(self, count: int) -> bytes:
        part = self._data[self._at : self._at + count]
        self._at += count
        return part


def start(orders: dict[str, Any]) -> None:
    """Write the certificate's files, and become the worker."""
    environment = {**os.environ, **orders["environment"]}
    arguments = [*orders["arguments"], "--local-directory", str(Path.cwd())]
    for name, text in orders["tls"].items():
        path = str(Path.cwd() / f"dask-tls-{name}.pem")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        arguments += [f"--tls-{name}", path]
    host = os.environ.get("NM_HOST")
    if host and "--host" not in arguments:
        # The address that YARN knows the node by: a machine may have several.
        arguments += ["--host", socket.gethostbyname(host)]
    command = [sys.executable, "-m", "distributed.cli.dask_worker", *arguments]
    os.execve(sys.executable, command, environment)


if __name__ == "__main__":
    credentials = Path(os.environ[TOKEN_FILE]).read_bytes()
    start(json.loads(Reader(credentials).secrets()[SECRET]))
