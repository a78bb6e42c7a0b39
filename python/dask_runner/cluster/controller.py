"""What may be asked of a cluster while it runs, and when it ends by itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from dask_runner.base.duration import duration
from dask_runner.cluster.jobs import Jobs
from dask_runner.cluster.spec import Spec, WorkerRange
from dask_runner.cluster.state import StartError, StateFile
from dask_runner.cluster.taken import TakenError

if TYPE_CHECKING:
    from dask_runner.cluster.hosting import HostedCluster

TICK_SECONDS = 0.5
logger = logging.getLogger("distributed.scheduler.dask_runner")


class Controller:
    """What may be asked of a cluster while it runs; ``routes`` acts on it.

    Parameters
    ----------
    folder
        The cluster's folder.
    spec
        What was asked for.
    state
        The state file to keep.
    """

    def __init__(self, folder: Path, spec: Spec, state: StateFile) -> None:
        self.jobs = Jobs()
        #: What has ended the cluster, where nobody wanted that.
        self.failure: StartError | None = None
        self._folder = folder
        self._state = state
        self._spec = spec
        self._workers = spec.workers
        #: Without what a script has asked for: the next one does not meet it.
        self._lasting = spec.workers
        self._cluster: HostedCluster | None = None
        self._last_job = time()
        self._ending = asyncio.Event()
        self._open = asyncio.Event()

    def end(self, reason: str) -> None:
        """Begin to close; the first reason counts."""
        if not self._ending.is_set():
            self._ending.set()
            self._state.update(state="closing", endReason=reason)

    def is_ending(self) -> bool:
        """Tell whether somebody has asked for the end."""
        return self._ending.is_set()

    async def ended(self) -> None:
        """Wait until somebody asks for the end."""
        await self._ending.wait()

    def attach(self, cluster: HostedCluster) -> None:
        """Say which cluster this is about."""
        self._cluster = cluster

    def open(self) -> None:
        """Let scripts in: those that have connected before wait for it."""
        self._open.set()

    def has_cluster(self) -> bool:
        """Tell whether a cluster has started; what fails before that is closed by itself."""
        return self._cluster is not None

    def scale(self, workers: WorkerRange) -> None:
        """Change the number of workers, for later scripts too."""
        self._lasting = workers
        self.scale_for_script(workers)

    def scale_for_script(self, workers: WorkerRange) -> None:
        """Change the number of workers until workers are started anew for another script."""
        assert self._cluster is not None
        self._cluster.resize(workers)
        self._note(workers)

    def scale_as_asked(self, count: int, memory: Any, cores: Any) -> None:
        """Change the number of workers as a script asks for it, in Dask's terms."""
        assert self._cluster is not None
        wanted = self._cluster.count_for(count, memory, cores)
        self.scale_for_script(WorkerRange(False, wanted, wanted))

    def _anew(self) -> WorkerRange:
        """Return how many workers are started anew for a script."""
        if self._workers != self._lasting:
            self._note(self._lasting)
        return self._lasting

    def _note(self, workers: WorkerRange) -> None:
        self._workers = workers
        self._state.update(workers=workers.to_json())

    async def begin(self, client: str, world: bytes) -> dict[str, Any]:
        """Have the workers take over the world of a script whose client has connected.

        Returns
        -------
        dict
            ``name`` and ``dashboard`` of the cluster; ``shared``, why workers were not started
            anew; ``error``, why they could not be.
        """
        await self._open.wait()
        assert self._cluster is not None
        url = self._state.value["httpUrl"]
        answer: dict[str, Any] = {"name": self._spec.name, "dashboard": f"{url}/status"}
        try:
            reason = await self._cluster.begin(client, world, self._workers, self._anew)
            return {**answer, "shared": reason}
        except TakenError as error:
            return {**answer, "error": str(error)}
        except Exception as error:
            logger.exception("The workers of a script could not be started")
            return {**answer, "error": str(error) or type(error).__name__}

    async def script_closes(self) -> None:
        """Close the workers of a script that closes its cluster, and keep the scheduler."""
        assert self._cluster is not None
        await self._cluster.close_for_script()

    async def add_archive(self, job: str, given: dict[str, Any]) -> None:
        """Keep the archive of a run's code for its workers.

        Parameters
        ----------
        job
            The run that needs it, until its supervisor has gone.
        given
            ``{"path", "sha256", "importFolders"}``.
        """
        from dask_runner.code.archive import Archive

        assert self._cluster is not None
        archive, path = Archive.parse(given), Path(given["path"])
        await self._cluster.add_archive(job, path, archive, self.jobs.alive())

    async def collect(self, job: str) -> dict[str, Any]:
        """Have all that the workers of a run have printed and written brought to this machine.

        Parameters
        ----------
        job
            The run.

        Returns
        -------
        dict
            ``files`` and ``lost``, as ``dask_runner.code.written.Collection`` has them.
        """
        assert self._cluster is not None
        return await self._cluster.collect(job)

    async def ended_logs(self) -> dict[str, str]:
        """Return what workers wrote that have ended unasked, by their names."""
        return {} if self._cluster is None else await self._cluster.ended_logs()

    def summary(self) -> dict[str, Any]:
        """Return what ``GET dask-runner/state`` answers."""
        since = self.idle_since()
        cluster = self._cluster
        return {
            "state": self._state.value["state"],
            "workers": self._workers.to_json(),
            "jobs": self.jobs.alive(),
            "idleSeconds": None if since is None else round(max(0.0, time() - since), 1),
            "idleTimeoutSeconds": self._spec.idle_timeout,
            "pending": 0 if cluster is None else cluster.pending(),
            "ended": [] if cluster is None else cluster.ended(),
            "problem": None if cluster is None else cluster.problem(),
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

    async def watch(self) -> None:
        """End the cluster when it is idle for too long, or its scheduler was shut down."""
        assert self._cluster is not None
        while not self._ending.is_set():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ending.wait(), TICK_SECONDS)
            since = self.idle_since()
            if since is not None and time() - since >= self._spec.idle_timeout:
                self.end(f"No work for {duration(self._spec.idle_timeout)}.")
            if not self._workers.adaptive and not self._ending.is_set():
                self._cluster.keep_size(self._workers.minimum)
            failure = self._cluster.failure()
            if failure is not None and not self._ending.is_set():
                self.failure = failure
                self.end(str(failure))
            if self._cluster.scheduler.status.name in ("closing", "closed", "failed"):
                self.end("Its scheduler was shut down.")
