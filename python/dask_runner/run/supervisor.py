"""The supervisor: one process beside each driver, which outlives the editor.

It starts the driver, keeps its end, takes the performance report and releases the cluster.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, Protocol

from dask_runner.base.files import FileLock, now
from dask_runner.base.processes import adopt_orphans, kill_session
from dask_runner.run.cluster_client import ClusterClient
from dask_runner.run.driver import DriverError, OnExit, check_target, start_process
from dask_runner.run.driver_watch import DriverWatch
from dask_runner.run.ending import LeftOvers
from dask_runner.run.order import Order, OrderError
from dask_runner.run.report import RunReport
from dask_runner.run.status import TERMINAL, StatusFile

RELEASE_REASON = "Its run ended."


class DriverForks(Protocol):
    """How drivers are forked, where a fork is as good as a process of its own."""

    def may_fork(self, order: Order, environment: dict[str, str]) -> bool:
        """Tell whether the script would not see a difference."""

    def fork(
        self,
        order: Order,
        environment: dict[str, str],
        output: int,
        lock: FileLock,
        on_exit: OnExit,
    ) -> int:
        """Fork the driver, and return its pid."""


class Supervisor:
    """One run, from its orders to its last word.

    Parameters
    ----------
    folder
        The run's folder.
    order
        What to do.
    status
        The status file to keep.
    lock
        The lock that it holds.
    forks
        Forks drivers from this process, where it was forked itself from one that has imported Dask.
    """

    def __init__(
        self,
        folder: Path,
        order: Order,
        status: StatusFile,
        lock: FileLock,
        forks: DriverForks | None,
    ) -> None:
        self._folder = folder
        self._order = order
        self._status = status
        self._lock = lock
        self._forks = forks
        self._cluster = (
            None if order.cluster_folder is None else ClusterClient(order.cluster_folder)
        )
        self._watch = DriverWatch(self._cancel_asked)
        self._report = RunReport(folder, order, self._cluster)

    def run(self) -> None:
        """Do all of it, or go on where an earlier supervisor was killed."""
        previous = StatusFile.read(self._folder)
        if previous is None or previous.get("state") not in (*TERMINAL, "running"):
            self._run_driver()
        else:
            self._status.adopt(previous)
            if previous.get("state") == "running":
                self._bury(previous)
        self._finish()

    def _bury(self, previous: dict[str, Any]) -> None:
        """End what the driver of a killed supervisor left."""
        driver = previous.get("driverPid")
        left = 0
        if isinstance(driver, int) and os.name == "posix":
            left = kill_session(driver)
        message = (
            "The run's supervisor was killed, and the script with it. The output until then is "
            "kept. Run it again."
        )
        self._status.update(
            state="failed",
            endedAt=now(),
            leftOver=left,
            error={"code": "supervisorLost", "message": message},
        )

    def _run_driver(self) -> None:
        if self._cancel_asked():
            self._status.update(state="cancelled", endedAt=now())
            return
        self._watch.catch_signals()
        adopt_orphans()
        try:
            check_target(self._order)
            self._check_cluster()
            notice = self._check_versions()
            pid, mode = self._start(notice)
        except DriverError as error:
            self._fail(error.code, str(error))
            return
        self._status.begin(pid, mode)
        self._status.reserve()
        if self._cluster is not None and self._cluster.starts:
            # It has measured nothing yet, and answers once its scheduler runs.
            begin = threading.Thread(target=self._cluster.begin_job, args=(self._order.id,))
            begin.daemon = True
            begin.start()
        self._report.begin()
        self._follow(pid)

    def _check_cluster(self) -> None:
        if self._cluster is not None and not self._cluster.is_alive():
            reason = self._cluster.end_reason()
            raise DriverError(
                "clusterLost",
                f"{self._order.name} cannot be run: its cluster has ended."
                f"{' ' + reason if reason else ''} Run it again to get a new one.",
            )

    def _check_versions(self) -> str | None:
        """Return what is said at the beginning of the output about a scheduler of somebody else."""
        order = self._order
        if self._cluster is not None or order.scheduler_address is None:
            return None
        from dask_runner.remote.versions import VersionError, ask_versions, compare, own_versions

        there = ask_versions(order.scheduler_address, order.tls)
        try:
            return None if there is None else compare(own_versions(), there)
        except VersionError as error:
            raise DriverError(
                "versionMismatch",
                f"{order.name} cannot be run on {order.scheduler_address}: {error}",
            ) from error

    def _start(self, notice: str | None) -> tuple[int, str]:
        if self._cluster is not None and not self._cluster.starts:
            self._report.measurements = self._cluster.begin_job(self._order.id)
        path = self._folder / "output.log"
        environment = self._order.driver_environment(dict(os.environ), path)
        try:
            output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise DriverError(
                "storageNotWritable",
                f"{self._order.name} cannot be run: {path} cannot be written: {error}.",
            ) from error
        try:
            if notice is not None:
                os.write(output, f"{notice}\n".encode())
            if self._forks is not None and self._forks.may_fork(self._order, environment):
                pid = self._forks.fork(
                    self._order, environment, output, self._lock, self._watch.ended
                )
                return pid, "fork"
            return start_process(self._order, environment, output, self._watch.ended), "process"
        finally:
            os.close(output)

    def _cancel_asked(self) -> bool:
        return (self._folder / "cancel").exists()

    def _follow(self, pid: int) -> None:
        """Wait for the driver; cancel it when asked to; write its result."""
        outcome, was_ended = self._watch.follow(pid, self._cluster)
        error = outcome.error(self._order.name, self._folder, self._cluster)
        self._status.update(
            state=outcome.state,
            exitCode=outcome.code,
            signal=outcome.signal,
            endedAt=now(),
            error=error,
        )
        left = LeftOvers(pid, hurry=was_ended).end()
        if left:
            self._status.update(leftOver=left)

    def _fail(self, code: str, message: str) -> None:
        self._status.update(state="failed", endedAt=now(), error={"code": code, "message": message})

    def _finish(self) -> None:
        """Take the report, release the cluster, and say so."""
        report = self._status.value["report"]
        if report is None and self._status.value["driverPid"] is not None:
            report = self._report.take()
        self._release_cluster()
        self._status.release(report=report, reportMissing=self._report.missing)

    def _release_cluster(self) -> None:
        if self._cluster is None:
            return
        if self._order.release:
            self._cluster.release(RELEASE_REASON)
        else:
            self._cluster.end_job(self._order.id)

    def give_up(self, error: Exception) -> None:
        """After a failure of our own: end the driver, release the cluster, keep what is known."""
        driver = self._status.value["driverPid"]
        running = self._status.value["state"] not in TERMINAL
        if running and isinstance(driver, int) and os.name == "posix":
            kill_session(driver)
        self._release_cluster()
        # What failed may be the writing itself.
        with contextlib.suppress(OSError):
            if running:
                self._fail(
                    "supervisorFailed",
                    "The run's supervisor failed, and the script was ended: "
                    f"{type(error).__name__}: {error}. The output until then is kept. "
                    "Run it again.",
                )
            self._status.release()


def supervise(folder: Path, forks: DriverForks | None = None) -> int:
    """Supervise one run; return the exit code.

    Parameters
    ----------
    folder
        The run's folder.
    forks
        Forks drivers from this process, where that can be.
    """
    lock = FileLock(folder / "lock")
    if not lock.acquire():
        return 0
    previous = StatusFile.read(folder)
    if previous is not None and previous.get("released"):
        return 0
    try:
        order = Order.read(folder)
    except OrderError as error:
        status = StatusFile(folder, folder.name)
        message = f"The run cannot be started: {error}."
        status.update(
            state="failed", endedAt=now(), error={"code": "jobInvalid", "message": message}
        )
        status.release()
        return 1
    supervisor = Supervisor(folder, order, StatusFile(folder, order.id), lock, forks)
    try:
        supervisor.run()
    except Exception as error:
        traceback.print_exc()
        supervisor.give_up(error)
        return 1
    return 0


def main(command: str, arguments: list[str]) -> int:
    """Supervise the run of one folder; return the exit code."""
    parser = argparse.ArgumentParser(prog=f"dask_runner {command}")
    parser.add_argument("--folder", type=Path, required=True)
    folder: Path = parser.parse_args(arguments).folder.absolute()
    if os.name == "posix":
        with contextlib.suppress(OSError):
            os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code = supervise(folder)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
