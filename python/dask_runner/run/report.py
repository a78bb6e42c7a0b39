"""A run's performance report, whichever scheduler it ran on."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from dask_runner.run.cluster_client import ClusterClient
from dask_runner.run.driver import read_code
from dask_runner.run.missing_report import ReportMissingError, explain_missing
from dask_runner.run.order import Order
from dask_runner.run.remote_report import RemoteReport

NAME = "performance-report.html"


class RunReport:
    """Takes the report of the time from now on.

    Parameters
    ----------
    folder
        The run's folder, where the report is written to.
    order
        The run's orders.
    cluster
        The cluster, where it is ours.
    """

    def __init__(self, folder: Path, order: Order, cluster: ClusterClient | None) -> None:
        self._folder = folder
        self._order = order
        self._cluster = cluster
        self._started = time.time()
        self._remote: RemoteReport | None = None
        # The scheduler's count of measurements when the run began.
        self.measurements = 0
        #: Why there is none, once it was to be taken.
        self.missing: str | None = None

    def begin(self) -> None:
        """Have a scheduler that is not ours note its tasks; ours does so for each run."""
        if self._cluster is None and self._order.report:
            self._remote = RemoteReport.begin(self._order)

    def take(self) -> str | None:
        """Write the report, and return its file's name; None where it cannot be had."""
        self.missing = None
        if not self._order.report:
            return None
        try:
            html = self._html()
        except ReportMissingError as error:
            self.missing = str(error)
            return None
        temporary = self._folder / f".{NAME}.tmp"
        try:
            temporary.write_bytes(html)
            temporary.chmod(0o600)
            temporary.replace(self._folder / NAME)
        except OSError as error:
            self.missing = explain_missing({}, f"it cannot be written ({error})")
            with contextlib.suppress(OSError):
                temporary.unlink()
            return None
        return NAME

    def _html(self) -> bytes:
        code = read_code(self._order.path)
        if self._cluster is not None:
            if not self._cluster.is_alive():
                raise ReportMissingError(explain_missing({}, "the cluster had ended before"))
            return self._cluster.report(self._started, self.measurements, code)
        if self._remote is None:
            raise ReportMissingError(explain_missing({}, "the run has no scheduler"))
        return self._remote.take(code)
