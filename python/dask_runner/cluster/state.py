"""The cluster's state file, and the errors that end a start."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any

from dask_runner.base.files import now, write_json
from dask_runner.base.record import RecordFile
from dask_runner.check import package_version


class StartError(Exception):
    """A cluster cannot be started.

    Parameters
    ----------
    code
        Stable id in lowerCamelCase.
    message
        For people: what happened, why, what to do next.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class StateFile(RecordFile):
    """``state.json`` of one cluster.

    Parameters
    ----------
    folder
        The cluster's folder.
    cluster_id
        The cluster's id.
    """

    name = "state.json"

    def __init__(self, folder: Path, cluster_id: str) -> None:
        super().__init__(
            folder,
            cluster_id,
            state="starting",
            stage="process",
            startedAt=now(),
            updatedAt=now(),
            schedulerAddress=None,
            httpUrl=None,
            workers=None,
            dashboard=False,
            python={
                "executable": sys.executable,
                "version": platform.python_version(),
                "dask": package_version("dask"),
                "distributed": package_version("distributed"),
                "bokeh": package_version("bokeh"),
            },
            tls=None,
            endedAt=None,
            endReason=None,
            error=None,
        )

    def update(self, **changes: Any) -> None:
        """Change some fields and write the file, with the time."""
        super().update(**changes, updatedAt=now())

    def _write(self) -> None:
        # What runs does not outlive its machine.
        flush = self._value["state"] in ("closed", "failed")
        write_json(self._path, self._value, flush=flush)

    def close(self, reason: str) -> None:
        """Write the last state of a cluster that ended as it should."""
        self.update(**ended("closed", reason))

    def fail(self, code: str, message: str) -> None:
        """Write the last state of a cluster that broke."""
        self.update(**ended("failed", message), error={"code": code, "message": message})


def ended(state: str, reason: str) -> dict[str, Any]:
    """Return what is said of every cluster that has ended."""
    return {
        "state": state,
        "endedAt": now(),
        "endReason": reason,
        "httpUrl": None,
    }


def mark_lost(folder: Path, previous: dict[str, Any]) -> None:
    """Write the last state of a cluster whose process died without a word."""
    message = (
        "The cluster's process ended unexpectedly. It may have been killed, or the machine "
        "restarted. Run again to start a new cluster."
    )
    error = {"code": "clusterLost", "message": message}
    lost = {**previous, **ended("failed", message), "error": error, "updatedAt": now()}
    write_json(folder / StateFile.name, lost)
