"""Clusters on YARN, as the cluster process starts them."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dask_runner.base.package import PACKAGE
from dask_runner.cluster.certificates import TlsFiles
from dask_runner.cluster.spec import Spec, WorkerRange
from dask_runner.cluster.state import StartError
from dask_runner.world.settings import text_of, variable_of

if TYPE_CHECKING:
    from dask_runner.cluster.controller import Controller
    from dask_runner.cluster.hosting import HostedCluster

SCHEDULER_PORT = 8786
HTTP_PORT = 8787
#: The address of this machine that others reach it by, where it has several.
HOST = "DASK_YARN__HOST"


class YarnHosting:
    """Starts clusters whose workers are YARN containers.

    Parameters
    ----------
    folder
        The cluster's folder.
    spec
        Its specification.
    """

    # The queue has two minutes to let the application in.
    start_seconds = 150.0
    # YARN is told of the end also when the scheduler has gone.
    lost_seconds = 25.0
    # Machines may still have to come for them.
    awaited = 0
    listeners = None

    def __init__(self, folder: Path, spec: Spec) -> None:
        self._folder = folder
        self._spec = spec
        self._memory: int | None = None

    def prepare(self) -> None:
        """Have nothing to do: workers come from YARN."""

    def check(self) -> None:
        """Work out the memory of each worker.

        Raises
        ------
        StartError
            When the memory limit is not one.
        """
        from dask.utils import parse_bytes

        limit = self._spec.memory_limit
        try:
            self._memory = None if limit == "auto" else int(parse_bytes(limit))
            if self._memory == 0:
                raise ValueError("workers on YARN need one")
        except ValueError as error:
            raise StartError(
                "memoryLimitInvalid",
                f'The memory limit "{limit}" is not one: {error}. Write it as "4GiB", or "auto".',
            ) from error

    def fork(self, tls: TlsFiles | None) -> None:
        """Fork nothing: jobs are started by others."""

    def configure(self) -> None:
        """Set what Dask reads from its configuration in this process."""
        import dask

        from dask_runner.cluster.scheduler import our_settings

        os.environ.update(self._spec.environment)
        dask.config.update(dask.config.config, dask.config.collect_env())
        dask.config.set(our_settings())
        dask.config.set(self._spec.config)
        # The cluster process watches for idleness itself.
        dask.config.set({"distributed.scheduler.idle-timeout": None, "yarn.idle-timeout": None})

    def make(self, controller: Controller, secret: str, tls: TlsFiles | None) -> HostedCluster:
        """Return the cluster, not started yet and without workers."""
        from dask_runner.cluster.certificates import security
        from dask_runner.code.worker_archives import ArchiveSharing
        from dask_runner.hosted.yarn_cluster import PrivateYarnCluster

        spec = self._spec
        host = os.environ.get(HOST) or None
        return PrivateYarnCluster(
            controller,
            secret,
            ArchiveSharing(self._folder / "code"),
            spec.shared,
            name=spec.name,
            worker_memory=self._memory,
            worker_vcores=spec.threads_per_worker,
            queue=spec.queue,
            worker_env=self._worker_environment(),
            security=security(tls),
            host=host,
            port=SCHEDULER_PORT,
            dashboard_address=f"{host or ''}:{HTTP_PORT}",
        )

    def _worker_environment(self) -> dict[str, str]:
        own = self._spec.environment
        folders = [*filter(None, own.get("PYTHONPATH", "").split(os.pathsep)), str(PACKAGE.parent)]
        return {
            **{variable_of(key): text_of(value) for key, value in self._spec.config.items()},
            **own,
            # Where this package is on all machines: workers get their code by it.
            "PYTHONPATH": os.pathsep.join(folders),
            # What tasks print is in the run's output at once.
            "PYTHONUNBUFFERED": "1",
        }

    async def populate(self, cluster: Any, workers: WorkerRange) -> None:
        """Ask for the first workers, where they do not come with a script."""
        cluster.scheduler.add_plugin(cluster.worlds)
        cluster.worlds.expect(workers)
        if not self._spec.with_script:
            cluster.worlds.inhabited = True
            cluster.resize(WorkerRange(False, workers.minimum, workers.minimum))
            await cluster._correct_state()
            if workers.adaptive:
                cluster.resize(workers)

    def ended(self) -> None:
        """Have nothing to remove."""

    def http_host(self, cluster: HostedCluster) -> str:
        """Return the host that the scheduler is reached by."""
        address: str = cluster.scheduler.address
        return address.partition("://")[2].rpartition(":")[0]

    def explain(self, error: Exception) -> StartError | None:
        """Put what YARN refuses, and a port that is taken, in words."""
        from dask_runner.yarn.errors import HadoopNotFoundError, YarnError

        if isinstance(error, YarnError):
            missing = isinstance(error, HadoopNotFoundError)
            return StartError("hadoopMissing" if missing else "yarnRefused", str(error))
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE:
                return StartError(
                    "portInUse",
                    f"The Dask scheduler cannot listen on port {SCHEDULER_PORT} of this machine: "
                    "another process does. Another Dask scheduler may run there: end it, and run "
                    "again.",
                )
            cause = cause.__cause__ or cause.__context__
        return None
