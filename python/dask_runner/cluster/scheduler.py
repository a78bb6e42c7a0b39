"""Dask's own scheduler, closed to other users of this machine, and with more to ask for."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable
from importlib.util import find_spec
from math import ceil
from typing import TYPE_CHECKING, Any

import dask
from dask.utils import parse_bytes
from distributed import Scheduler
from tornado.web import ErrorHandler, RedirectHandler

from dask_runner.cluster.adaptive import YieldingAdaptive
from dask_runner.cluster.spec import WorkerRange

if TYPE_CHECKING:
    from dask_runner.cluster.controller import Controller

ROUTES = "distributed.scheduler.http.routes"
#: Paths that the dashboard has no part in.
WITHOUT_DASHBOARD = ("/dask-runner/", "/json/", "/health")
logger = logging.getLogger("distributed.scheduler.dask_runner")


def our_settings() -> dict[str, Any]:
    """Return what clusters of ours set in Dask's configuration, whatever a script has set."""
    return {
        ROUTES: [
            *(route for route in dask.config.get(ROUTES) if route != "dask_runner.cluster.routes"),
            "dask_runner.cluster.routes",
        ],
        # Workers have HTTP servers of their own; nobody asks them, so they offer nothing.
        "distributed.worker.http.routes": [],
        # The cluster process watches for idleness itself: a driver that computes counts as work.
        "distributed.scheduler.idle-timeout": None,
    }


class PrivateScheduler(Scheduler):  # type: ignore[misc]
    """A scheduler whose HTTP side answers below its secret, and nowhere else.

    Dask knows nothing of the secret: it could be seen in pages and redirects. Its routes are the
    same for each cluster, so those that a process before has compiled need not be compiled again
    (``dask_runner.fork.made_ahead``). The dashboard is made when somebody first asks for one of
    its pages: a cluster is there sooner, and most scripts do not look at it.

    Parameters
    ----------
    controller
        What our routes act on.
    secret
        The first part of all paths.
    **options
        The scheduler's own.
    """

    def __init__(
        self, *, controller: Controller, secret: str, dashboard: bool | None = None, **options: Any
    ) -> None:
        self.controller = controller
        self._secret = secret
        self._has_dashboard = False
        # Without Bokeh, Dask has a page that says so.
        later = dashboard is not False and find_spec("bokeh") is not None
        super().__init__(http_prefix="", dashboard=False if later else dashboard, **options)
        self._has_dashboard = not later
        #: Where what is in this process reaches it, without encryption; Dask's cluster does, too.
        self.external_address: str | None = None
        self.handlers.update(
            {
                "dask_runner_begin": self._begin,
                "dask_runner_scale": self._scale,
                "dask_runner_adapt": self._adapt,
                "dask_runner_close": self._close_workers,
                "terminate": self._terminate,
            }
        )

    async def start_unsafe(self) -> Any:
        """Start as Dask does, and listen to this process alone, too."""
        await super().start_unsafe()
        await self.listen("inproc://")
        self.external_address = self.listeners[-1].contact_address
        return self

    def identity(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Say who this is as Dask does: others look for this type."""
        return {**super().identity(*arguments, **options), "type": "Scheduler"}

    async def _begin(self, client: str, world: bytes) -> dict[str, Any]:
        """Start the workers of a script whose client has connected."""
        return await self.controller.begin(client, world)

    async def _scale(self, count: int, memory: Any = None, cores: Any = None) -> None:
        self.controller.scale_as_asked(count, memory, cores)

    async def _adapt(self, minimum: int, maximum: int | None = None) -> None:
        # As Dask's own, without a limit: as many as there is work for.
        workers = WorkerRange(True, minimum, max(1, minimum, maximum or 10_000))
        self.controller.scale_for_script(workers)

    async def _close_workers(self) -> None:
        await self.controller.script_closes()

    async def _terminate(self, reason: str = "unknown") -> None:
        """Close for good only where the cluster process wants it: scripts close their workers."""
        if self.controller.is_ending() or not self.controller.has_cluster():
            await self.close(reason=reason)
        else:
            await self.controller.script_closes()

    def start_http_server(self, *arguments: Any, **options: Any) -> None:
        """Start it as Dask does, with a gate before it."""
        super().start_http_server(*arguments, **options)
        application = self.http_application
        find = application.find_handler

        def find_behind_gate(request: Any, **details: Any) -> Any:
            _, given, *rest = [*request.path.split("/", 2), ""][:3]
            handle = application.get_handler_delegate
            if not hmac.compare_digest(given.encode(), self._secret.encode()):
                return handle(request, ErrorHandler, {"status_code": 404})
            request.path = f"/{''.join(rest)}"
            if not self._has_dashboard and not request.path.startswith(WITHOUT_DASHBOARD):
                self._has_dashboard = True
                add_dashboard(self)
            if request.path == "/":
                return handle(request, RedirectHandler, {"url": f"/{self._secret}/status"})
            request.uri = f"{request.path}?{request.query}" if request.query else request.path
            return find(request, **details)

        application.find_handler = find_behind_gate


def add_dashboard(scheduler: Any) -> None:
    """Add the dashboard's pages to a scheduler's HTTP side, where they can be loaded."""
    try:
        from distributed.dashboard.scheduler import connect
    except ImportError:
        logger.warning("The dashboard cannot be loaded", exc_info=True)
        return
    connect(scheduler.http_application, scheduler.http_server, scheduler, prefix="")
    name_scripts_relatively(scheduler.http_application.applications)


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


def resize(cluster: Any, workers: WorkerRange) -> None:
    """Ask a cluster of Dask's for so many workers; they come and go in the background."""
    before = getattr(cluster, "_adaptive", None)
    if isinstance(before, YieldingAdaptive):
        before.overrule(None if workers.adaptive else workers.minimum)
    elif before is not None:
        before.stop()
    if workers.adaptive:
        cluster.adapt(YieldingAdaptive, minimum=workers.minimum, maximum=workers.maximum)
    else:
        cluster.scale(workers.minimum)


def count_for(cluster: Any, count: int, memory: Any, cores: Any) -> int:
    """Return how many workers of a cluster of Dask's have so much memory, or threads, together."""
    if memory is not None:
        count = max(count, ceil(parse_bytes(memory) / cluster._memory_per_worker()))
    if cores is not None:
        count = max(count, ceil(cores / cluster._threads_per_worker()))
    return count
