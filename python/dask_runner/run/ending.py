"""Ending a driver and all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import psutil

from dask_runner.base.processes import descendants, kill_session, send, session_members

STEP_SECONDS = 5.0
GRACE_SECONDS = 1.0
HURRY_SECONDS = 1.0


def _signals() -> tuple[int, ...]:
    if os.name == "posix":
        return (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
    return (signal.CTRL_BREAK_EVENT, signal.SIGTERM, signal.SIGTERM)  # type: ignore[attr-defined]


class Escalation:
    """SIGINT, then SIGTERM, then SIGKILL to a driver's whole tree, 5 s apart.

    Processes that left the driver's session, or whose parent has ended, belong to the tree too:
    this process is the parent of orphans, and has no children but the driver's.

    Parameters
    ----------
    driver
        The driver's pid.
    """

    def __init__(self, driver: int) -> None:
        self._driver = driver
        self._signals = list(_signals())
        self._next = time.monotonic()

    def seconds_left(self) -> float:
        """Return how long until the next signal is due."""
        return max(0.0, self._next - time.monotonic())

    def step(self) -> None:
        """Send the next signal when it is due. The last one is repeated."""
        if self.seconds_left() > 0:
            return
        number = self._signals.pop(0) if len(self._signals) > 1 else self._signals[0]
        send(tree(self._driver), number)
        self._next = time.monotonic() + STEP_SECONDS


def tree(driver: int) -> list[psutil.Process]:
    """Return the driver, its descendants and what else is in its session."""
    found = {process.pid: process for process in descendants(os.getpid())}
    if os.name == "posix":
        for pid in session_members(driver):
            with contextlib.suppress(psutil.Error):
                found.setdefault(pid, psutil.Process(pid))
    return list(found.values())


class LeftOvers:
    """Processes that a driver has left behind.

    Parameters
    ----------
    driver
        The driver's pid.
    hurry
        True to end them at once; else they have a second to end by themselves.
    """

    def __init__(self, driver: int, hurry: bool) -> None:
        self._driver = driver
        self._hurry = hurry

    def end(self) -> int:
        """End them, and return how many that were."""
        if not self._hurry:
            self._wait(GRACE_SECONDS)
        left = tree(self._driver)
        if left:
            for number in (signal.SIGINT, signal.SIGTERM) if os.name == "posix" else ():
                send(tree(self._driver), number)
                self._wait(HURRY_SECONDS)
            for _ in range(20):
                remaining = tree(self._driver)
                if not remaining:
                    break
                for process in remaining:
                    with contextlib.suppress(psutil.Error):
                        process.kill()
                self._wait(0.1)
            if os.name == "posix":
                kill_session(self._driver)
        self._reap()
        return len(left)

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        pause = 0.005
        while tree(self._driver) and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(0.1, pause * 2)
        self._reap()

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError, AttributeError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
