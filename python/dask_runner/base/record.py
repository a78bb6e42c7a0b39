"""JSON files in which a process says how what it does stands."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any, ClassVar

from dask_runner.base.files import read_json, write_json
from dask_runner.base.processes import start_token


class RecordFile:
    """One such file, written whole at each change.

    Parameters
    ----------
    folder
        Where it is.
    identifier
        The id of what it is about.
    fields
        What it holds beside that id and this process.

    Attributes
    ----------
    name
        The file's name.
    """

    name: ClassVar[str]

    def __init__(self, folder: Path, identifier: str, **fields: Any) -> None:
        self._path = folder / self.name
        self._value: dict[str, Any] = {
            "version": 1,
            "id": identifier,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "pidStart": start_token(os.getpid()),
            **fields,
        }

    @classmethod
    def read(cls, folder: Path) -> dict[str, Any] | None:
        """Read what such a file says; None where there is none yet."""
        return read_json(folder / cls.name)

    @property
    def value(self) -> dict[str, Any]:
        """What the file says now."""
        return self._value

    def update(self, **changes: Any) -> None:
        """Change some fields and write the file."""
        self._value = {**self._value, **changes}
        self._write()

    def _write(self) -> None:
        write_json(self._path, self._value)
