"""Dask's own ``LocalCluster``, closed to other users of this machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed import LocalCluster, Nanny, Status

from dask_runner.cluster.listeners import HOST
from dask_runner.cluster.scheduler import PrivateScheduler, count_for, resize
from dask_runner.cluster.spec import WorkerRange
from dask_runner.hosted.scheduler_state import forget_workers, tell_workers
from dask_runner.world.worker_preload import CLOSING

if TYPE_CHECKING:
    from dask_runner.cluster.controller import Controller
    from dask_runner.cluster.listeners import Listeners
    from dask_runner.cluster.state import StartError
    from dask_runner.code.archive import Archive
    from dask_runner.hosted.local_worlds import LocalWorlds

#: A worker that computes may not answer: its words are no matter then.
QUIET_SECONDS = 1.0
logger = logging.getLogger("distributed.scheduler.dask_runner")


class NearNanny(Nanny):  # type: ignore[misc]
    """A nanny that reaches the scheduler in its own process; its worker has another way.

    Parameters
    ----------
    *arguments, **options
        The nanny's own.
    near
        Returns the address of the scheduler in this process.
    """

    def __init__(self, *arguments: Any, near: Callable[[], str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.scheduler = self.rpc(near())


class PrivateCluster(LocalCluster):  # type: ignore[misc]
    """A ``LocalCluster`` around a ``PrivateScheduler``, with logs of its workers' own.

    Parameters
    ----------
    controller
        What our routes act on.
    secret
        The first part of all paths of its HTTP side.
    listeners
        The scheduler's ports, where they are open already.
    **options
        ``LocalCluster``'s own.
    """

    #: What its workers take over; set once it has started.
    worlds: LocalWorlds

    def __init__(
        self, controller: Controller, secret: str, listeners: Listeners | None, **options: Any
    ) -> None:
        port, http_port = (0, 0) if listeners is None else (listeners.port, listeners.http_port)
        super().__init__(
            host=HOST,
            scheduler_port=port,
            dashboard_address=f"{HOST}:{http_port}",
            silence_logs=False,
            asynchronous=True,
            n_workers=0,
            death_timeout=60,
            scheduler_kwargs={"controller": controller, "secret": secret},
            **options,
        )
        self.scheduler_spec["cls"] = PrivateScheduler
        self.new_spec["cls"] = NearNanny
        self.new_spec["options"]["near"] = lambda: self.scheduler.external_address

    def resize(self, workers: WorkerRange) -> None:
        """Ask for so many workers; they come and go in the background."""
        if self.worlds.inhabited:
            resize(self, workers)

    def count_for(self, count: int, memory: Any, cores: Any) -> int:
        """Return how many workers have so much memory, or so many threads, together."""
        return count_for(self, count, memory, cores)

    async def begin(
        self, client: str, world: bytes, workers: WorkerRange, anew: Callable[[], WorkerRange]
    ) -> str | None:
        """Have the workers take over a script's world; return why they are shared, if they are."""
        return await self.worlds.begin(client, world, workers, anew)

    async def add_archive(self, job: str, path: Path, archive: Archive, alive: list[str]) -> None:
        """Refuse it: workers on this machine find the code where it is."""
        raise ValueError("This cluster finds a run's code on its own machine.")

    async def collect(self, job: str) -> dict[str, Any]:
        """Return nothing: what workers on this machine write is where it should be."""
        return {"files": [], "lost": []}

    async def close_for_script(self) -> None:
        """Close the workers of a script that closes its cluster."""
        await self.worlds.close_for_script()

    async def start_workers(self, workers: WorkerRange) -> None:
        """Start the first workers, and return when they have joined."""
        resize(self, WorkerRange(False, workers.minimum, workers.minimum))
        await self._correct_state()
        while len(self.scheduler.workers) < workers.minimum:
            await asyncio.sleep(0.005)
        if workers.adaptive:
            resize(self, workers)

    async def end_workers(self) -> None:
        """Close all workers; the next ones count from 0."""
        adaptive = getattr(self, "_adaptive", None)
        if adaptive is not None:
            adaptive.stop()
        if self.scheduler.workers:
            await tell_workers(self.scheduler, QUIET_SECONDS, op=CLOSING)
        async with self._lock:
            self.worker_spec.clear()
            nannies = list(self.workers.values())
            self.workers.clear()
            await asyncio.gather(*(one.close() for one in nannies), return_exceptions=True)
        self._i = 0
        await forget_workers(self.scheduler)

    def keep_size(self, count: int) -> None:
        """Start workers in the place of those that Dask has forgotten."""
        # It does so when one could not unpickle a task.
        if self.worlds.inhabited and len(self.workers) < count:
            self.scale(count)

    def pending(self) -> int:
        """Return 0: this machine has room, or has not."""
        return 0

    def ended(self) -> list[dict[str, Any]]:
        """Return none: nannies start their workers again."""
        return []

    async def ended_logs(self) -> dict[str, str]:
        """Return none, for the same reason."""
        return {}

    def problem(self) -> str | None:
        """Return None: nothing limits it."""
        return None

    def failure(self) -> StartError | None:
        """Return None: nobody else can end it."""
        return None

    async def _correct_state_internal(self) -> None:
        # Dask (2026.8) names the workers that go where it should give their addresses: they would
        # be closed with the results that only they hold.
        leaving = [name for name in self.workers if name not in self.worker_spec]
        if leaving and self.status == Status.running:
            await self.scheduler.retire_workers(names=leaving)
        await super()._correct_state_internal()


def worker_shape(
    workers: WorkerRange, threads: int | None, memory_limit: str
) -> tuple[int, int | None]:
    """Work out the threads of each worker, and its memory in bytes.

    Raises
    ------
    ValueError
        When the memory limit is not one.
    """
    from dask.system import CPU_COUNT
    from distributed.deploy.utils import nprocesses_nthreads
    from distributed.worker_memory import parse_memory_limit

    most = max(1, workers.maximum)
    if threads is None:
        threads = max(1, CPU_COUNT // most) if workers.adaptive else -(-CPU_COUNT // most)
        if workers.adaptive and most >= CPU_COUNT:
            threads = nprocesses_nthreads(CPU_COUNT)[1]
    limit = parse_memory_limit(memory_limit, 1, most, logger=logger)
    return threads, limit
