"""Making sure that the cluster process of this machine lives: it ends when it is idle."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dask_runner.base.processes import is_alive, start_token
from dask_runner.cloud.errors import CancelError, JobError
from dask_runner.cloud.home import Home
from dask_runner.run.cluster_client import ClusterClient
from dask_runner.yarn.logs import last_lines

UNIT = "dask-runner.service"
#: Longer than the queue may take to let the application in.
START_SECONDS = 180.0
PAUSE_SECONDS = 0.05
#: Another process that has the lock may not have written its state yet.
SILENT_SECONDS = 3.0
LOG_BYTES = 64 * 1024
DETACH = '"$@" </dev/null >>"$0" 2>&1 & echo $!'
#: What a job's own process has and a cluster's must not have.
OF_JOBS = ("PYTHONPATH", "DASK_SCHEDULER_ADDRESS", "DASK_YARN__TAGS", "DATAPROC_JOB_ID")


def ensure_cluster(home: Home, cancelled: Callable[[], bool]) -> ClusterClient:
    """Return a client of the living cluster process; start one where there is none.

    Parameters
    ----------
    home
        Where it is.
    cancelled
        Tells whether to wait no longer.

    Raises
    ------
    JobError
        When it does not start.
    CancelError
        When it is not waited for.
    """
    if not (home.cluster / "spec.json").is_file():
        raise JobError(
            "clusterNotPrepared",
            f"The job cannot be run: {home.cluster / 'spec.json'} is not there. This machine was "
            "not set up by Dask Cluster Explorer's initialization action. Run it on a cluster "
            "that was.",
        )
    deadline = time.monotonic() + START_SECONDS
    before: tuple[Any, Any] | None = None
    has_ended: Callable[[], bool] | None = None
    silent_since = 0.0
    while time.monotonic() < deadline:
        client = ClusterClient(home.cluster)
        state = client.state() or {}
        found = (state.get("pid"), state.get("pidStart"))
        if client.is_alive():
            if state.get("state") == "running":
                return client
        elif has_ended is None:
            before, has_ended, silent_since = found, _start(home), time.monotonic()
        elif found != before and state.get("state") in ("closed", "failed"):
            raise _not_started(home, state)
        elif has_ended() and time.monotonic() - silent_since > SILENT_SECONDS:
            raise _not_started(home, {})
        if cancelled():
            raise CancelError
        time.sleep(PAUSE_SECONDS)
    raise _not_started(home, {}, f"it was not ready within {START_SECONDS:g} s")


def _start(home: Home) -> Callable[[], bool]:
    """Start it, and return what tells whether it has ended again."""
    print("The Dask cluster of this machine is not running: it is started.", flush=True)
    if Path("/run/systemd/system").is_dir() and shutil.which("systemctl"):
        command = ["systemctl", "start", UNIT]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            active = ["systemctl", "is-active", "--quiet", UNIT]
            return lambda: subprocess.run(active, check=False).returncode != 0
    environment = {name: value for name, value in os.environ.items() if name not in OF_JOBS}
    environment["PYTHONPATH"] = home.library
    command = [home.python, "-m", "dask_runner", "cluster", "--folder", str(home.cluster)]
    try:
        (home.cluster / "logs").mkdir(mode=0o700, exist_ok=True)
        # It must not be a descendant of the job, whose processes end with it.
        answer = subprocess.run(
            ["/bin/sh", "-c", DETACH, str(home.cluster / "logs" / "cluster.log"), *command],
            cwd=home.cluster,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            start_new_session=True,
            check=True,
        )
        pid = int(answer.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        raise _not_started(home, {}, str(error)) from error
    token = start_token(pid)
    return lambda: token is None or not is_alive(pid, token)


def _not_started(home: Home, state: dict[str, Any], why: str = "it ended at once") -> JobError:
    error = state.get("error") or {}
    code = error.get("code") or "clusterNotStarted"
    said = error.get("message") or state.get("endReason") or why
    if not said.endswith("."):
        said += "."
    if code not in ("clusterNotStarted", "clusterStartFailed"):
        return JobError(code, f"The job cannot be run: {said}")
    log = _log_end(home.cluster / "logs" / "cluster.log")
    return JobError(
        code,
        f"The job cannot be run: the Dask cluster of this machine did not start: {said} "
        + (f"Its log ends with:\n{log}" if log else "It wrote no log.")
        + "\nRun it again, or on a new cluster.",
    )


def _log_end(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_BYTES))
            return last_lines(file.read().decode("utf-8", "replace"), 20)
    except OSError:
        return ""
