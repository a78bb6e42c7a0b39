"""The zygote: a process that has imported Dask, and forks clusters and drivers from itself.

There is one for each interpreter. It has one thread, no event loop, and ends when it has had
nothing to do for ten minutes. Only Linux has it: the system libraries of others do not survive a
fork without exec.

Usage: ``python …/__main__.py zygote --folder FOLDER``; ``state.json`` in the folder tells port and
token. A request is one line of JSON, and so is its answer.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import hmac
import json
import os
import secrets
import select
import signal
import site
import socket
import sys
import time
from pathlib import Path
from typing import Any

from dask_runner.base.files import FileLock, now, read_json, redirect_output, write_json
from dask_runner.base.processes import start_token
from dask_runner.fork.forked import READ_ONCE, VERSIONS, Forker
from dask_runner.fork.fresh import Baseline, set_environment
from dask_runner.fork.made_ahead import make_ahead
from dask_runner.fork.worker_base import WorkerBase

LINE_LIMIT = 4 * 1024 * 1024
READ_SECONDS = 5.0
LOCK_SECONDS = 5.0
IDLE_SECONDS = 600.0
LOOK_SECONDS = 5.0


def main(command: str, arguments: list[str]) -> int:
    """Be the zygote of one folder until it is not used any more; return the exit code.

    Raises
    ------
    BecomeDriver
        In the processes that a supervisor forks.
    """
    parser = argparse.ArgumentParser(prog=f"dask_runner {command}")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--idle-seconds", type=float, default=IDLE_SECONDS)
    options = parser.parse_args(arguments)
    folder: Path = options.folder.absolute()
    if sys.platform != "linux" or sys.version_info[:2] not in VERSIONS:
        print("Processes are forked on Linux, by CPython 3.10 to 3.13.", file=sys.stderr)
        return 4
    lock = FileLock(folder / "lock")
    deadline = time.monotonic() + LOCK_SECONDS
    while not lock.acquire():
        # The one before may be about to end.
        if time.monotonic() > deadline:
            return 0
        time.sleep(0.02)
    Baseline.take()
    with contextlib.suppress(OSError):
        os.setsid()
    redirect_output(folder / "zygote.log")
    os.chdir("/")
    base = WorkerBase.start(folder)
    stamp = installed()
    import_for_drivers()
    gc.collect()
    gc.freeze()
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    token = secrets.token_hex(24)
    state = {
        "version": 1,
        "pid": os.getpid(),
        "pidStart": start_token(os.getpid()),
        "host": socket.gethostname(),
        "port": listener.getsockname()[1],
        "token": token,
        "python": sys.executable,
        "startedAt": now(),
    }
    write_json(folder / "state.json", state)
    zygote = Zygote(listener, token, base, stamp, options.idle_seconds, folder / "state.json")
    try:
        zygote.serve()
    except BecomeSupervisor as forked:
        run, environment = forked.folder, forked.environment
    else:
        with contextlib.suppress(OSError):
            (folder / "state.json").unlink()
        return 0
    lock.forget()
    zygote.forget()
    os.setsid()
    if environment is not None:
        set_environment(environment)
    from dask_runner.run.supervisor import supervise

    return supervise(run, Forker())


def import_for_drivers() -> None:
    """Import what a driver's first ``Client()`` would else import itself."""
    import distributed.client
    import distributed.comm.tcp
    import distributed.deploy.cluster  # noqa: F401

    import dask_runner.run.supervisor  # noqa: F401

    make_ahead()


def installed() -> tuple[tuple[str, int], ...]:
    """Return what changes when packages of this interpreter come and go."""
    folders = {*site.getsitepackages(), site.getusersitepackages()}
    stamps = []
    for folder in sorted(folders):
        with contextlib.suppress(OSError):
            stamps.append((folder, Path(folder).stat().st_mtime_ns))
    return tuple(stamps)


class BecomeSupervisor(BaseException):
    """Leaves the zygote's frames in a process that it has forked.

    Parameters
    ----------
    folder
        The run's folder.
    environment
        The supervisor's whole environment; None for the zygote's.
    """

    def __init__(self, folder: Path, environment: dict[str, str] | None) -> None:
        super().__init__()
        self.folder = folder
        self.environment = environment


