"""A run's status file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dask_runner.base.files import make_reserve, now, write_json
from dask_runner.base.processes import start_token
from dask_runner.base.record import RecordFile

TERMINAL = ("succeeded", "failed", "cancelled")


class StatusFile(RecordFile):
    """``status.json`` of one run. It can be written on a full disk too.

    Parameters
    ----------
    folder
        The run's folder.
    job
        The run's id.
    """

    name = "status.json"

    def __init__(self, folder: Path, job: str) -> None:
        super().__init__(
            folder,
            job,
            state="pending",
            driverPid=None,
            driverPidStart=None,
            mode=None,
            startedAt=None,
            endedAt=None,
            exitCode=None,
            signal=None,
            error=None,
            report=None,
            reportMissing=None,
            released=False,
            leftOver=0,
        )
        self._reserve = folder / ".reserve"

    def adopt(self, previous: dict[str, Any]) -> None:
        """Go on from what an earlier supervisor wrote."""
        own = {"pid": self._value["pid"], "pidStart": self._value["pidStart"]}
        self._value = {**self._value, **previous, **own}

    def reserve(self) -> None:
        """Set disk space aside for the last words."""
        make_reserve(self._reserve)

    def _write(self) -> None:
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
