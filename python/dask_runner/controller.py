"""What may be asked of a cluster while it runs, and when it ends by itself."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
from time import time
from typing import TYPE_CHECKING, Any

from dask_runner.jobs import Jobs
from dask_runner.spec import Spec, WorkerRange
from dask_runner.state import StateFile

if TYPE_CHECKING:
    from dask_runner.launcher import LauncherHandle
    from dask_runner.local_cluster import PrivateCluster

TICK_SECONDS = 0.5


class Controller:
    """What may be asked of a cluster while it runs; ``routes`` acts on it.

    Parameters
    ----------
    spec
        What was asked for.
    state
        The state file to keep.
    """

    def __init__(self, spec: Spec, state: StateFile) -> None:
        self.jobs = Jobs()
        self._state = state
        self._spec = spec
        self._workers = spec.workers
        self._cluster: PrivateCluster | None = None
        self._last_job = time()
        self._ending = asyncio.Event()
        # Concurrent runs from one directory may ask at the same moment.
        self._sharing = asyncio.Lock()

    def end(self, reason: str) -> None:
        """Begin to close; the first reason counts."""
        if not self._ending.is_set():
            self._ending.set()
            self._state.update(state="closing", endReason=reason)

    async def ended(self) -> None:
        """Wait until somebody asks for the end."""
        await self._ending.wait()

    def attach(self, cluster: PrivateCluster) -> None:
        """Say which cluster this is about."""
        self._cluster = cluster

    def scale(self, workers: WorkerRange) -> None:
        """Change the number of workers."""
        assert self._cluster is not None
        self._workers = workers
        self._cluster.resize(workers)
        self._state.update(workers=workers.to_json())

    async def share_code(self, directory: str) -> None:
        """Make the modules of a directory importable on all workers, now and later."""
        from dask_runner.worker_code import CodeDirectory, plugin_name

        assert self._cluster is not None
        CodeDirectory(directory).setup(self._cluster.scheduler)
        async with self._sharing:
            await self._cluster.scheduler.register_worker_plugin(
                None,
                plugin=pickle.dumps(CodeDirectory(directory)),
                name=plugin_name(directory),
                idempotent=False,
            )

    def summary(self) -> dict[str, Any]:
        """Return what ``GET dask-runner/state`` answers."""
        since = self.idle_since()
        return {
            "state": self._state.value["state"],
            "workers": self._workers.to_json(),
            "jobs": self.jobs.alive(),
            "idleSeconds": None if since is None else round(max(0.0, time() - since), 1),
            "idleTimeoutSeconds": self._spec.idle_timeout,
        }

    def idle_since(self) -> float | None:
        """Return since when nothing has been done, in seconds since 1970; None while busy."""
        if self.jobs.alive():
            self._last_job = time()
            return None
        scheduler = None if self._cluster is None else self._cluster.scheduler
        if scheduler is None or scheduler.idle_since is None:
            return None
        return max(self._last_job, float(scheduler.idle_since))

    async def watch(self, launcher: LauncherHandle | None) -> None:
        """End the cluster when it is idle for too long, or its scheduler was shut down."""
        assert self._cluster is not None
        while not self._ending.is_set():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ending.wait(), TICK_SECONDS)
            since = self.idle_since()
            if since is not None and time() - since >= self._spec.idle_timeout:
                self.end(f"No work for {duration(self._spec.idle_timeout)}.")
            # Dask forgets a worker that could not unpickle a task: it gets a successor.
            if not self._workers.adaptive and len(self._cluster.workers) < self._workers.minimum:
                self._cluster.scale(self._workers.minimum)
            if self._cluster.scheduler.status.name in ("closing", "closed", "failed"):
                self.end("A client shut the scheduler down.")
            if launcher is not None and launcher.is_lost() and not self._ending.is_set():
                launcher = None
                self._state.update(launcher=None)


def duration(seconds: float) -> str:
    """Write a time for people: ``10 minutes``, ``90 seconds``."""
    whole = max(1, round(seconds))
    for size, word in ((3600, "hour"), (60, "minute")):
        if whole % size == 0:
            count = whole // size
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return "1 second" if whole == 1 else f"{whole} seconds"
