"""Which worker has which container, and what is done when one ends."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import logging
from typing import Any, Protocol

import dask
from dask.utils import parse_timedelta
from distributed import Scheduler
from distributed.core import Status
from distributed.diagnostics.plugin import SchedulerPlugin

from dask_runner.yarn.application import Application
from dask_runner.yarn.ends import (
    COUNTED,
    WANTED,
    Circumstances,
    EndedWorker,
    EndKind,
    FailureLimit,
    classify,
)
from dask_runner.yarn.errors import YarnError
from dask_runner.yarn.events import (
    Allocated,
    ApplicationLost,
    Completed,
    Container,
    Event,
    NodeLeaving,
    StartFailed,
)
from dask_runner.yarn.logs import fetch_log, last_lines
from dask_runner.yarn.worker import YarnWorker

logger = logging.getLogger(__name__)

#: How long a retired worker may take to end by itself, in seconds.
GRACE_SECONDS = 5
TOPIC = "yarn"
MOST_ENDED = 1000


class Owner(Protocol):
    """What the pool needs of its cluster."""

    scheduler: Scheduler

    def replace_worker(self, name: str, again: bool) -> None:
        """Forget a worker that has gone, and with ``again`` ask for another."""

    def give_up(self, error: YarnError) -> None:
        """Ask for no more workers."""


class WorkerPool:
    """The workers of one cluster and their containers.

    All but ``__init__`` runs in the cluster's event loop.

    Parameters
    ----------
    owner
        The cluster.
    most_failures
        Failures of one kind in a row that end the attempts.
    """

    def __init__(self, owner: Owner, most_failures: int) -> None:
        self._owner = owner
        self._application: Application | None = None
        self._limit = FailureLimit(most_failures)
        self._most_failures = most_failures
        self._asked: dict[str, YarnWorker] = {}  # by name, without a container
        self._running: dict[str, YarnWorker] = {}  # by container
        self._by_name: dict[str, YarnWorker] = {}
        self._leaving_nodes: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        #: The cluster is closing: nothing is replaced or moved.
        self.closing = False
        self.ended: list[EndedWorker] = []

    def attach(self, application: Application, scheduler: Scheduler) -> None:
        """Say whom to ask, and watch workers come and go."""
        self._application = application
        scheduler.add_plugin(_Watcher(self), name="dask-runner-yarn")

    def containers(self) -> dict[str, Container]:
        """Return the containers in use, by their workers' names."""
        return {
            worker.name: worker.container
            for worker in self._running.values()
            if worker.container is not None
        }

    def pending(self) -> list[str]:
        """Return the names of workers that wait for a container."""
        return list(self._asked)

    # What Dask asks for

    def open(self, worker: YarnWorker) -> None:
        """Ask for a container."""
        assert self._application is not None
        self._asked[worker.name] = self._by_name[worker.name] = worker
        self._application.request(worker.name)

    def leave(self, worker: YarnWorker) -> None:
        """Let a worker go: its request, or its results and then its container."""
        assert self._application is not None
        if self._asked.pop(worker.name, None) is not None:
            self._application.cancel(worker.name)
            self._by_name.pop(worker.name, None)
        elif worker.container is not None and not self.closing:
            self._spawn(self._leave(worker, worker.container))

    async def dismiss(self) -> None:
        """Give all containers back at once, with what is in them; return when they have ended."""
        assert self._application is not None
        for name, worker in [*self._asked.items()]:
            self._asked.pop(name)
            self._by_name.pop(name, None)
            worker.status = Status.closed
            self._application.cancel(name)
        for worker in [*self._running.values()]:
            worker.status = Status.closed
            if worker.container is not None:
                self._release(worker, worker.container)
        for _tick in range(int(GRACE_SECONDS / 0.05)):
            if not self._running or self.closing:
                break
            await asyncio.sleep(0.05)

    async def _leave(self, worker: YarnWorker, container: Container) -> None:
        # Dask's own way of scaling down forgets to move results of workers that are named.
        while container.id in self._running and self._is_member(worker.name):
            with contextlib.suppress(Exception):
                await self._owner.scheduler.retire_workers(
                    names=[worker.name], remove=True, close_workers=True
                )
            if not worker.keep_results or self.closing:
                break
            if self._is_member(worker.name):
                await asyncio.sleep(0.2)  # until another one has come that takes its results
        for _tick in range(int(GRACE_SECONDS / 0.1)):
            if container.id not in self._running or self.closing or not worker.retired:
                break
            await asyncio.sleep(0.1)
        if container.id in self._running:
            self._release(worker, container)

    def _is_member(self, name: str) -> bool:
        return not self.closing and name in self._owner.scheduler.aliases

    def _release(self, worker: YarnWorker, container: Container) -> None:
        assert self._application is not None
        worker.released = True
        self._application.release(container.id)

    # What YARN tells

    def hear(self, event: Event) -> None:
        """Act on what YARN has told."""
        if self.closing:
            return
        if isinstance(event, Allocated):
            self._allocated(event)
        elif isinstance(event, Completed):
            self._completed(event)
        elif isinstance(event, StartFailed):
            self._start_failed(event)
        elif isinstance(event, NodeLeaving):
            self._node_leaves(event.node_id)
        else:
            self._lost(event)

    def _allocated(self, event: Allocated) -> None:
        assert self._application is not None
        worker = self._asked.pop(event.worker, None)
        if worker is None:
            self._application.release(event.container.id)
            return
        worker.container = event.container
        self._running[event.container.id] = worker
        if event.container.node_id in self._leaving_nodes:
            self._move(worker)

    def _completed(self, event: Completed) -> None:
        worker = self._running.pop(event.container, None)
        if worker is None or worker.container is None:
            return
        known = Circumstances(
            joined=worker.joined,
            retired=worker.retired,
            released=worker.released,
            memory=worker.container.memory,
            why=worker.why,
        )
        kind, reason = classify(event.status, event.diagnostics, known)
        self._end(worker, kind, reason, event.status, event.diagnostics)

    def _start_failed(self, event: StartFailed) -> None:
        worker = self._running.pop(event.container.id, None)
        if worker is not None:
            reason = f"YARN could not start it: {event.message}"
            self._end(worker, EndKind.LAUNCH_FAILED, reason, None, event.message)

    def _end(
        self, worker: YarnWorker, kind: EndKind, reason: str, status: int | None, said: str
    ) -> None:
        container = worker.container
        assert container is not None
        self._by_name.pop(worker.name, None)
        ended = EndedWorker(worker.name, kind, reason, container.id, container.node, status, said)
        self.ended.append(ended)
        del self.ended[:-MOST_ENDED]
        unwanted = kind not in WANTED and worker.status != Status.closed
        logger.log(
            logging.WARNING if unwanted else logging.INFO,
            "Worker %s on %s has ended (%s): %s",
            ended.name,
            ended.node,
            kind.value,
            reason,
        )
        self._tell_clients(ended)
        logs = self._spawn(self._fetch_log(ended, container))
        if kind is EndKind.NODE_LOST:
            # Its process may live on beyond YARN's reach: whoever still hears it takes its results.
            self._spawn(self._drop(worker.name))
        if self._limit.fail(kind):
            self._owner.replace_worker(worker.name, again=False)
            self._spawn(self._stop(ended, logs))
        else:
            self._owner.replace_worker(worker.name, again=unwanted)

    async def _stop(self, ended: EndedWorker, logs: asyncio.Task[None]) -> None:
        """Give up, with what the last one wrote."""
        await logs
        wrote = last_lines(ended.log)
        self._limit.succeed()
        self._owner.give_up(
            YarnError(
                f"No more workers are asked for: {self._most_failures} in a row ended alike "
                f"({ended.kind.value}). The last one, {ended.name} on {ended.node}: {ended.reason} "
                + (f"It wrote at last:\n{wrote}" if wrote else "It wrote nothing.")
                + (f"\nYARN says: {ended.diagnostics.strip()}" if ended.diagnostics else "")
            )
        )

    def _node_leaves(self, node_id: str) -> None:
        self._leaving_nodes.add(node_id)
        for worker in list(self._running.values()):
            if worker.container is not None and worker.container.node_id == node_id:
                self._move(worker)

    def _move(self, worker: YarnWorker) -> None:
        """Ask for another worker elsewhere, and have this one retired."""
        if worker.status != Status.closed:
            worker.keep_results = True
            worker.why = "its node is being taken out of service"
            self._owner.replace_worker(worker.name, again=True)
            self._spawn(worker.close())

    def _lost(self, event: ApplicationLost) -> None:
        for worker in [*self._running.values()]:
            assert worker.container is not None
            self.ended.append(
                EndedWorker(
                    worker.name,
                    EndKind.RELEASED,
                    event.message,
                    worker.container.id,
                    worker.container.node,
                )
            )
        self._running.clear()
        self._owner.give_up(
            YarnError(f"{event.message} Its workers are gone. Start a new cluster to go on.")
        )

    # What the scheduler tells

    def joined(self, name: str) -> None:
        """Note that a worker has become part of the Dask cluster."""
        worker = self._by_name.get(name)
        if worker is not None:
            worker.joined = True
            self._limit.succeed()

    def left(self, name: str, retired: bool) -> None:
        """Note that a worker is no longer part of the Dask cluster."""
        worker = self._by_name.get(name)
        if worker is None or self.closing:
            return
        worker.retired = worker.retired or retired
        if worker.container is not None and not retired:
            patience = parse_timedelta(dask.config.get("distributed.deploy.lost-worker-timeout"))
            loop = asyncio.get_running_loop()
            loop.call_later(patience, self._give_back, worker, worker.container)

    def _give_back(self, worker: YarnWorker, container: Container) -> None:
        """End a container whose worker has left and not come back."""
        if container.id in self._running and not self._is_member(worker.name) and not self.closing:
            worker.why = "it no longer answered the scheduler"
            self._running.pop(container.id)
            self._release(worker, container)
            self._end(
                worker, EndKind.LOST_CONTACT, "It no longer answered the scheduler.", None, ""
            )

    async def _drop(self, name: str) -> None:
        if self._is_member(name):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(
                    self._owner.scheduler.retire_workers(names=[name], close_workers=True), 30
                )

    # The rest

    def _tell_clients(self, ended: EndedWorker) -> None:
        self._owner.scheduler.log_event(
            TOPIC,
            {
                "action": "worker-ended",
                "name": ended.name,
                "kind": ended.kind.value,
                "reason": ended.reason,
                "container": ended.container,
                "node": ended.node,
                "exitStatus": ended.exit_status,
                "counted": ended.kind in COUNTED,
            },
        )

    async def _fetch_log(self, ended: EndedWorker, container: Container) -> None:
        if ended.kind is not EndKind.NODE_LOST:
            loop = asyncio.get_running_loop()
            ended.log = await loop.run_in_executor(
                None, fetch_log, container.web, container.id, getpass.getuser()
            )

    async def fetch_logs(self) -> None:
        """Wait for the logs that are being fetched."""
        pending = [task for task in self._tasks if task.get_name() == "_fetch_log"]
        if pending:
            await asyncio.wait(pending)

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        task.set_name(getattr(work, "__name__", "yarn"))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Stop what is going on."""
        self.closing = True
        # It may be one of them that closes the cluster.
        tasks = self._tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Watcher(SchedulerPlugin):  # type: ignore[misc]
    """Tells the pool of workers that come and go."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._names: dict[str, str] = {}

    def add_worker(self, scheduler: Scheduler, worker: str) -> None:
        """Pass on that a worker has joined."""
        name = str(scheduler.workers[worker].name)
        self._names[worker] = name
        self._pool.joined(name)

    def remove_worker(
        self, scheduler: Scheduler, worker: str, *, stimulus_id: str, **_more: Any
    ) -> None:
        """Pass on that a worker has left."""
        name = self._names.pop(worker, None)
        if name is not None:
            self._pool.left(name, stimulus_id.startswith("retire-workers"))
