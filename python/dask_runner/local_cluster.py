"""Dask's own ``LocalCluster``, closed to other users of this machine."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import dask
import distributed.utils
from distributed import LocalCluster, Scheduler, Status
from distributed.security import Security
from tornado.web import ErrorHandler

from dask_runner import worker_source
from dask_runner.certificates import TlsFiles
from dask_runner.spec import WorkerRange
from dask_runner.state import StartError

if TYPE_CHECKING:
    from dask_runner.controller import Controller

ROUTES = "distributed.scheduler.http.routes"
logger = logging.getLogger("distributed.scheduler.dask_runner")


def configure(forkserver: bool) -> None:
    """Set what Dask reads from its configuration in this process and its workers.

    Parameters
    ----------
    forkserver
        True when the process that workers are forked from has been started.
    """
    dask.config.update(dask.config.config, dask.config.collect_env())
    settings: dict[str, Any] = {
        ROUTES: [*dask.config.get(ROUTES), "dask_runner.routes"],
        # Workers have HTTP servers of their own; nobody asks them, so they offer nothing.
        "distributed.worker.http.routes": [],
        # The cluster process watches for idleness itself: a driver that computes counts as work.
        "distributed.scheduler.idle-timeout": None,
    }
    if forkserver and worker_source.is_as_configured():
        settings["distributed.worker.multiprocessing-method"] = "forkserver"
        # Else Dask would have it import all packages that it knows.
        if hasattr(distributed.utils, "_forkserver_preload_set"):
            distributed.utils._forkserver_preload_set = True
    dask.config.set(settings)


class PrivateScheduler(Scheduler):  # type: ignore[misc]
    """A scheduler whose HTTP side answers below its secret prefix, and nowhere else.

    Dask redirects ``/`` to the prefix and lists every path in ``/sitemap.json``: both would tell
    the secret to whoever asks.

    Parameters
    ----------
    controller
        What our routes act on.
    http_prefix
        The secret, with a slash before it.
    **options
        The scheduler's own.
    """

    def __init__(self, *, controller: Controller, http_prefix: str, **options: Any) -> None:
        self.controller = controller
        self._secret = http_prefix.strip("/")
        super().__init__(http_prefix=http_prefix, **options)
        name_scripts_relatively(self.http_application.applications)

    def identity(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Say who this is as Dask does: others look for this type."""
        return {**super().identity(*arguments, **options), "type": "Scheduler"}

    def start_http_server(self, *arguments: Any, **options: Any) -> None:
        """Start it as Dask does, with a gate before it."""
        super().start_http_server(*arguments, **options)
        application = self.http_application
        find = application.find_handler

        def find_behind_gate(request: Any, **details: Any) -> Any:
            given = request.path.split("/", 2)[1] if "/" in request.path else ""
            if hmac.compare_digest(given.encode(), self._secret.encode()):
                return find(request, **details)
            return application.get_handler_delegate(request, ErrorHandler, {"status_code": 404})

        application.find_handler = find_behind_gate


def name_scripts_relatively(applications: Iterable[Any]) -> None:
    """Have Bokeh's pages name their scripts beside themselves.

    With the prefix in them they would tell the secret to every page, and not be found behind a
    gateway that puts it in.

    Parameters
    ----------
    applications
        Those of a scheduler's HTTP server.
    """
    try:
        from bokeh.resources import Resources
        from bokeh.server.tornado import BokehTornado
        from bokeh.server.views.static_handler import StaticHandler
    except ImportError:
        return
    for application in applications:
        if isinstance(application, BokehTornado):
            relative = Resources(
                mode="server", root_url="./", path_versioner=StaticHandler.append_version
            )
            application.resources = lambda *_, found=relative: found  # type: ignore[method-assign]


class PrivateCluster(LocalCluster):  # type: ignore[misc]
    """A ``LocalCluster`` around a ``PrivateScheduler``, with logs of its workers' own.

    Parameters
    ----------
    controller
        What our routes act on.
    http_prefix
        The secret, with a slash before it.
    **options
        ``LocalCluster``'s own.
    """

    def __init__(self, controller: Controller, http_prefix: str, **options: Any) -> None:
        super().__init__(
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=False,
            asynchronous=True,
            n_workers=0,
            preload=["dask_runner.worker_preload"],
            death_timeout=60,
            scheduler_kwargs={"controller": controller, "http_prefix": http_prefix},
            **options,
        )
        self.scheduler_spec["cls"] = PrivateScheduler

    def resize(self, workers: WorkerRange) -> None:
        """Ask for so many workers; they come and go in the background."""
        resize(self, workers)

    def keep_size(self, count: int) -> None:
        """Start workers in the place of those that Dask has forgotten."""
        # It does so when one could not unpickle a task.
        if len(self.workers) < count:
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


def resize(cluster: Any, workers: WorkerRange) -> None:
    """Ask a cluster of Dask's for so many workers; they come and go in the background."""
    if workers.adaptive:
        cluster.adapt(minimum=workers.minimum, maximum=workers.maximum)
        return
    adaptive = getattr(cluster, "_adaptive", None)
    if adaptive is not None:
        adaptive.stop()
    cluster.scale(workers.minimum)


def security(files: TlsFiles | None) -> Security:
    """Return Dask's security for these files; without them, for open connections."""
    if files is None:
        return Security(require_encryption=False)
    return Security(
        require_encryption=True,
        tls_ca_file=files.ca,
        tls_scheduler_cert=files.cert,
        tls_scheduler_key=files.key,
        tls_worker_cert=files.cert,
        tls_worker_key=files.key,
        tls_client_cert=files.cert,
        tls_client_key=files.key,
    )


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
