"""One start of a cluster: its processes, from the first to the last."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dask_runner import worker_source
from dask_runner.certificates import CertificateMaker, TlsFiles, TlsUnavailableError
from dask_runner.controller import Controller
from dask_runner.files import FileLock
from dask_runner.spec import Spec
from dask_runner.state import StartError, StateFile

if TYPE_CHECKING:
    from dask_runner.launcher import LauncherHandle
    from dask_runner.local_cluster import PrivateCluster

START_TIMEOUT_SECONDS = 120
CLOSE_TIMEOUT_SECONDS = 25
LOST_TIMEOUT_SECONDS = 3
logger = logging.getLogger("distributed.scheduler.dask_runner")


class ClusterProcess:
    """One start of a cluster: from its specification to its last state.

    Parameters
    ----------
    folder
        The cluster's folder.
    spec
        Its specification.
    state
        Its state file.
    lock
        The lock that it holds.
    """

    def __init__(self, folder: Path, spec: Spec, state: StateFile, lock: FileLock) -> None:
        self._folder = folder
        self._spec = spec
        self._state = state
        self._lock = lock
        self._launcher: LauncherHandle | None = None

    def run(self) -> None:
        """Start the cluster, keep it, and close it.

        Raises
        ------
        StartError
            When it cannot be started.
        """
        self._state.update(workers=self._spec.workers.to_json())
        certificates = self._begin_certificates()
        for_workers = {
            worker_source.LOG_FOLDER: str(self._folder / "logs"),
            **self._spec.environment,
        }
        if self._spec.code_directory is not None:
            for_workers[worker_source.CODE_DIRECTORY] = self._spec.code_directory
        forkserver = worker_source.start(for_workers)
        import_dask()
        from dask_runner.launcher import fork_launcher

        self._launcher = fork_launcher([self._lock])
        tls = self._finish_certificates(certificates)
        os.environ.update(for_workers)
        from dask_runner.local_cluster import configure

        configure(forkserver)
        log_scheduler_to(self._folder / "logs" / "scheduler.log")
        asyncio.run(self._serve(tls))

    def _begin_certificates(self) -> CertificateMaker | None:
        return CertificateMaker(self._folder / "tls") if self._spec.tls else None

    def _finish_certificates(self, maker: CertificateMaker | None) -> TlsFiles | None:
        if maker is None:
            return None
        try:
            return maker.finish()
        except TlsUnavailableError as error:
            raise StartError("tlsUnavailable", str(error)) from error

    async def _serve(self, tls: TlsFiles | None) -> None:
        controller = Controller(self._spec, self._state)
        loop = asyncio.get_running_loop()
        if os.name == "posix":
            for number, word in ((signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "SIGINT")):
                loop.add_signal_handler(number, controller.end, f"It was ended by {word}.")
        cluster = await self._start(controller, tls)
        try:
            watch = asyncio.create_task(controller.watch(self._launcher))
            await controller.ended()
            await watch
        finally:
            await close(cluster)

    async def _start(self, controller: Controller, tls: TlsFiles | None) -> PrivateCluster:
        from dask_runner.local_cluster import PrivateCluster, security, worker_shape

        self._state.update(stage="scheduler")
        workers = self._spec.workers
        try:
            count, threads, memory = worker_shape(
                workers, self._spec.threads_per_worker, self._spec.memory_limit
            )
        except ValueError as error:
            raise StartError(
                "memoryLimitInvalid",
                f'The memory limit "{self._spec.memory_limit}" is not one: {error}. '
                'Write it as "4GiB", "auto", or "0" for no limit.',
            ) from error
        secret = secrets.token_hex(24)
        cluster = PrivateCluster(
            controller,
            f"/{secret}",
            name=self._spec.name,
            threads_per_worker=threads,
            memory_limit=memory,
            security=security(tls),
            protocol="tls" if tls is not None else "tcp",
            local_directory=str(self._folder / "work"),
            env=dict(self._spec.environment),
        )
        try:
            await asyncio.wait_for(cluster, START_TIMEOUT_SECONDS)
            controller.attach(cluster)
            self._state.update(
                stage="workers",
                schedulerAddress=cluster.scheduler.address,
                httpUrl=f"http://127.0.0.1:{cluster.scheduler.http_server.port}/{secret}",
                dashboard=self._state.value["python"]["bokeh"] is not None,
                tls=None if tls is None else {"ca": tls.ca, "cert": tls.cert, "key": tls.key},
                launcher=None if self._launcher is None else self._launcher.to_json(),
            )
            if self._spec.code_directory is not None:
                from dask_runner.worker_code import CodeDirectory

                CodeDirectory(self._spec.code_directory).setup(cluster.scheduler)
            cluster.scale(count)
            await asyncio.wait_for(self._workers_joined(cluster, count), START_TIMEOUT_SECONDS)
            if workers.adaptive:
                cluster.resize(workers)
        except asyncio.TimeoutError as error:
            await close(cluster)
            raise StartError(
                "clusterStartFailed",
                f"The cluster was not ready within {START_TIMEOUT_SECONDS} s: "
                f"{len(cluster.scheduler.workers)} of {count} workers joined. "
                "Its logs may say why.",
            ) from error
        except Exception:
            await close(cluster)
            raise
        self._state.update(state="running", stage="ready")
        return cluster

    async def _workers_joined(self, cluster: PrivateCluster, count: int) -> None:
        await cluster._correct_state()
        while len(cluster.scheduler.workers) < count:
            await asyncio.sleep(0.02)


async def close(cluster: PrivateCluster) -> None:
    """Close a cluster as Dask does; what is left after that is killed with the session."""
    # Without a scheduler, Dask would wait for its answers.
    running = cluster.scheduler is not None and cluster.scheduler.status.name == "running"
    seconds = CLOSE_TIMEOUT_SECONDS if running else LOST_TIMEOUT_SECONDS
    try:
        await asyncio.wait_for(cluster.close(), seconds)
    except Exception:
        logger.warning("The cluster did not close by itself", exc_info=True)


def import_dask() -> None:
    """Import Dask while there is one thread: forks of this process start with it.

    Raises
    ------
    StartError
        When it is not installed, or broken.
    """
    try:
        import distributed
    except ImportError as error:
        missing = error.name in ("dask", "distributed")
        raise StartError(
            "daskMissing" if missing else "clusterStartFailed",
            f"Dask cannot be imported by {sys.executable}: {error}. "
            'Install it with: pip install "dask[distributed]"',
        ) from error
    assert distributed is not None


def log_scheduler_to(path: Path) -> None:
    """Give the scheduler's log a file of its own."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))
    own = logging.getLogger("distributed.scheduler")
    own.addHandler(handler)
    own.setLevel(logging.INFO)
    own.propagate = False
