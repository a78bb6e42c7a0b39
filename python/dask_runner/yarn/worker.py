"""One worker of a cluster on YARN, as Dask's ``SpecCluster`` sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from distributed.core import Status
from distributed.deploy.spec import ProcessInterface

if TYPE_CHECKING:
    from dask_runner.yarn.events import Container


class Pool(Protocol):
    """Where all workers of a cluster are."""

    def open(self, worker: YarnWorker) -> None:
        """Ask for a container."""

    def leave(self, worker: YarnWorker) -> None:
        """Give it back."""


class YarnWorker(ProcessInterface):  # type: ignore[misc]
    """A container that is asked for, used, and given back.

    Parameters
    ----------
    scheduler
        The scheduler's address.
    name
        The worker's, never used twice.
    pool
        Where all of a cluster's are.
    **options
        What ``SpecCluster`` reads to scale by cores or memory.
    """

    def __init__(self, scheduler: str, name: str, pool: Pool, **options: Any) -> None:
        super().__init__(scheduler=scheduler, name=name)
        self.name = name
        self.scheduler = scheduler
        self.container: Container | None = None
        #: It is, or was, part of the Dask cluster.
        self.joined = False
        #: Dask has moved its results elsewhere and ended it.
        self.retired = False
        #: Its container has been given back.
        self.released = False
        #: Its results must not be lost: there will be others that can take them.
        self.keep_results = False
        #: Why it was ended, where that is not plain.
        self.why: str | None = None
        self._pool = pool

    async def start(self) -> None:
        """Ask for the container; it comes when YARN has room."""
        self._pool.open(self)
        await super().start()

    async def close(self) -> None:
        """Have it retired and its container given back, in the background."""
        if self.status != Status.closed:
            self._pool.leave(self)
            await super().close()
