"""``YarnCluster``: Dask's workers in containers of Hadoop YARN."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import time
from typing import Any

import dask
from dask.utils import parse_bytes, parse_timedelta
from distributed import Scheduler
from distributed.core import Status
from distributed.deploy.cluster import Cluster
from distributed.deploy.spec import SpecCluster
from distributed.security import Security
from distributed.utils import Log, Logs, NoOpAwaitable

from dask_runner.cluster.certificates import CertificateMaker, TlsFiles
from dask_runner.cluster.certificates import security as security_of_files
from dask_runner.yarn.application import FINISH_SECONDS, Application, Container, Event, Submission
from dask_runner.yarn.ends import EndedWorker
from dask_runner.yarn.errors import YarnError
from dask_runner.yarn.jvm import Jvm
from dask_runner.yarn.launch import Launch, parse_environment, tls_of
from dask_runner.yarn.pool import WorkerPool
from dask_runner.yarn.resources import WorkerSize, worker_size
from dask_runner.yarn.worker import YarnWorker

logger = logging.getLogger(__name__)


def _setting(key: str, given: Any, usual: Any) -> Any:
    """Return what was given, else what Dask's configuration has, as dask-yarn reads it."""
    if given is not None:
        return given
    found = dask.config.get(f"yarn.{key}", None)
    return usual if found is None else found


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
        count = int(_setting("worker.count", n_workers, 0))
        if count < 0:
            raise ValueError(f"n_workers={count} must be 0 or more.")
        self._memory = int(parse_bytes(_setting("worker.memory", worker_memory, "2GiB")))
        self._vcores = int(_setting("worker.vcores", worker_vcores, 1))
        if self._memory < 1 or self._vcores < 1:
            raise ValueError("worker_memory and worker_vcores must be more than 0.")
        self._overhead = None if memory_overhead is None else int(parse_bytes(memory_overhead))
        self._environment = parse_environment(
            _setting("environment", environment, None), sys.executable
        )
        variables = _setting("worker.env", worker_env, {})
        self._variables = {str(key): str(value) for key, value in variables.items()}
        self._worker_options = dict(worker_options or {})
        labels = _setting("tags", tags, ())
        self._submission = Submission(
            name=str(_setting("name", name, "dask")),
            queue=str(_setting("queue", queue, "default")),
            # One in an environment variable is text.
            tags=(labels,) if isinstance(labels, str) else tuple(labels),
            timeout=float(parse_timedelta(start_timeout)),
        )
        self._classpath = _setting("classpath", classpath, None)
        self._death_timeout = death_timeout
        timeout = _setting("idle-timeout", idle_timeout, None)
        self._idle_timeout = None if timeout is None else float(parse_timedelta(timeout))
        self._size: WorkerSize | None = None
        self._jvm: Jvm | None = None
        self._application: Application | None = None
        self._watch: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._final = ("SUCCEEDED", "")
        self._app_id = ""
        self._numbers = itertools.count()
        self._pool = WorkerPool(self, max_failures)
        #: Why no more workers are asked for, or the application has ended; None while all is well.
        self.error: YarnError | None = None
        worker = {
            "cls": YarnWorker,
            "options": {"pool": self._pool, "nthreads": self._vcores, "memory": self._memory},
        }
        own = _make_security(security)
        scheduler = {
            "cls": Scheduler,
            "options": {
                "protocol": "tls://" if own.require_encryption else "tcp://",
                "host": _setting("host", host, None),
                "port": port,
                "dashboard": dashboard_address is not None,
                "dashboard_address": dashboard_address,
                "security": own,
                **(scheduler_options or {}),
            },
        }
        try:
            super().__init__(
                workers={self._new_worker_name(0): worker for _worker in range(count)},
                scheduler=scheduler,
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
        own = asyncio.get_running_loop()

        def tell(event: Event) -> None:
            own.call_soon_threadsafe(self._pool.hear, event)

        def submit() -> None:
            # The scheduler starts meanwhile.
            self._jvm = Jvm(self._classpath)
            self._application = Application(self._jvm, self._submission, tell)
            room = self._application.connect()
            self._size = worker_size(self._memory, self._overhead, self._vcores, room)
            self._application.submit()
            self._app_id = self._application.id

        submitted = own.run_in_executor(None, submit)
        try:
            await super()._start()
            await submitted
            assert self._application is not None
            launch = self._launch(tls_of(self.security))
            self._pool.attach(self._application, self.scheduler)
            await own.run_in_executor(None, self._begin, launch)
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

    def _launch(self, tls: Mapping[str, str]) -> Launch:
        return Launch(
            environment=self._environment,
            memory_limit=self._memory,
            threads=self._vcores,
            death_timeout=self._death_timeout,
            variables=self._variables,
            options=self._worker_options,
            tls=tls,
        )

    def _begin(self, launch: Launch) -> None:
        assert self._application is not None and self._size is not None
        address = self.scheduler.address
        host, _colon, port = address.partition("://")[2].rpartition(":")
        self._application.register(host, int(port), self.dashboard_link)
        command = launch.command()
        self._application.begin(
            self._size.container,
            self._vcores,
            launch.environment,
            lambda worker: (command, launch.secret(address, worker)),
        )

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
        application, jvm = self._application, self._jvm
        self._application, self._jvm = None, None
        own = asyncio.get_running_loop()
        if application is not None:
            finish = own.run_in_executor(None, application.finish, *self._final)
            # A ResourceManager that is away is not waited for.
            _told, untold = await asyncio.wait([finish], timeout=FINISH_SECONDS)
            if untold:
                logger.warning(
                    "YARN was not told of the end within %s s: it will find out by itself. "
                    "Workers end without it.",
                    FINISH_SECONDS,
                )
            await own.run_in_executor(None, application.close)
        elif jvm is not None:
            await own.run_in_executor(None, jvm.close)

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
        return self._app_id

    @property
    def container_memory(self) -> int:
        """Memory of each container in bytes: the limit, the overhead, and what YARN rounds up."""
        return 0 if self._size is None else self._size.container * 2**20

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


def _make_security(given: Security | bool) -> Security:
    if isinstance(given, Security):
        return given
    if not given:
        return Security(require_encryption=False)
    with tempfile.TemporaryDirectory(prefix="dask-runner-") as folder:
        files = CertificateMaker(Path(folder) / "tls").finish()
        texts = {name: Path(path).read_text() for name, path in vars(files).items()}
    # Dask takes texts for paths: nothing is left on a disk when this process ends badly.
    return security_of_files(TlsFiles(**texts))
