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

from dask_runner.cluster.certificates import CertificateMaker, TlsFiles, TlsUnavailableError
from dask_runner.cluster.controller import Controller
from dask_runner.cluster.listeners import HOST
from dask_runner.cluster.spec import Spec
from dask_runner.cluster.state import StartError, StateFile
from dask_runner.cluster.versions import check_dask

if TYPE_CHECKING:
    from dask_runner.cluster.hosting import HostedCluster, Hosting

CLOSE_TIMEOUT_SECONDS = 25
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
    hosting
        How clusters of its kind are started.
    certificate
        A folder with a certificate that was made ahead for it.
    """

    def __init__(
        self,
        folder: Path,
        spec: Spec,
        state: StateFile,
        hosting: Hosting,
        certificate: Path | None = None,
    ) -> None:
        self._folder = folder
        self._spec = spec
        self._state = state
        self._hosting = hosting
        self._certificate = certificate
        self._secret = spec.http_secret or secrets.token_hex(24)

    def run(self) -> None:
        """Start the cluster, keep it, and close it.

        Raises
        ------
        StartError
            When it cannot be started, or has failed since.
        """
        self._state.update(workers=self._spec.workers.to_json())
        check_dask()
        certificates = self._begin_certificates()
        self._hosting.prepare()
        import_dask()
        self._hosting.check()
        tls = self._finish_certificates(certificates)
        self._tell_ahead(tls)
        self._hosting.fork(tls)
        self._hosting.configure()
        log_scheduler_to(self._folder / "logs" / "scheduler.log")
        asyncio.run(self._serve(tls))

    def _begin_certificates(self) -> CertificateMaker | None:
        if not self._spec.tls:
            return None
        return CertificateMaker(self._folder / "tls", self._certificate)

    def _finish_certificates(self, maker: CertificateMaker | None) -> TlsFiles | None:
        if maker is None:
            return None
        try:
            return maker.finish()
        except TlsUnavailableError as error:
            raise StartError("tlsUnavailable", str(error)) from error

    def _tell_ahead(self, tls: TlsFiles | None) -> None:
        """Say where the scheduler will be, where its ports are open before it starts."""
        ahead = self._hosting.listeners
        if ahead is not None:
            scheduler = f"{'tcp' if tls is None else 'tls'}://{HOST}:{ahead.port}"
            self._tell(scheduler, f"{HOST}:{ahead.http_port}", tls, stage="scheduler")

    def _tell(self, scheduler: str, http: str, tls: TlsFiles | None, stage: str) -> None:
        self._state.update(
            stage=stage,
            schedulerAddress=scheduler,
            httpUrl=f"http://{http}/{self._secret}",
            dashboard=self._state.value["python"]["bokeh"] is not None,
            tls=None if tls is None else {"ca": tls.ca, "cert": tls.cert, "key": tls.key},
        )

    async def _serve(self, tls: TlsFiles | None) -> None:
        controller = Controller(self._folder, self._spec, self._state)
        loop = asyncio.get_running_loop()
        if os.name == "posix":
            for number, word in ((signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "SIGINT")):
                loop.add_signal_handler(number, controller.end, f"It was ended by {word}.")
        cluster = await self._start(controller, tls)
        try:
            watch = asyncio.create_task(controller.watch())
            await controller.ended()
            await watch
        finally:
            await self._close(cluster)
        if controller.failure is not None:
            raise controller.failure

    async def _start(self, controller: Controller, tls: TlsFiles | None) -> HostedCluster:
        hosting, workers = self._hosting, self._spec.workers
        if hosting.listeners is None:
            self._state.update(stage="scheduler")
        cluster = hosting.make(controller, self._secret, tls)
        try:
            await asyncio.wait_for(cluster, hosting.start_seconds)
            controller.attach(cluster)
            scheduler = cluster.scheduler
            http = f"{hosting.http_host(cluster)}:{scheduler.http_server.port}"
            self._tell(scheduler.address, http, tls, stage="workers")
            await asyncio.wait_for(hosting.populate(cluster, workers), hosting.start_seconds)
            controller.open()
        except asyncio.TimeoutError as error:
            await self._close(cluster)
            joined = 0 if cluster.scheduler is None else len(cluster.scheduler.workers)
            raise StartError(
                "clusterStartFailed",
                f"The cluster was not ready within {hosting.start_seconds:g} s: "
                f"{joined} of {hosting.awaited} workers joined. "
                "Its logs may say why.",
            ) from error
        except Exception as error:
            await self._close(cluster)
            explained = hosting.explain(error)
            if explained is not None:
                raise explained from error
            raise
        if not controller.is_ending():
            self._state.update(state="running", stage="ready")
        return cluster

    async def _close(self, cluster: HostedCluster) -> None:
        """Close it as Dask does; what is left after that is killed with the session."""
        # Without a scheduler, Dask would wait for its answers.
        running = cluster.scheduler is not None and cluster.scheduler.status.name == "running"
        seconds = CLOSE_TIMEOUT_SECONDS if running else self._hosting.lost_seconds
        try:
            await asyncio.wait_for(cluster.close(), seconds)
        except Exception:
            logger.warning("The cluster did not close by itself", exc_info=True)


def import_dask() -> None:
    """Import Dask while there is one thread: forks of this process start with it.

    Raises
    ------
    StartError
        When it is not installed, broken, or too old.
    """
    check_dask()
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
    for name in ("distributed.scheduler", "dask_runner"):
        own = logging.getLogger(name)
        own.addHandler(handler)
        own.setLevel(logging.INFO)
        own.propagate = False
