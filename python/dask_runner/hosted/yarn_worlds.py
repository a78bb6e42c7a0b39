"""Workers in containers that take over the world of the script that asks for them."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed.utils import wait_for

from dask_runner.cluster.scheduler import our_settings
from dask_runner.code.worker_code import LoadedCode
from dask_runner.code.written import FOLDER, LIMITS, Collection, Written, told
from dask_runner.hosted.container_world import FLUSH, PART, PLUGIN, PRINT, WRITTEN, ContainerWorld
from dask_runner.hosted.scheduler_settings import take_over_settings
from dask_runner.hosted.worlds import Inhabited, Worlds, logger
from dask_runner.world.world import World

if TYPE_CHECKING:
    from dask_runner.cluster.spec import WorkerRange
    from dask_runner.code.worker_archives import ArchiveSharing

FLUSH_SECONDS = 15.0
COLLECT_SECONDS = 120.0


class YarnWorlds(Worlds):
    """Starts and ends the workers of a cluster on YARN.

    Parameters
    ----------
    cluster
        The cluster, which runs.
    archives
        The code of its runs.
    give_variables
        Has workers that are started from now on find these variables.
    joined
        Waits until so many workers have joined.
    shared
        True where scripts use the workers that are there.
    """

    def __init__(
        self,
        cluster: Inhabited,
        archives: ArchiveSharing,
        give_variables: Callable[[dict[str, str]], None],
        joined: Callable[[int], Awaitable[None]],
        shared: bool,
    ) -> None:
        # The workers of a job stay until the next one: their files are collected at its end.
        super().__init__(cluster, of_run=False, shared=shared)
        self._path = frozenset(["", *sys.path])
        self._give_variables = give_variables
        self._joined = joined
        self._archives = archives
        self._prints: Path | None = None
        #: The run that uses the workers, which need not be the one that they were started for.
        self._user: str | None = None
        self._files: Collection | None = None
        self._files_of: str | None = None

    async def begin(
        self, client: str, packed: bytes, workers: WorkerRange, anew: Callable[[], WorkerRange]
    ) -> str | None:
        """Start the workers of a script anew, or bring its code to those that it shares."""
        reason = await super().begin(client, packed, workers, anew)
        if reason is not None:
            await self._archives.share(self._cluster.scheduler)
            await self._joined(workers.minimum)
        return reason

    async def start(self, workers: WorkerRange) -> None:
        """Start workers that belong to no script yet."""
        await super().start(workers)
        await self._archives.share(self._cluster.scheduler)

    async def _take_over(self, world: World) -> None:
        """Have workers that are started from now on find this world."""
        scheduler = self._cluster.scheduler
        archive = self._archives.of(world.run)
        if archive is None:
            # Nobody's: workers are as YARN starts them.
            return
        scheduler.handlers[PRINT] = self._print
        self._user = world.run
        sent, left_out = await self._archives.add_written(world.code, archive)
        if left_out and world.output is not None:
            await asyncio.to_thread(_append, Path(world.output), f"\n{told(left_out)}\n".encode())
        scheduler.nanny_plugins[PLUGIN] = pickle.dumps(
            # What the machine of the script has in its environment is not for others.
            ContainerWorld(replace(world, environment={}), archive, sent)
        )
        take_over_settings(scheduler, our_settings(), world.config)
        # It reads task graphs: modules are found where the script finds them, on this machine.
        LoadedCode.of(scheduler).arrange([[one for one in world.path if one not in self._path]])
        # Folders of this machine are put in their place there.
        changed = {**world.changed, "PYTHONPATH": None}
        self._give_variables({name: v for name, v in changed.items() if v is not None})
        if world.output is not None:
            self._prints = Path(world.output)
            # Workers of the same run may have written before.
            if self._files is None or world.run != self._files_of:
                self._files = Collection(self._prints.parent / FOLDER, LIMITS)
                self._files_of = world.run
        self._log_to(world.output)

    async def _show(self, world: World) -> None:
        await super()._show(world)
        self._user = world.run
        if world.output is not None and self._prints is not None:
            self._prints = Path(world.output)

    async def _print(self, run: str | None, data: bytes) -> None:
        """Write what a worker has printed where its run's job reads it."""
        if run == self._run and self._prints is not None:
            await asyncio.to_thread(_append, self._prints, data)

    async def _move_out(self) -> None:
        if self.inhabited:
            await self._flush()
            await self._collect()
        await super()._move_out()
        self._prints = None
        self._give_variables({})

    async def _ask(self, operation: str, **given: Any) -> dict[str, Any]:
        """Ask all nannies; those that do not answer are left out."""
        scheduler = self._cluster.scheduler
        asking = scheduler.broadcast(msg={"op": operation, **given}, nanny=True, on_error="ignore")
        return dict(await wait_for(asking, FLUSH_SECONDS))

    async def _flush(self) -> None:
        with contextlib.suppress(asyncio.TimeoutError, OSError):
            await self._ask(FLUSH)

    async def collect(self, job: str) -> dict[str, Any]:
        """Bring what the workers of a run have printed and written to this machine."""
        async with self._lock:
            if self.inhabited and self._user == job:
                await self._flush()
            if self.inhabited and self._run == job:
                await self._collect()
        if self._files is None or self._files_of != job:
            return {"files": [], "lost": []}
        return self._files.to_json()

    async def _collect(self) -> None:
        if self._files is None or self._files_of != self._run:
            return
        try:
            await wait_for(self._collect_into(self._files), COLLECT_SECONDS)
        except (asyncio.TimeoutError, OSError):
            logger.warning("The files of workers could not be collected", exc_info=True)

    async def _collect_into(self, collection: Collection) -> None:
        scheduler = self._cluster.scheduler
        # Some may go meanwhile.
        workers = dict(scheduler.workers)
        for address, files in (await self._ask(WRITTEN)).items():
            worker = workers[address]
            for file in files:
                one = Written(**file)

                async def part(
                    offset: int, nanny: str = worker.nanny, name: str = one.name
                ) -> bytes:
                    answer: bytes = await getattr(scheduler.rpc(nanny), PART)(
                        name=name, offset=offset
                    )
                    return answer

                await collection.add(one, str(worker.name), part)


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
