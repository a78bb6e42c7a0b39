"""The process that cluster processes are forked from, and their workers with them.

It has imported Dask's scheduler, workers and dashboard in the environment that Dask's nanny gives
to workers; it is started by the zygote, and ends with it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from dask_runner.base.messages import close_all_but, receive, send
from dask_runner.base.package import PACKAGE
from dask_runner.base.processes import die_with_parent
from dask_runner.cluster.certificates import CertificateMaker
from dask_runner.fork.made_ahead import compile_routes, log_less, make_ahead

# Dask's own ``distributed.nanny.pre-spawn-environ``, which must be there before numpy is loaded,
# and its choice of a seed: workers must agree on hashes.
BEFORE_IMPORT = {
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "6640",
}
START_SECONDS = 120.0
IMPORTED = (
    "distributed",
    "distributed.comm.tcp",
    "distributed.diagnostics.websocket",
    "distributed.http.health",
    "distributed.http.prometheus",
    "distributed.http.proxy",
    "distributed.http.scheduler.info",
    "distributed.http.scheduler.json",
    "distributed.http.scheduler.prometheus",
    "distributed.http.statics",
    "distributed.nanny",
    "distributed.shuffle",
    "distributed.dashboard.scheduler",
    "bokeh.application.handlers.document_lifecycle",
    "multiprocessing.popen_forkserver",
    "multiprocessing.popen_spawn_posix",
    "multiprocessing.synchronize",
    "numpy.random",
    "tornado.platform.asyncio",
    "dask_runner.cluster.routes",
    "dask_runner.fork.fresh",
    "dask_runner.hosted.command",
    "dask_runner.hosted.local_hosting",
    "dask_runner.hosted.local_cluster",
    "dask_runner.hosted.local_worlds",
    "dask_runner.hosted.shared_security",
    "dask_runner.world.worker_preload",
)


class WorkerBase:
    """The zygote's side of it.

    Parameters
    ----------
    connection
        Leads to the process.
    process
        The process.
    """

    def __init__(self, connection: socket.socket, process: subprocess.Popen[bytes]) -> None:
        self._connection = connection
        self._process = process

    @staticmethod
    def start(folder: Path) -> WorkerBase:
        """Start the process: it imports Dask while this one does.

        Parameters
        ----------
        folder
            The zygote's folder.
        """
        ours, theirs = socket.socketpair()
        command = [sys.executable, str(PACKAGE / "__main__.py")]
        with theirs:
            process = subprocess.Popen(
                [*command, "worker-base", str(theirs.fileno()), str(folder / "certificates")],
                env={**BEFORE_IMPORT, **os.environ, "PYTHONHASHSEED": _seed()},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        ours.settimeout(START_SECONDS)
        return WorkerBase(ours, process)

    def fileno(self) -> int:
        """Return the descriptor that is readable when the process has gone."""
        return self._connection.fileno()

    def fork_cluster(self, folder: str, environment: dict[str, str] | None) -> int:
        """Fork the process of a cluster, and return its pid.

        Raises
        ------
        OSError, EOFError
            When there is no answer.
        """
        return int(self._ask({"folder": folder, "environment": environment})["pid"])

    def clusters(self) -> int:
        """Return how many of them live."""
        return int(self._ask({})["alive"])

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        send(self._connection, message)
        return receive(self._connection)[0]


def _seed() -> str:
    given = os.environ.get("PYTHONHASHSEED")
    return BEFORE_IMPORT["PYTHONHASHSEED"] if given in (None, "0") else given


def main(command: str, arguments: list[str]) -> int:
    """Be the process; return the exit code."""
    connection = socket.socket(fileno=int(arguments[0]))
    certificates = SpareCertificate(Path(arguments[1]))
    die_with_parent(os.getppid())
    imported_with = dict(os.environ)
    import_all()
    gc.collect()
    gc.freeze()
    alive: set[int] = set()
    while True:
        try:
            order, _ = receive(connection)
        except (EOFError, OSError):
            certificates.remove()
            os._exit(0)
        alive = {pid for pid in alive if not _has_ended(pid)}
        if "folder" not in order:
            send(connection, {"alive": len(alive)})
            continue
        certificate = certificates.take()
        pid = os.fork()
        if pid == 0:
            _become_cluster(connection, order, imported_with, certificate)
        alive.add(pid)
        send(connection, {"pid": pid})
        certificates.make()


def import_all() -> None:
    """Import what a cluster on this machine and its workers need."""
    for name in IMPORTED:
        # Some are there with bokeh alone, or in some versions of Dask.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # All clusters and workers share the process that cleans up after their semaphores.
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()
    make_ahead()
    log_less()
    compile_routes()


class SpareCertificate:
    """A certificate for the next cluster, made while nobody waits for it.

    Parameters
    ----------
    folder
        Where they are made; nobody else uses it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._maker: CertificateMaker | None = None
        self.remove()
        self.make()

    def make(self) -> None:
        """Begin to make one, where there is none."""
        if self._maker is None:
            self._count += 1
            with contextlib.suppress(OSError):
                self._folder.mkdir(mode=0o700, exist_ok=True)
                self._maker = CertificateMaker(self._folder / str(self._count))

    def take(self) -> Path | None:
        """Return the folder of one that is ready; whoever asked owns it."""
        made = None if self._maker is None else self._maker.is_made()
        if made is None:
            return None
        self._maker = None
        return self._folder / str(self._count) if made else None

    def remove(self) -> None:
        """Remove what nobody has taken."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _become_cluster(
    connection: socket.socket,
    order: dict[str, Any],
    imported_with: dict[str, str],
    certificate: Path | None,
) -> None:
    code = 1
    try:
        from multiprocessing import resource_tracker

        from dask_runner.fork.fresh import set_environment
        from dask_runner.hosted.command import run

        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        connection.detach()
        close_all_but(resource_tracker.getfd())
        if order["environment"] is not None:
            mine = {name: os.environ[name] for name in BEFORE_IMPORT if name in os.environ}
            set_environment({**mine, **order["environment"]})
        gc.enable()
        code = run(Path(order["folder"]), imported_with, certificate)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)