class Zygote:
    """Answers one-line requests, each by a fork.

    Parameters
    ----------
    listener
        Listens on loopback.
    token
        What a request must know.
    base
        The process that clusters are forked from.
    stamp
        What was installed when Dask was imported.
    idle_seconds
        How long to wait for something to do.
    state
        The file that says where this process is.
    """

    def __init__(
        self,
        listener: socket.socket,
        token: str,
        base: WorkerBase,
        stamp: tuple[tuple[str, int], ...],
        idle_seconds: float,
        state: Path,
    ) -> None:
        self._listener = listener
        self._token = token
        self._base = base
        self._stamp = stamp
        self._idle_seconds = idle_seconds
        self._state = state
        self._used = time.monotonic()
        self._stale = False
        self._supervisors: dict[int, str] = {}

    def serve(self) -> None:
        """Answer until nobody asks any more.

        Raises
        ------
        BecomeSupervisor
            In the processes that it forks.
        """
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        wake, woken = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        seconds = min(LOOK_SECONDS, self._idle_seconds)
        while not self._stale:
            sources: list[Any] = [self._listener, self._base, wake]
            ready, _, _ = select.select(sources, [], [], seconds)
            if wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(wake, 4096)
                self._reap()
            if self._base in ready:
                # It has ended: clusters cannot be forked any more.
                return
            if self._listener in ready:
                with contextlib.suppress(OSError):
                    connection, _ = self._listener.accept()
                    with connection:
                        self._answer(connection)
            elif self._is_idle():
                return

    def forget(self) -> None:
        """Close, in a forked process, all descriptors of the zygote."""
        self._listener.close()
        os.closerange(3, 4096)

    def _is_idle(self) -> bool:
        if not self._state.exists():
            # The folder of the editor's extension was removed, and all that is in it.
            return True
        if time.monotonic() - self._used < self._idle_seconds or self._supervisors:
            return False
        with contextlib.suppress(OSError, EOFError):
            if self._base.clusters() > 0:
                self._used = time.monotonic()
                return False
        return True

    def _answer(self, connection: socket.socket) -> None:
        try:
            request = json.loads(self._read_line(connection))
            answer = self._handle(request)
        except (OSError, EOFError, ValueError, TypeError) as error:
            answer = {"ok": False, "error": f"The request cannot be followed: {error!r}"}
        with contextlib.suppress(OSError):
            connection.sendall(json.dumps(answer).encode() + b"\n")

    def _read_line(self, connection: socket.socket) -> bytes:
        """Read up to a line's end, within a fixed time: nobody keeps others waiting for long."""
        deadline = time.monotonic() + READ_SECONDS
        line = bytearray()
        while not line.endswith(b"\n"):
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            part = connection.recv(65536)
            line += part
            if not part or len(line) > LINE_LIMIT:
                raise ValueError("it is not one line of JSON")
        return bytes(line)

    def _handle(self, request: Any) -> dict[str, Any]:
        token = request.get("token") if isinstance(request, dict) else None
        if not isinstance(token, str) or not hmac.compare_digest(
            token.encode("utf-8", "replace"), self._token.encode()
        ):
            return {"ok": False, "error": "Refused."}
        if installed() != self._stamp:
            self._stale = True
            return {"ok": False, "error": "Packages have changed since Dask was imported."}
        self._used = time.monotonic()
        operation, folder = request.get("op"), request.get("folder")
        if operation == "ping":
            return {"ok": True}
        environment = request.get("environment")
        if operation not in ("run", "cluster") or not isinstance(folder, str):
            return {"ok": False, "error": 'The op must be "run" or "cluster", with a folder.'}
        orders = Path(folder, "job.json" if operation == "run" else "spec.json")
        if not orders.is_file():
            return {"ok": False, "error": f"{orders} is not there."}
        if operation == "run":
            return {"ok": True, "pid": self._fork_supervisor(folder, environment)}
        differs = None if environment is None else self._differing(environment)
        if differs is not None:
            return {"ok": False, "error": f"{differs} differs."}
        return {"ok": True, "pid": self._base.fork_cluster(folder, environment)}

    def _differing(self, environment: dict[str, str]) -> str | None:
        """Return a variable that counted when Dask was imported, and is another one now."""
        for name in sorted({*os.environ, *environment}):
            if name.startswith(READ_ONCE) and os.environ.get(name) != environment.get(name):
                return name
        return None

    def _fork_supervisor(self, folder: str, environment: dict[str, str] | None) -> int:
        pid = os.fork()
        if pid:
            self._supervisors[pid] = folder
            return pid
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        raise BecomeSupervisor(Path(folder), environment)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            folder = self._supervisors.pop(pid, None)
            if folder is not None and os.WIFSIGNALED(status):
                self._finish_for(folder)

    def _finish_for(self, folder: str) -> None:
        """Have another supervisor end what a killed one left: it finds the driver's session."""
        status = read_json(Path(folder, "status.json"))
        if status is not None and not status.get("released"):
            self._fork_supervisor(folder, None)
