"""A supervisor's view of the cluster that its run uses."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dask_runner.base.files import read_json
from dask_runner.base.processes import is_alive, kill_session, start_token
from dask_runner.run.missing_report import ReportMissingError, explain_missing

REPORT_SECONDS = 20.0
SHARE_SECONDS = 120.0
COLLECT_SECONDS = 150.0
ANSWER_SECONDS = 5.0
# A cluster that starts takes connections, and answers once its scheduler runs.
START_SECONDS = 120.0
RELEASE_SECONDS = 40.0


class ClusterClient:
    """Talks to a cluster process on this machine, through its files and its HTTP side.

    Parameters
    ----------
    folder
        The cluster's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        state = self.state() or {}
        self._pid: int | None = state.get("pid")
        self._start: str | None = state.get("pidStart")
        self._url: str | None = state.get("httpUrl")
        self.dashboard = bool(state.get("dashboard"))
        #: It answers in a while.
        self.starts = state.get("state") == "starting"

    def state(self) -> dict[str, Any] | None:
        """Return what ``state.json`` says now."""
        return read_json(self._folder / "state.json")

    def is_alive(self) -> bool:
        """Tell whether the cluster's process runs."""
        return self._pid is not None and is_alive(self._pid, self._start)

    def is_ending(self) -> bool:
        """Tell whether the cluster closes or has closed."""
        state = self.state()
        return state is not None and state.get("state") in ("closing", "closed", "failed")

    def end_reason(self) -> str | None:
        """Return why the cluster ended, where it had the time to say so."""
        state = self.state() or {}
        reason = state.get("endReason")
        return reason if isinstance(reason, str) else None

    def begin_job(self, job: str) -> int:
        """Say that a driver begins; return the scheduler's count of measurements until now."""
        body = self._registration(job)
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            return int(json.loads(self._post("jobs", body, self._seconds())).get("monitorCount", 0))
        return 0

    def _seconds(self) -> float:
        return START_SECONDS if self.starts else ANSWER_SECONDS

    def register(self, job: str, archive: dict[str, Any]) -> int:
        """Say that a driver begins, and leave its code with the cluster for its workers.

        Parameters
        ----------
        job
            The run's id.
        archive
            ``{"path", "sha256", "importFolders"}``.

        Returns
        -------
        int
            The scheduler's count of measurements until now.

        Raises
        ------
        OSError
            When the cluster process cannot be reached, or refuses.
        """
        body = {**self._registration(job), "archive": archive}
        try:
            answer = json.loads(self._post("jobs", body, SHARE_SECONDS))
        except (ValueError, http.client.HTTPException) as error:
            raise OSError(str(error) or type(error).__name__) from error
        return int(answer.get("monitorCount", 0))

    def _registration(self, job: str) -> dict[str, Any]:
        return {"id": job, "pid": os.getpid(), "pidStart": start_token(os.getpid())}

    def end_job(self, job: str) -> None:
        """Say that the cluster is needed no more."""
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            self._post("jobs", {"id": job, "pid": os.getpid(), "ended": True}, ANSWER_SECONDS)

    def collect(self, job: str) -> dict[str, Any]:
        """Have what a run's workers have printed and written brought to this machine.

        Parameters
        ----------
        job
            The run's id.

        Returns
        -------
        dict
            ``files`` with ``name``, ``size`` and ``changed``; ``lost`` with ``name``, ``size`` and
            ``reason``.

        Raises
        ------
        OSError
            When the cluster process cannot be reached, or refuses.
        """
        try:
            answer: dict[str, Any] = json.loads(self._post("collect", {"id": job}, COLLECT_SECONDS))
        except (ValueError, http.client.HTTPException) as error:
            raise OSError(str(error) or type(error).__name__) from error
        return answer

    def report(self, start: float, count: int, code: str) -> bytes:
        """Return the performance report as HTML.

        Raises
        ------
        ReportMissingError
            When it cannot be had.
        """
        python = (self.state() or {}).get("python") or {}
        if not self.dashboard:
            raise ReportMissingError(explain_missing(python, "the cluster has no dashboard"))
        body = {"start": start, "monitorCount": count, "code": code}
        try:
            return self._post("report", body, REPORT_SECONDS)
        except (OSError, ValueError, http.client.HTTPException) as error:
            said = f"the cluster did not give it ({str(error) or type(error).__name__})"
            raise ReportMissingError(explain_missing(python, said)) from error

    def release(self, reason: str) -> bool:
        """Shut the cluster down, and return once its process has gone; True when it has."""
        if self.is_alive():
            try:
                self._post("shutdown", {"reason": reason}, self._seconds())
            except (OSError, ValueError, http.client.HTTPException):
                self._terminate()
        deadline = time.monotonic() + RELEASE_SECONDS
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        if self.is_alive() and self._pid is not None:
            if os.name == "posix":
                kill_session(self._pid)
                time.sleep(0.2)
            else:
                self._terminate()
        return not self.is_alive()

    def _terminate(self) -> None:
        if self._pid is not None and self.is_alive():
            with contextlib.suppress(OSError):
                os.kill(self._pid, signal.SIGTERM)

    def _post(self, route: str, body: dict[str, Any], seconds: float) -> bytes:
        if self._url is None:
            raise OSError("the cluster has no HTTP side")
        parts = urlsplit(self._url)
        connection = http.client.HTTPConnection(
            parts.hostname or "127.0.0.1", parts.port, timeout=seconds
        )
        try:
            connection.request("POST", f"{parts.path}/dask-runner/{route}", json.dumps(body))
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise OSError(f"{route}: {answer.status} {data[:200]!r}")
        return data
