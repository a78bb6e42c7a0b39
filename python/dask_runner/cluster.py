"""The cluster process: one Dask cluster on this machine, from its first to its last moment."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import pickle
import secrets
import shutil
import signal
import sys
import traceback
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from dask_runner import worker_source
from dask_runner.certificates import CertificateMaker, TlsFiles, TlsUnavailableError
from dask_runner.files import FileLock, redirect_output
from dask_runner.fresh import Baseline
from dask_runner.jobs import Jobs
from dask_runner.processes import kill_session
from dask_runner.spec import Spec, WorkerRange
from dask_runner.state import StartError, StateFile, mark_lost

if TYPE_CHECKING:
    from dask_runner.launcher import LauncherHandle
    from dask_runner.local_cluster import PrivateCluster

START_TIMEOUT_SECONDS = 120
CLOSE_TIMEOUT_SECONDS = 25
LOST_TIMEOUT_SECONDS = 3
TICK_SECONDS = 0.5
logger = logging.getLogger("distributed.scheduler.dask_runner")


class Controller:
    """What may be asked of a cluster while it runs; ``routes`` acts on it.

    Parameters
    ----------
    spec
        What was asked for.
    state
        The state file to keep.
    """

    def __init__(self, spec: Spec, state: StateFile) -> None:
        self.jobs = Jobs()
        self._state = state
        self._spec = spec
        self._workers = spec.workers
        self._cluster: PrivateCluster | None = None
        self._last_job = time()
        self._ending = asyncio.Event()
        # Concurrent runs from one directory may ask at the same moment.
        self._sharing = asyncio.Lock()

    def end(self, reason: str) -> None:
        """Begin to close; the first reason counts."""
        if not self._ending.is_set():
            self._ending.set()
            self._state.update(state="closing", endReason=reason)

    async def ended(self) -> None:
        """Wait until somebody asks for the end."""
        await self._ending.wait()

    def attach(self, cluster: PrivateCluster) -> None:
        """Say which cluster this is about."""
        self._cluster = cluster

    def scale(self, workers: WorkerRange) -> None:
        """Change the number of workers."""
        assert self._cluster is not None
        self._workers = workers
        self._cluster.resize(workers)
        self._state.update(workers=workers.to_json())

    async def share_code(self, directory: str) -> None:
        """Make the modules of a directory importable on all workers, now and later."""
        from dask_runner.worker_code import CodeDirectory, plugin_name

        assert self._cluster is not None
        CodeDirectory(directory).setup(self._cluster.scheduler)
        async with self._sharing:
            await self._cluster.scheduler.register_worker_plugin(
                None,
                plugin=pickle.dumps(CodeDirectory(directory)),
                name=plugin_name(directory),
                idempotent=False,
            )

    def summary(self) -> dict[str, Any]:
        """Return what ``GET dask-runner/state`` answers."""
        since = self.idle_since()
        return {
            "state": self._state.value["state"],
            "workers": self._workers.to_json(),
            "jobs": self.jobs.alive(),
            "idleSeconds": None if since is None else round(max(0.0, time() - since), 1),
            "idleTimeoutSeconds": self._spec.idle_timeout,
        }

    def idle_since(self) -> float | None:
        """Return since when nothing has been done, in seconds since 1970; None while busy."""
        if self.jobs.alive():
            self._last_job = time()
            return None
        scheduler = None if self._cluster is None else self._cluster.scheduler
        if scheduler is None or scheduler.idle_since is None:
            return None
        return max(self._last_job, float(scheduler.idle_since))

    async def watch(self, launcher: LauncherHandle | None) -> None:
        """End the cluster when it is idle for too long, or its scheduler was shut down."""
        assert self._cluster is not None
        while not self._ending.is_set():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ending.wait(), TICK_SECONDS)
            since = self.idle_since()
            if since is not None and time() - since >= self._spec.idle_timeout:
                self.end(f"No work for {duration(self._spec.idle_timeout)}.")
            # Dask forgets a worker that could not unpickle a task: it gets a successor.
            if not self._workers.adaptive and len(self._cluster.workers) < self._workers.minimum:
                self._cluster.scale(self._workers.minimum)
            if self._cluster.scheduler.status.name in ("closing", "closed", "failed"):
                self.end("A client shut the scheduler down.")
            if launcher is not None and launcher.is_lost() and not self._ending.is_set():
                launcher = None
                self._state.update(launcher=None)


def duration(seconds: float) -> str:
    """Write a time for people: ``10 minutes``, ``90 seconds``."""
    whole = max(1, round(seconds))
    for size, word in ((3600, "hour"), (60, "minute")):
        if whole % size == 0:
            count = whole // size
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return "1 second" if whole == 1 else f"{whole} seconds"


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


def main(command: str, arguments: list[str]) -> int:
    """Run the cluster of one folder until it ends; return the exit code."""
    parser = argparse.ArgumentParser(prog=f"dask_runner {command}")
    parser.add_argument("--folder", type=Path, required=True)
    folder: Path = parser.parse_args(arguments).folder.absolute()
    lock = FileLock(folder / "lock")
    if not lock.acquire():
        return 0
    Baseline.take()
    previous = StateFile.read(folder)
    if previous is not None:
        if previous.get("state") not in ("closed", "failed"):
            mark_lost(folder, previous)
        return 0
    if os.name == "posix":
        with contextlib.suppress(OSError):
            os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    (folder / "logs").mkdir(mode=0o700, exist_ok=True)
    redirect_output(folder / "logs" / "cluster.log")
    os.chdir(folder)  # nothing of ours is found, or written, where the editor was started
    state = StateFile(folder, folder.name)
    return run_cluster(folder, state, lock)


def run_cluster(folder: Path, state: StateFile, lock: FileLock) -> int:
    """Run a cluster whose lock is held, and leave its last state; return the exit code."""
    code = 0
    failure: StartError | None = None
    process: ClusterProcess | None = None
    try:
        spec = Spec.read(folder)
        process = ClusterProcess(folder, spec, state, lock)
        process.run()
    except StartError as error:
        failure = error
    except BaseException as error:
        traceback.print_exc()
        failure = StartError(
            "clusterStartFailed",
            f"The cluster failed: {type(error).__name__}: {error}. Its log says more.",
        )
    end_processes()
    shutil.rmtree(folder / "work", ignore_errors=True)
    if failure is not None:
        code = 1
        state.fail(failure.code, str(failure))
    else:
        state.close(last_reason(state))
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing is left to wait for: not for Dask's threads either.
    os._exit(code)


def end_processes() -> None:
    """Kill what is left of this process's session; elsewhere, of its children."""
    if os.name == "posix":
        kill_session(os.getpid())
        return
    from dask_runner.processes import descendants

    for process in descendants(os.getpid()):
        with contextlib.suppress(Exception):
            process.kill()


def last_reason(state: StateFile) -> str:
    """Return why the cluster ended."""
    return state.value.get("endReason") or "It was shut down."
