"""A ``YarnCluster`` that the cluster process drives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from distributed.core import Status

from dask_runner.cluster.scheduler import PrivateScheduler, count_for, resize
from dask_runner.cluster.spec import WorkerRange
from dask_runner.cluster.state import StartError
from dask_runner.hosted.scheduler_state import forget_workers
from dask_runner.hosted.yarn_worlds import YarnWorlds
from dask_runner.yarn.cluster import YarnCluster
from dask_runner.yarn.ends import WANTED
from dask_runner.yarn.errors import YarnError

if TYPE_CHECKING:
    from dask_runner.cluster.controller import Controller
    from dask_runner.code.archive import Archive
    from dask_runner.code.worker_archives import ArchiveSharing

MOST_TOLD = 50
#: Machines may still have to come for the first worker; the next ones are not waited for so long.
FIRST_SECONDS, NEXT_SECONDS = 150.0, 10.0
logger = logging.getLogger("distributed.scheduler")


class PrivateYarnCluster(YarnCluster):
    """A ``YarnCluster`` around a ``PrivateScheduler``.

    Parameters
    ----------
    controller
        What our routes act on.
    secret
        The first part of all paths of its HTTP side.
    archives
        The code of its runs.
    shared
        True where scripts use the workers that are there.
    **options
        ``YarnCluster``'s own.
    """

    def __init__(
        self,
        controller: Controller,
        secret: str,
        archives: ArchiveSharing,
        shared: bool,
        **options: Any,
    ) -> None:
        super().__init__(
            n_workers=0,
            asynchronous=True,
            scheduler_options={"controller": controller, "secret": secret},
            **options,
        )
        self.scheduler_spec["cls"] = PrivateScheduler
        self.archives = archives
        self._awaited = 0
        self.worlds = YarnWorlds(self, archives, self._give_variables, self.joined, shared)

    @property
    def dashboard_link(self) -> str:
        """Nothing: YARN's page is open to many, and without the secret there is nothing to see."""
        return ""

    def resize(self, workers: WorkerRange) -> None:
        """Ask for so many workers; they come and go in the background."""
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
        """Keep the archive of a run's code for its workers."""
        await self.archives.add(self.scheduler, job, path, archive, alive)

    async def collect(self, job: str) -> dict[str, Any]:
        """Bring what the workers of a run have printed and written to this machine."""
        return await self.worlds.collect(job)

    async def close_for_script(self) -> None:
        """Close the workers of a script that closes its cluster."""
        await self.worlds.close_for_script()

    async def start_workers(self, workers: WorkerRange) -> None:
        """Start the first workers, and return when those have joined that YARN has room for.

        Raises
        ------
        YarnError
            When none comes.
        """
        resize(self, WorkerRange(False, workers.minimum, workers.minimum))
        await self._correct_state()
        await self.joined(workers.minimum)
        if workers.adaptive:
            resize(self, workers)

    async def joined(self, wanted: int) -> None:
        """Return when so many workers have joined, or those that YARN has room for.

        Raises
        ------
        YarnError
            When none comes.
        """
        self._awaited += 1
        try:
            await self._wait_for(wanted)
        finally:
            self._awaited -= 1

    async def _wait_for(self, wanted: int) -> None:
        most, since = 0, monotonic()
        while (count := len(self.scheduler.workers)) < wanted:
            if self.error is not None and count == 0:
                raise self.error
            if self.error is not None:
                return
            if count > most:
                most, since = count, monotonic()
            # Those that have a container are starting.
            patience = NEXT_SECONDS if most > 0 and self.pending() else FIRST_SECONDS
            if monotonic() - since >= patience:
                if most > 0:
                    logger.warning(
                        "%s of %s workers are there: YARN has no room for the others yet. They "
                        "join when it has.",
                        count,
                        wanted,
                    )
                    return
                raise YarnError(
                    f"YARN has given no container within {FIRST_SECONDS:g} s: its queue may be "
                    "full, or no machine has room. Ask for smaller workers or more machines, or "
                    "run again when others have ended."
                    if self.pending()
                    else f"No worker has joined within {FIRST_SECONDS:g} s, although YARN has "
                    "given containers. Look at the cluster's logs, and run again."
                )
            await asyncio.sleep(0.02)

    def _close_without_hope(self) -> None:
        # A script that waits for the first workers is told why there are none, and may go on.
        if not self._awaited:
            super()._close_without_hope()

    async def end_workers(self) -> None:
        """Give all containers back."""
        adaptive = getattr(self, "_adaptive", None)
        if adaptive is not None:
            adaptive.stop()
        async with self._lock:
            self.worker_spec.clear()
            self.workers.clear()
            await self._pool.dismiss()
        await forget_workers(self.scheduler)

    def _give_variables(self, variables: dict[str, str]) -> None:
        """Start workers from now on with these variables, beside their own."""
        self._stay.variables = variables

    def keep_size(self, count: int) -> None:
        """Have nothing to do: YARN tells of each worker that has ended."""

    def pending(self) -> int:
        """Return how many workers wait for a container."""
        return len(self._pool.pending())

    def ended(self) -> list[dict[str, Any]]:
        """Return the newest of the workers that have ended."""
        return [
            {
                "name": worker.name,
                "kind": worker.kind.value,
                "reason": worker.reason,
                "at": worker.ended_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "node": worker.node,
                "container": worker.container,
                "exitStatus": worker.exit_status,
            }
            for worker in self.ended_workers[-MOST_TOLD:]
        ]

    async def ended_logs(self) -> dict[str, str]:
        """Return how the newest workers have ended that were still wanted, and what they wrote."""
        await self._pool.fetch_logs()
        return {
            worker.name: worker.as_log()
            for worker in self.ended_workers[-MOST_TOLD:]
            if worker.kind not in WANTED
        }

    def problem(self) -> str | None:
        """Return why no more workers are asked for."""
        return None if self.error is None else str(self.error)

    def failure(self) -> StartError | None:
        """Return why YARN, or the end of all workers, has ended it."""
        if self.error is None or self.status not in (Status.closing, Status.closed, Status.failed):
            return None
        return StartError("yarnFailed", str(self.error))
