"""Clusters on this machine, as the cluster process starts them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dask_runner.cluster.certificates import TlsFiles
from dask_runner.cluster.listeners import Listeners
from dask_runner.cluster.spec import Spec, WorkerRange
from dask_runner.cluster.state import StartError
from dask_runner.hosted.worker_source import WorkerSource

if TYPE_CHECKING:
    from dask_runner.cluster.controller import Controller


class LocalHosting:
    """Starts clusters on this machine.

    Parameters
    ----------
    folder
        The cluster's folder.
    spec
        Its specification.
    imported_with
        The environment in which the process has imported Dask that this one was forked from; None
        where it was started: then its workers are started as processes, too.
    """

    start_seconds = 120.0
    lost_seconds = 3.0

    def __init__(self, folder: Path, spec: Spec, imported_with: dict[str, str] | None) -> None:
        self._folder = folder
        self._spec = spec
        self._imported_with = imported_with
        self._source: WorkerSource | None = None
        self.listeners = Listeners()
        self._threads = 1
        self._memory: int | None = None
        self.awaited = 0 if spec.with_script else spec.workers.minimum

    def prepare(self) -> None:
        """Have nothing to do."""

    def check(self) -> None:
        """Work out the shape of the workers.

        Raises
        ------
        StartError
            When the memory limit is not one.
        """
        from dask_runner.hosted.local_cluster import worker_shape

        spec = self._spec
        try:
            self._threads, self._memory = worker_shape(
                spec.workers, spec.threads_per_worker, spec.memory_limit
            )
        except ValueError as error:
            raise StartError(
                "memoryLimitInvalid",
                f'The memory limit "{spec.memory_limit}" is not one: {error}. '
                'Write it as "4GiB", "auto", or "0" for no limit.',
            ) from error

    def fork(self, tls: TlsFiles | None) -> None:
        """Fork the process that workers are forked from."""
        if self._imported_with is not None:
            from dask_runner.hosted.shared_security import make_contexts

            self._source = WorkerSource.fork(lambda: make_contexts(tls))

    def configure(self) -> None:
        """Set what Dask reads from its configuration in this process and its workers."""
        import dask

        from dask_runner.cluster.scheduler import our_settings

        os.environ.update(self._spec.environment)
        dask.config.update(dask.config.config, dask.config.collect_env())
        dask.config.set(our_settings())
        dask.config.set({"temporary-directory": str(self._folder / "work")})
        self.listeners.hand_over()

    def make(self, controller: Controller, secret: str, tls: TlsFiles | None) -> Any:
        """Return the cluster, not started yet and without workers."""
        from dask_runner.hosted.local_cluster import PrivateCluster
        from dask_runner.hosted.local_worlds import LocalWorlds
        from dask_runner.hosted.shared_security import SharedSecurity

        spec = self._spec
        cluster = PrivateCluster(
            controller,
            secret,
            self.listeners,
            name=spec.name,
            threads_per_worker=self._threads,
            memory_limit=self._memory,
            security=SharedSecurity(tls),
            protocol="tls" if tls is not None else "tcp",
            local_directory=str(self._folder / "work"),
        )
        logs = self._folder / "logs"
        cluster.worlds = LocalWorlds(
            cluster,
            self._source,
            self._imported_with,
            logs,
            of_run=spec.with_script and spec.ephemeral,
            shared=spec.shared,
        )
        return cluster

    async def populate(self, cluster: Any, workers: WorkerRange) -> None:
        """Start the first workers, where they do not come with a script."""
        cluster.scheduler.add_plugin(cluster.worlds)
        cluster.worlds.expect(workers)
        if not self._spec.with_script:
            await cluster.worlds.start(workers)

    def http_host(self, cluster: Any) -> str:
        """Return this machine's own address: nobody else may ask."""
        return "127.0.0.1"

    def explain(self, error: Exception) -> StartError | None:
        """Add nothing to what goes wrong."""
        return None

    def ended(self) -> None:
        """Remove what belongs to none of the cluster's folders."""
        if self._source is not None:
            self._source.remove()
