"""``client.cluster`` in a run: Dask's own kind of object, for a cluster in another process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from typing import Any

from distributed.core import Status
from distributed.deploy.cluster import Cluster
from distributed.utils import NoOpAwaitable, silence_logging_cmgr


class RunCluster(Cluster):  # type: ignore[misc]
    """What a script may do with its run's cluster: look at it, scale it, close it.

    Parameters
    ----------
    scheduler
        An RPC to the scheduler.
    name
        The cluster's name.
    dashboard
        The dashboard's address.
    **options
        Those of Dask's ``Cluster``.
    """

    #: What it is, in another process.
    _name = "LocalCluster"

    def __init__(self, scheduler: Any, name: str, dashboard: str, **options: Any) -> None:
        self._known: dict[str, Any] = {"workers": {}}
        super().__init__(name=name, quiet=True, **options)
        self.scheduler_comm = scheduler
        self._dashboard = dashboard
        self._adaptive: RunAdaptive | None = None
        # As a ``LocalCluster`` does while it is there.
        self._quiet = contextlib.ExitStack()
        self._quiet.enter_context(silence_logging_cmgr(logging.WARNING))

    @staticmethod
    async def connect(client: Any, answer: dict[str, Any]) -> RunCluster:
        """Return that of a client that has connected."""
        cluster = RunCluster(
            client.scheduler,
            answer["name"],
            answer["dashboard"],
            asynchronous=client.asynchronous,
            loop=client.loop,
        )
        await cluster._look()
        cluster.status = Status.running
        return cluster

    async def _look(self) -> None:
        self._known = dict(await self.scheduler_comm.identity())

    @property
    def scheduler_info(self) -> dict[str, Any]:
        """What the scheduler says of itself and its workers now."""
        if self.status == Status.running and not self.called_from_running_loop:
            self.sync(self._look)
        return self._known

    @scheduler_info.setter
    def scheduler_info(self, known: dict[str, Any]) -> None:
        self._known = known

    @property
    def workers(self) -> dict[Any, str]:
        """The addresses of the workers by their names."""
        found = self.scheduler_info["workers"]
        return {worker["name"]: address for address, worker in found.items()}

    @property
    def dashboard_link(self) -> str:
        """The address of the dashboard, with its secret."""
        return self._dashboard

    def scale(self, n: int = 0, memory: Any = None, cores: Any = None) -> Any:
        """Ask for so many workers; they come and go in the background.

        Parameters
        ----------
        n
            Workers.
        memory
            At least so much in all of them, as Dask writes it.
        cores
            At least so many threads in all of them.
        """
        return self._ask("dask_runner_scale", count=n, memory=memory, cores=cores)

    def adapt(self, *_arguments: Any, **options: Any) -> RunAdaptive:
        """Let Dask add and remove workers as the work needs them."""
        minimum, maximum = options.get("minimum", 0), options.get("maximum", math.inf)
        if self._adaptive is not None:
            self._adaptive.stop()
        self._adaptive = RunAdaptive(minimum, maximum)
        most = None if maximum in (None, math.inf) else int(maximum)
        self._ask("dask_runner_adapt", minimum=int(minimum or 0), maximum=most)
        return self._adaptive

    def _ask(self, operation: str, **values: Any) -> Any:
        async def ask() -> None:
            await getattr(self.scheduler_comm, operation)(**values)

        if self.asynchronous:
            # Kept until it is done: nobody awaits it.
            self._asked = asyncio.ensure_future(ask())
            return NoOpAwaitable()
        self.sync(ask)
        return None

    async def let_go(self) -> None:
        """Close what this object holds: the cluster stays."""
        self._quiet.close()
        await super()._close()

    async def _close(self) -> None:
        """Close the run's workers, as a script's own cluster closes."""
        if self.status != Status.closed:
            await self.scheduler_comm.dask_runner_close()
            await self.let_go()


class RunAdaptive:
    """What ``adapt`` returns: the limits, while they hold.

    Parameters
    ----------
    minimum
        Workers that are always there.
    maximum
        Most workers.
    """

    def __init__(self, minimum: int, maximum: float) -> None:
        self.minimum = minimum
        self.maximum = maximum

    def stop(self) -> None:
        """Have nothing to do: the next ``scale`` ends it."""
