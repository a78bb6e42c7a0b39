"""Waiting for a driver, and ending it when somebody asks for that or its cluster has gone."""

from __future__ import annotations

import contextlib
import queue
import signal
import time
from collections.abc import Callable

from dask_runner.run.cluster_client import ClusterClient
from dask_runner.run.ending import Escalation
from dask_runner.run.outcome import Outcome, oom_kills

TICK_SECONDS = 1.0
# A driver whose cluster has gone may try to reach it for ever.
LOST_CLUSTER_SECONDS = 10.0

Event = tuple[str, int | None, str | None]


class DriverWatch:
    """Follows one driver to its end.

    Parameters
    ----------
    cancel_asked
        Tells whether somebody has asked for a cancel other than by a signal.
    """

    def __init__(self, cancel_asked: Callable[[], bool] = lambda: False) -> None:
        self._cancel_asked = cancel_asked
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._oom_kills = oom_kills()

    def catch_signals(self) -> None:
        """Have signals that end this process cancel the driver."""
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            number = getattr(signal, name, None)
            if number is not None:
                signal.signal(number, lambda *_: self._events.put(("cancel", None, None)))
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def ended(self, code: int | None, name: str | None) -> None:
        """Say that the driver has ended; called from any thread."""
        self._events.put(("ended", code, name))

    def cancelled(self) -> bool:
        """Tell, before there is a driver, whether a cancel was asked for."""
        return not self._events.empty() or self._cancel_asked()

    def follow(self, pid: int, cluster: ClusterClient | None) -> tuple[Outcome, bool]:
        """Wait for the driver's end; cancel it when asked to.

        Parameters
        ----------
        pid
            The driver.
        cluster
            The cluster that it uses, where that is ours.

        Returns
        -------
        tuple
            How it has ended, and whether it was made to.
        """
        escalation: Escalation | None = None
        lost: float | None = None
        cancelled = False
        while True:
            event = self._next_event(escalation)
            if event is not None and event[0] == "ended":
                break
            if escalation is not None:
                escalation.step()
                continue
            if (event is not None and event[0] == "cancel") or self._cancel_asked():
                cancelled = True
                escalation = Escalation(pid)
                escalation.step()
                continue
            if cluster is not None and not cluster.is_alive():
                lost = time.monotonic() if lost is None else lost
                if time.monotonic() - lost >= LOST_CLUSTER_SECONDS:
                    escalation = Escalation(pid)
                    escalation.step()
        _, code, name = event
        lost_while_running = lost is not None and escalation is not None and not cancelled
        short_of_memory = oom_kills() > self._oom_kills
        outcome = Outcome(code, name, cancelled, lost_while_running, short_of_memory)
        return outcome, escalation is not None

    def _next_event(self, escalation: Escalation | None) -> Event | None:
        seconds = TICK_SECONDS if escalation is None else escalation.seconds_left()
        with contextlib.suppress(queue.Empty):
            return self._events.get(timeout=max(0.01, min(TICK_SECONDS, seconds)))
        return None
