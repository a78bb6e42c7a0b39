"""The performance report of a scheduler that is not ours."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import Any

from dask_runner.run.missing_report import ReportMissingError, explain_missing
from dask_runner.run.order import Order

REPORT_SECONDS = 20.0
# The driver's own start comes first.
DELAY_SECONDS = 0.5


class RemoteReport:
    """Asks a scheduler for its report through Dask's own RPC.

    Parameters
    ----------
    order
        The run's orders.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._started = time.time()

    @staticmethod
    def begin(order: Order) -> RemoteReport | None:
        """Have the scheduler note its tasks from now on; None where there is no scheduler."""
        if order.scheduler_address is None:
            return None
        report = RemoteReport(order)
        threading.Thread(target=report._prepare, name="report", daemon=True).start()
        return report

    def take(self, code: str) -> bytes:
        """Return the report as HTML.

        Raises
        ------
        ReportMissingError
            When it cannot be had within 20 s.
        """
        try:
            html = self._call(
                REPORT_SECONDS,
                "performance_report",
                start=self._started,
                last_count=0,
                code=code,
                mode="inline",
            )
        except Exception as error:
            said = str(error) or type(error).__name__
            if isinstance(error, asyncio.TimeoutError):
                said = f"no answer within {REPORT_SECONDS:g} s"
            raise ReportMissingError(
                explain_missing({}, f"the scheduler did not give it ({said})")
            ) from error
        return str(html).encode("utf-8", "replace")

    def _prepare(self) -> None:
        time.sleep(DELAY_SECONDS)
        with contextlib.suppress(Exception):
            self._call(REPORT_SECONDS, "get_task_stream", start=0, stop=0)

    def _call(self, seconds: float, operation: str, **arguments: Any) -> Any:
        from dask_runner.remote.ask import ask

        assert self._order.scheduler_address is not None
        return asyncio.run(
            asyncio.wait_for(
                ask(self._order.scheduler_address, self._order.tls, operation, **arguments),
                seconds,
            )
        )
