"""A run's status file."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from dask_runner.files import make_reserve, now, read_json, write_json
from dask_runner.processes import start_token

TERMINAL = ("succeeded", "failed", "cancelled")


class StatusFile:
    """``status.json`` of one run. It can be written on a full disk too.

    Parameters
    ----------
    folder
        The run's folder.
    job
        The run's id.
    """

    def __init__(self, folder: Path, job: str) -> None:
        self._path = folder / "status.json"
        self._reserve = folder / ".reserve"
        self._value: dict[str, Any] = {
            "version": 1,
            "id": job,
            "state": "pending",
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "pidStart": start_token(os.getpid()),
            "driverPid": None,
            "driverPidStart": None,
            "mode": None,
            "startedAt": None,
            "endedAt": None,
            "exitCode": None,
            "signal": None,
            "error": None,
            "report": None,
            "released": False,
            "leftOver": 0,
        }

    @staticmethod
    def read(folder: Path) -> dict[str, Any] | None:
        """Read a run's status; None where there is none yet."""
        return read_json(folder / "status.json")

    @property
    def value(self) -> dict[str, Any]:
        """What the file says now."""
        return self._value

    def adopt(self, previous: dict[str, Any]) -> None:
        """Go on from what an earlier supervisor wrote."""
        own = {"pid": self._value["pid"], "pidStart": self._value["pidStart"]}
        self._value = {**self._value, **previous, **own}

    def reserve(self) -> None:
        """Set disk space aside for the last words."""
        make_reserve(self._reserve)

    def update(self, **changes: Any) -> None:
        """Change some fields and write the file."""
        self._value = {**self._value, **changes}
        write_json(self._path, self._value, self._reserve)

    def begin(self, driver: int, mode: str) -> None:
        """Say that the driver runs."""
        self.update(
            state="running",
            driverPid=driver,
            driverPidStart=start_token(driver),
            mode=mode,
            startedAt=now(),
        )

    def release(self, **changes: Any) -> None:
        """Give the reserve back, and write the last word in its place."""
        self._reserve.unlink(missing_ok=True)
        self.update(released=True, **changes)
