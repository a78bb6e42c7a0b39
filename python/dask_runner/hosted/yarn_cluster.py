"""A ``YarnCluster`` that the cluster process drives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from distributed.core import Status

from dask_runner.cluster.scheduler import PrivateScheduler, count_for, resize
from dask_runner.cluster.spec import WorkerRange
from dask_runner.cluster.state import StartError
from dask_runner.yarn.cluster import YarnCluster
from dask_runner.yarn.ends import WANTED

if TYPE_CHECKING:
    from dask_runner.cluster.controller import Controller

MOST_TOLD = 50


class PrivateYarnCluster(YarnCluster):
    """A ``YarnCluster`` around a ``PrivateScheduler``.

    Parameters
    ----------
    controller
        What our routes act on.
    http_prefix
        The secret, with a slash before it.
    **options
        ``YarnCluster``'s own.
    """

    def __init__(self, controller: Controller, http_prefix: str, **options: Any) -> None:
        super().__init__(
            n_workers=0,
            asynchronous=True,
            scheduler_options={"controller": controller, "http_prefix": http_prefix},
            **options,
        )
        self.scheduler_spec["cls"] = PrivateScheduler

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

    async def begin(self, client: str, world: bytes, workers: WorkerRange) -> str | None:
        """Leave the workers as they are: containers on other machines serve all jobs."""
        return "The workers serve all jobs of the cluster."

    async def close_for_script(self) -> None:
        """Leave the workers to other jobs: the script's client takes its tasks with it."""

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
