"""The cluster's state file, and the errors that end a start."""

from __future__ import annotations

import os
import platform
import socket
import sys
from pathlib import Path
from typing import Any

from dask_runner.check import package_version
from dask_runner.files import now, read_json, write_json
from dask_runner.processes import start_token


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


class StateFile:
    """``state.json`` of one cluster, written whole at each change.

    Parameters
    ----------
    folder
        The cluster's folder.
    cluster_id
        The cluster's id.
    """

    def __init__(self, folder: Path, cluster_id: str) -> None:
        self._path = folder / "state.json"
        self._value: dict[str, Any] = {
            "version": 1,
            "id": cluster_id,
            "state": "starting",
            "stage": "process",
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "pidStart": start_token(os.getpid()),
            "startedAt": now(),
            "updatedAt": now(),
            "schedulerAddress": None,
            "httpUrl": None,
            "workers": None,
            "dashboard": False,
            "python": {
                "executable": sys.executable,
                "version": platform.python_version(),
                "dask": package_version("dask"),
                "distributed": package_version("distributed"),
                "bokeh": package_version("bokeh"),
            },
            "tls": None,
            "launcher": None,
            "endedAt": None,
            "endReason": None,
            "error": None,
        }

    @staticmethod
    def read(folder: Path) -> dict[str, Any] | None:
        """Read a cluster's state; None where there is none yet."""
        return read_json(folder / "state.json")

    @property
    def value(self) -> dict[str, Any]:
        """What the file says now."""
        return self._value

    def update(self, **changes: Any) -> None:
        """Change some fields and write the file."""
        self._value = {**self._value, **changes, "updatedAt": now()}
        write_json(self._path, self._value)

    def close(self, reason: str) -> None:
        """Write the last state of a cluster that ended as it should."""
        self.update(state="closed", endedAt=now(), endReason=reason, launcher=None, httpUrl=None)

    def fail(self, code: str, message: str) -> None:
        """Write the last state of a cluster that broke."""
        error = {"code": code, "message": message}
        self.update(
            state="failed",
            endedAt=now(),
            endReason=message,
            error=error,
            launcher=None,
            httpUrl=None,
        )


def mark_lost(folder: Path, previous: dict[str, Any]) -> None:
    """Write the last state of a cluster whose process died without a word."""
    message = (
        "The cluster's process ended unexpectedly. It may have been killed, or the machine "
        "restarted. Run again to start a new cluster."
    )
    write_json(
        folder / "state.json",
        {
            **previous,
            "state": "failed",
            "updatedAt": now(),
            "endedAt": now(),
            "endReason": message,
            "error": {"code": "clusterLost", "message": message},
            "launcher": None,
            "httpUrl": None,
        },
    )
