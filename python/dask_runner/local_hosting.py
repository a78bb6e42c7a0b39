"""Clusters on this machine, as the cluster process starts them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dask_runner import worker_source
from dask_runner.certificates import TlsFiles
from dask_runner.spec import Spec
from dask_runner.state import StartError

if TYPE_CHECKING:
    from dask_runner.controller import Controller
    from dask_runner.files import FileLock
    from dask_runner.hosting import HostedCluster
    from dask_runner.launcher import LauncherHandle


class LocalHosting:
    """Starts clusters on this machine.

    Parameters
    ----------
    folder
        The cluster's folder.
    spec
        Its specification.
    """

    start_seconds = 120.0
    lost_seconds = 3.0

    def __init__(self, folder: Path, spec: Spec) -> None:
        self._folder = folder
        self._spec = spec
        self.awaited = spec.workers.minimum
        self._for_workers = {
            worker_source.LOG_FOLDER: str(folder / "logs"),
            **spec.environment,
        }
        if spec.code_directory is not None:
            self._for_workers[worker_source.CODE_DIRECTORY] = spec.code_directory
        self._forkserver = False

    def prepare(self) -> None:
        """Start the process that workers are forked from: it imports Dask meanwhile."""
        self._forkserver = worker_source.start(self._for_workers)

    def fork_launcher(self, lock: FileLock) -> LauncherHandle | None:
        """Fork the launcher."""
        from dask_runner.launcher import fork_launcher

        return fork_launcher([lock])

    def configure(self) -> None:
        """Set what Dask reads from its configuration in this process and its workers."""
        from dask_runner.local_cluster import configure

        os.environ.update(self._for_workers)
        configure(self._forkserver)

    def make(self, controller: Controller, secret: str, tls: TlsFiles | None) -> HostedCluster:
        """Return the cluster, not started yet and without workers.

        Raises
        ------
        StartError
            When the memory limit is not one.
        """
        from dask_runner.local_cluster import PrivateCluster, security, worker_shape

        spec = self._spec
        try:
            threads, memory = worker_shape(spec.workers, spec.threads_per_worker, spec.memory_limit)
        except ValueError as error:
            raise StartError(
                "memoryLimitInvalid",
                f'The memory limit "{spec.memory_limit}" is not one: {error}. '
                'Write it as "4GiB", "auto", or "0" for no limit.',
            ) from error
        return PrivateCluster(
            controller,
            f"/{secret}",
            name=spec.name,
            threads_per_worker=threads,
            memory_limit=memory,
            security=security(tls),
            protocol="tls" if tls is not None else "tcp",
            local_directory=str(self._folder / "work"),
            env=dict(spec.environment),
        )

    def started(self, cluster: HostedCluster) -> None:
        """Make the specification's code importable on the scheduler: it unpickles graphs."""
        if self._spec.code_directory is not None:
            from dask_runner.worker_code import CodeDirectory

            CodeDirectory(self._spec.code_directory).setup(cluster.scheduler)

    def http_host(self, cluster: HostedCluster) -> str:
        """Return this machine's own address: nobody else may ask."""
        return "127.0.0.1"

    def explain(self, error: Exception) -> StartError | None:
        """Add nothing to what goes wrong."""
        return None
