"""``YarnCluster``: Dask's workers in containers of Hadoop YARN."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Iterable, Mapping
from time import time
from typing import Any

from distributed.core import Status
from distributed.deploy.cluster import Cluster
from distributed.deploy.spec import SpecCluster
from distributed.security import Security
from distributed.utils import Log, Logs, NoOpAwaitable

from dask_runner.yarn.application import FINISH_SECONDS, Stay
from dask_runner.yarn.ends import EndedWorker
from dask_runner.yarn.errors import YarnError
from dask_runner.yarn.events import Container, Event
from dask_runner.yarn.pool import WorkerPool
from dask_runner.yarn.settings import (
    WorkerSettings,
    make_security,
    read_count,
    read_idle_timeout,
    read_submission,
    scheduler_spec,
    setting,
)
from dask_runner.yarn.worker import YarnWorker

logger = logging.getLogger(__name__)


class YarnCluster(SpecCluster):  # type: ignore[misc]
    """A Dask cluster whose workers are YARN containers, and whose scheduler is in this process.

    Nothing but this process and the containers runs: it is the application's master itself. What is
    None is read from Dask's configuration under ``yarn``, where dask-yarn has it (``yarn.queue``,
    ``yarn.worker.memory`` …).

    Parameters
    ----------
    n_workers
        Workers to begin with; 0 by default.
    worker_memory
        Memory limit of each worker, such as ``"2GiB"`` or bytes; 2 GiB by default. Its container is
        larger by ``memory_overhead``.
    worker_vcores
        Threads of each worker, and cores of its container; 1 by default.
    queue
        YARN's queue; ``"default"`` by default.
    environment
        Python of the workers: ``python:///path``, ``venv:///path``, ``conda:///path``, a folder, or
        a packed environment (``.tar.gz``, ``.zip``) by path or URL. By default the Python that runs
        this, which must be at the same path on all nodes.
    name
        Of the application; ``"dask"`` by default.
    worker_env
        Environment variables of the workers. They do not appear in YARN's logs.
    worker_options
        More options of ``dask worker``, such as ``{"lifetime": "1h"}``.
    memory_overhead
        What a container has beyond the worker's memory limit, such as ``"512MiB"``; by default a
        tenth of the limit, and 384 MiB at least.
    security
        True for a certificate of the cluster's own, False for open connections, or a
        ``distributed.Security`` that asks for encryption.
    idle_timeout
        Time without any work after which the application ends, such as ``"10 minutes"`` or seconds;
        never by default.
    host
        Address that the scheduler listens on; by default all, and workers are told the one
        that this machine reaches others by.
    port
        Port of the scheduler; 0 for any.
    dashboard_address
        Where the dashboard listens.
    tags
        Of the application.
    death_timeout
        Seconds after which a worker without a scheduler ends.
    max_failures
        Workers in a row that may end alike, before any has joined, until no more are asked for.
    start_timeout
        Time that the queue may take to let the application in.
    classpath
        Hadoop's configuration folder and jars; by default what ``hadoop classpath`` prints.
    scheduler_options
        More options of ``distributed.Scheduler``.
    asynchronous, loop
        As with any cluster of Dask's.

    Raises
    ------
    YarnError
        When YARN cannot be had, its queue refuses, or no node could ever run such a worker.

    Examples
    --------
    >>> with YarnCluster(n_workers=2, worker_memory="4GiB") as cluster:  # doctest: +SKIP
    ...     client = cluster.get_client()
    """

    status: Any

    def __init__(
        self,
        n_workers: int | None = None,
        worker_memory: str | int | None = None,
        worker_vcores: int | None = None,
        queue: str | None = None,
        environment: str | None = None,
        name: str | None = None,
        worker_env: Mapping[str, str] | None = None,
        *,
        worker_options: Mapping[str, Any] | None = None,
        memory_overhead: str | int | None = None,
        security: Security | bool = True,
        idle_timeout: str | float | None = None,
        host: str | None = None,
        port: int = 0,
        dashboard_address: str | None = ":0",
        tags: Iterable[str] | str | None = None,
        death_timeout: float = 30,
        max_failures: int = 3,
        start_timeout: str | float = "2 minutes",
        classpath: str | None = None,
        scheduler_options: Mapping[str, Any] | None = None,
        asynchronous: bool = False,
        loop: Any = None,
    ) -> None:
        count = read_count(n_workers)
        self._worker = WorkerSettings.read(
            worker_memory,
            worker_vcores,
            memory_overhead,
            environment,
            worker_env,
            worker_options,
            death_timeout,
        )
        self._stay = Stay(
            setting("classpath", classpath, None),
            read_submission(name, queue, tags, start_timeout),
            self._tell,
        )
        self._idle_timeout = read_idle_timeout(idle_timeout)
        self._own: Any = None  # event loop
        self._watch: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._final = ("SUCCEEDED", "")
        self._numbers = itertools.count()
        self._pool = WorkerPool(self, max_failures)
        #: Why no more workers are asked for, or the application has ended; None while all is well.
        self.error: YarnError | None = None
        worker = {
            "cls": YarnWorker,
            "options": {
                "pool": self._pool,
                "nthreads": self._worker.vcores,
                "memory": self._worker.memory,
            },
        }
        own = make_security(security)
        try:
            super().__init__(
                workers={self._new_worker_name(0): worker for _worker in range(count)},
                scheduler=scheduler_spec(host, port, dashboard_address, own, scheduler_options),
                worker=worker,
                asynchronous=asynchronous,
                loop=loop,
                security=own,
                name=None,
            )
        except BaseException:
            if not asynchronous and self.status != Status.created:
                self._final = ("KILLED", "It was stopped while it started.")
                with contextlib.suppress(Exception):
                    self.sync(self._end_application, callback_timeout=FINISH_SECONDS)
                self._loop_runner.stop()
            raise

    # Start and end

    async def _start(self) -> None:
        if self.status != Status.created:
            await super()._start()
            return
        self._own = own = asyncio.get_running_loop()
        asked = self._worker
        # The scheduler starts meanwhile.
        submitted = own.run_in_executor(
            None, self._stay.enter, asked.memory, asked.overhead, asked.vcores
        )
        try:
            await super()._start()
            await submitted
            assert self._stay.application is not None
            launch = asked.launch(self.security)
            self._pool.attach(self._stay.application, self.scheduler)
            await own.run_in_executor(
                None, self._stay.lead, self.scheduler.address, self.dashboard_link, launch
            )
        except BaseException as error:
            await asyncio.wait([asyncio.ensure_future(submitted)])
            self._final = ("FAILED", str(error))
            if self.status not in (Status.closed, Status.closing):
                self.status = Status.failed
                await self._close()
            # What came to be while it was closed already.
            await self._end_application()
            raise
        self._cluster_info["application"] = self.app_id
        self._watch = asyncio.create_task(self._watch_idle())

    def _tell(self, event: Event) -> None:
        """Hear of an event from a thread."""
        self._own.call_soon_threadsafe(self._pool.hear, event)

    async def _close(self) -> None:
        if self.status in (Status.closing, Status.closed):
            await super()._close()
            return
        if self._watch is not None and self._watch is not asyncio.current_task():
            self._watch.cancel()
        await self._pool.close()
        try:
            await super()._close()
        finally:
            # Whoever waits for the end waits for YARN's too.
            self.status = Status.closing
            await self._end_application()
            self.status = Status.closed

    async def _end_application(self) -> None:
        await self._stay.end(*self._final)

    def shutdown(self, status: str = "SUCCEEDED", diagnostics: str | None = None) -> Any:
        """End the cluster, and say on YARN's page how it went.

        Parameters
        ----------
        status
            ``SUCCEEDED``, ``FAILED`` or ``KILLED``.
        diagnostics
            What YARN's page says.
        """
        if status not in ("SUCCEEDED", "FAILED", "KILLED"):
            raise ValueError(f'status="{status}" must be SUCCEEDED, FAILED or KILLED.')
        self._final = (status, diagnostics or "")
        return self.close()

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self._note_exception(kind, value)
        super().__exit__(kind, value, traceback)

    async def __aexit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self._note_exception(kind, value)
        await super().__aexit__(kind, value, traceback)

    def _note_exception(self, kind: type[BaseException] | None, value: Any) -> None:
        if kind is not None and self.status == Status.running:
            stopped = issubclass(kind, KeyboardInterrupt | asyncio.CancelledError)
            self._final = ("KILLED" if stopped else "FAILED", f"{kind.__name__}: {value}")

    async def _watch_idle(self) -> None:
        """End the application when it was idle for too long, or its scheduler has gone."""
        timeout = self._idle_timeout
        tick = 1.0 if timeout is None else min(1.0, timeout / 4)
        while self.status == Status.running:
            await asyncio.sleep(tick)
            if self.scheduler.status in (Status.closing, Status.closed, Status.failed):
                self._close_for("A client shut the scheduler down.", "SUCCEEDED")
                return
            since = self.scheduler.check_idle()
            if timeout is not None and since is not None and time() - since >= timeout:
                self._close_for(f"There was nothing to do for {timeout:g} s.", "SUCCEEDED")
                return

    def _close_for(self, reason: str, status: str) -> None:
        if self.status == Status.running and self._ending is None:
            logger.info("The cluster is closed: %s", reason)
            self._final = (status, reason)
            self._ending = asyncio.ensure_future(self._close())

    # Size

    def _new_worker_name(self, worker_number: int) -> str:
        """Return a name that no worker has had: one on a lost node may still be there."""
        return f"worker-{next(self._numbers)}"

    def scale(self, n: int = 0, memory: Any = None, cores: Any = None) -> Any:
        """Ask for so many workers.

        They come as YARN has room. Requests that are no longer wanted are taken back, and the
        results of workers that go are moved to others first.

        Raises
        ------
        YarnError
            When the application has ended.
        """
        if self.error is not None and self.status in (Status.closed, Status.failed):
            raise self.error
        if self.status == Status.running:
            self.error = None
        return super().scale(n, memory=memory, cores=cores) or (
            NoOpAwaitable() if self.asynchronous else None
        )

    def replace_worker(self, name: str, again: bool) -> None:
        """Forget a worker that goes, and with ``again`` ask for another; called by the pool."""
        if self.status != Status.running:
            return
        wanted = self.worker_spec.pop(name, None) is not None
        worker = self.workers.get(name)
        if worker is not None:
            del self.workers[name]
            worker.status = Status.closed if not worker.keep_results else worker.status
        if wanted and again and self.error is None:
            self.worker_spec.update(self.new_worker_spec())
            self._correct_state()
        self._close_without_hope()

    def give_up(self, error: YarnError) -> None:
        """Ask for no more workers; without any, end the application. Called by the pool."""
        if self.status != Status.running:
            return
        self.error = error
        logger.error("%s", error)
        if self._adaptive is not None:
            self._adaptive.stop()
        for name in self._pool.pending():
            self.worker_spec.pop(name, None)
        self._correct_state()
        self._close_without_hope()

    def _close_without_hope(self) -> None:
        """End the application when no more workers are asked for, and the last has gone."""
        if self.error is not None and not self._pool.containers():
            self._close_for(str(self.error), "FAILED")

    async def _wait_for_workers(self, n_workers: int = 0, timeout: Any = None) -> None:
        waiting = asyncio.ensure_future(super()._wait_for_workers(n_workers, timeout))
        try:
            while not waiting.done():
                await asyncio.wait([waiting], timeout=0.2)
                if self.error is not None:
                    raise self.error
            await waiting
        finally:
            waiting.cancel()

    def _update_worker_status(self, op: str, msg: Any) -> None:
        # YARN says when a worker has ended, not the connection to it.
        Cluster._update_worker_status(self, op, msg)

    # What can be seen

    @property
    def app_id(self) -> str:
        """YARN's id of the application; empty until it has one."""
        return self._stay.id

    @property
    def container_memory(self) -> int:
        """Memory of each container in bytes: the limit, the overhead, and what YARN rounds up."""
        return 0 if self._stay.size is None else self._stay.size.container * 2**20

    @property
    def ended_workers(self) -> list[EndedWorker]:
        """The workers that have ended, the last 1000 of them, each with its reason."""
        return list(self._pool.ended)

    def containers(self) -> dict[str, Container]:
        """Return the containers in use by their workers' names: dask-yarn's ``workers()``."""
        return self._pool.containers()

    async def _get_logs(
        self, cluster: bool = True, scheduler: bool = True, workers: Any = True
    ) -> Logs:
        logs = Logs()
        if self.status == Status.running:
            logs = await super()._get_logs(cluster, scheduler, workers)
        if workers:
            await self._pool.fetch_logs()
            for ended in self._pool.ended:
                logs[ended.name] = Log(ended.as_log())
        return logs

    def logs(self, cluster: bool = True, scheduler: bool = True, workers: Any = True) -> Any:
        """Return ``get_logs()``, as dask-yarn calls it."""
        return self.get_logs(cluster=cluster, scheduler=scheduler, workers=workers)
