"""The workers of a cluster, which come and go with the scripts that ask for them.

Under plain Python a script's ``Client()`` starts the workers: they have its folder, ``sys.path``,
environment, arguments and settings of that moment, import its modules themselves, and write where
it writes. Here the scheduler runs already, in a process of its own. When a script's client connects
(``dask_runner.world.client_preload``), the script's world is handed over, and the workers are
started in it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import dask
from distributed.diagnostics.plugin import SchedulerPlugin

from dask_runner.cluster.spec import WorkerRange
from dask_runner.cluster.taken import TakenError
from dask_runner.hosted.scheduler_state import (
    forget_scripts,
    forget_tasks,
    plugins_of,
    remove_clients,
)
from dask_runner.world.world import OURS, World

#: A client without our preload does not say what its workers are to be like.
SILENT_SECONDS = 2.0
logger = logging.getLogger("distributed.scheduler.dask_runner")


class Inhabited(Protocol):
    """What is asked of a cluster whose workers come and go."""

    scheduler: Any
    new_spec: Any

    async def start_workers(self, workers: WorkerRange) -> None:
        """Start the first workers, and return when they have joined."""

    async def end_workers(self) -> None:
        """Close all workers."""


class Worlds(SchedulerPlugin):  # type: ignore[misc]
    """Starts and ends the workers of a cluster.

    Parameters
    ----------
    cluster
        The cluster, which runs.
    of_run
        True where workers come and go with the clients of one run.
    shared
        True where scripts use the workers that are there.
    """

    name = "dask-runner-worlds"

    def __init__(self, cluster: Inhabited, of_run: bool, shared: bool) -> None:
        self.inhabited = False
        self._cluster = cluster
        self._of_run = of_run
        self._shared = shared
        self._workers: WorkerRange | None = None
        self._run: str | None = None
        self._lock = asyncio.Lock()
        self._output: logging.Handler | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._plugins: tuple[frozenset[str], ...] = ()

    async def begin(
        self, client: str, packed: bytes, workers: WorkerRange, anew: Callable[[], WorkerRange]
    ) -> str | None:
        """Start the workers of a script anew; return why that could not be, where it could not."""
        world = World.unpack(packed)
        async with self._lock:
            reason = self._why_shared(client, world) if self.inhabited else None
            if reason is None:
                await self._move_in(world, anew())
            else:
                await self._show(world)
            return reason

    async def start(self, workers: WorkerRange) -> None:
        """Start workers that belong to no script yet."""
        async with self._lock:
            await self._move_in(nobodys(), workers)

    async def close_for_script(self) -> None:
        """End the workers, and what clients have on the scheduler."""
        async with self._lock:
            await self._move_out()
            await remove_clients(self._cluster.scheduler, self._scripts())

    def add_client(self, scheduler: Any, client: str) -> None:
        """Give workers also to clients that do not say what they are to be like."""
        if _is_script(client) and not self.inhabited:
            self._later(self._welcome())

    def remove_client(self, scheduler: Any, client: str) -> None:
        """End the workers with the last client of a run."""
        if self.inhabited and not self._scripts(but=client):
            self._later(self._leave() if self._of_run else self._hide())

    async def _welcome(self) -> None:
        await asyncio.sleep(SILENT_SECONDS)
        async with self._lock:
            if not self.inhabited and self._workers is not None and self._scripts():
                await self._move_in(nobodys(), self._workers)

    async def _leave(self) -> None:
        async with self._lock:
            if not self._scripts():
                await self._move_out()

    async def _hide(self) -> None:
        """Have workers that stay write to their own logs again."""

    async def _show(self, world: World) -> None:
        """Have workers that are there write where a script does that shares them."""
        self._log_to(world.output)

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def expect(self, workers: WorkerRange) -> None:
        """Note how many workers there are to be once somebody asks for them; called first."""
        self._plugins = plugins_of(self._cluster.scheduler)
        self._workers = workers

    def _scripts(self, but: str | None = None) -> list[str]:
        return [one for one in self._cluster.scheduler.clients if _is_script(one) and one != but]

    def _why_shared(self, client: str, world: World) -> str | None:
        if self._scripts(but=client):
            if world.run is not None and self._run is not None and world.run != self._run:
                raise TakenError(
                    "Another run has begun to use its workers. Run it again: it gets a cluster of "
                    "its own."
                )
            return "Another client is connected."
        if self._of_run:
            return None
        if self._shared:
            return 'The profile has "workers": "shared".'
        published = self._cluster.scheduler.extensions.get("publish")
        if published is not None and published.datasets:
            return "The cluster holds published data."
        return None

    async def _move_in(self, world: World, workers: WorkerRange) -> None:
        await self._move_out()
        await self._take_over(world)
        self._run = world.run
        self._workers = workers
        self.inhabited = True
        try:
            await self._cluster.start_workers(workers)
        except Exception:
            await self._move_out()
            raise

    async def _move_out(self) -> None:
        self.inhabited = False
        self._log_to(None)
        forget_tasks(self._cluster.scheduler)
        await self._cluster.end_workers()
        await forget_scripts(self._cluster.scheduler, self._plugins)

    async def _take_over(self, world: World) -> None:
        """Prepare all that workers which are started from now on are to find."""
        raise NotImplementedError

    def _log_to(self, path: str | None) -> None:
        """Have warnings of scheduler and nannies written where the script writes, as with Dask."""
        loggers = [logging.getLogger(name) for name in ("distributed", "distributed.scheduler")]
        for one in loggers if self._output is not None else ():
            one.removeHandler(self._output)  # type: ignore[arg-type]
        if self._output is not None:
            self._output.close()
        self._output = None
        if path is None or not Path(path).exists():
            return
        self._output = logging.FileHandler(path, encoding="utf-8")
        self._output.setLevel(logging.WARNING)
        self._output.addFilter(_concerns_the_script)
        self._output.setFormatter(
            logging.Formatter(dask.config.get("distributed.admin.log-format"))
        )
        for one in loggers:
            one.addHandler(self._output)


def _concerns_the_script(record: logging.LogRecord) -> bool:
    """Keep from a script what this package says of itself, and of workers that were ended."""
    of_the_ended = str(record.msg).startswith("Received heartbeat from unregistered worker")
    return record.name != logger.name and not of_the_ended


def _is_script(client: str) -> bool:
    # Tasks have clients, too, and so have data sets, variables and queues (``published-…``).
    return client.startswith("Client-") and not client.startswith("Client-worker-")


def nobodys() -> World:
    """Return the world of workers that no script has asked for."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    return World(str(Path.home()), list(sys.path), [""], environment, dict(dask.config.config))
