"""The launcher: a process of a cluster that has imported Dask and forks supervisors from itself.

It is forked from the cluster process before that has a thread, has one thread itself, and ends
with it. Only Linux has it: macOS's system libraries do not survive a fork without exec.
"""

from __future__ import annotations

import contextlib
import gc
import hmac
import json
import os
import secrets
import select
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dask_runner import worker_source
from dask_runner.files import FileLock, read_json
from dask_runner.forked import BecomeDriver
from dask_runner.processes import kill_session

LINE_LIMIT = 64 * 1024
READ_SECONDS = 2.0


@dataclass
class LauncherHandle:
    """The cluster process's side of the launcher."""

    port: int
    token: str
    pid: int
    # Closed by this process's death: the launcher's signal to end.
    alive: int

    def is_lost(self) -> bool:
        """Tell whether the launcher has ended."""
        with contextlib.suppress(ChildProcessError):
            return os.waitpid(self.pid, os.WNOHANG)[0] != 0
        return True

    def to_json(self) -> dict[str, Any]:
        """Return what ``state.json`` says of it."""
        return {"port": self.port, "token": self.token}


def fork_launcher(locks: list[FileLock]) -> LauncherHandle | None:
    """Fork the launcher; None where that is not possible.

    Parameters
    ----------
    locks
        What this process holds and the launcher must not.
    """
    if sys.platform != "linux":
        return None
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    token = secrets.token_hex(24)
    ended, alive = os.pipe()
    preload_for_drivers()
    gc.collect()
    gc.freeze()
    cluster = os.getpid()
    pid = os.fork()
    if pid:
        os.close(ended)
        port = listener.getsockname()[1]
        listener.close()
        gc.unfreeze()
        return LauncherHandle(port, token, pid, alive)
    code = 1
    try:
        for lock in locks:
            lock.forget()
        worker_source.forget()
        # The ends of pipes that tell other processes that this cluster lives must close with it.
        keep = {listener.fileno(), ended}
        for entry in list(Path("/proc/self/fd").iterdir()):
            if int(entry.name) > 2 and int(entry.name) not in keep:
                with contextlib.suppress(OSError):
                    os.close(int(entry.name))
        code = serve(Launcher(listener, token, ended, cluster))
    except BecomeDriver:
        raise
    except BaseException:
        traceback.print_exc()
    os._exit(code)


def serve(launcher: Launcher) -> int:
    """Be the launcher, and in the processes that it forks a supervisor; return the exit code.

    Raises
    ------
    BecomeDriver
        In the processes that a supervisor forks.
    """
    try:
        launcher.serve()
    except BecomeSupervisor as forked:
        folder = forked.folder
    else:
        return 0
    launcher.forget()
    os.setsid()
    from dask_runner.supervisor import supervise

    return supervise(folder, forked=True)


def preload_for_drivers() -> None:
    """Import what a driver's first ``Client()`` would else import itself."""
    import distributed.client
    import distributed.comm.tcp  # noqa: F401

    import dask_runner.supervisor  # noqa: F401


class BecomeSupervisor(BaseException):
    """Leaves the launcher's frames in a process that it has forked.

    Parameters
    ----------
    folder
        The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder


class Launcher:
    """Answers one-line requests, each by a fork.

    Parameters
    ----------
    listener
        Listens on loopback.
    token
        What a request must know.
    ended
        A pipe's read end that is closed with the cluster process.
    cluster
        The cluster process's pid, which is its session's id too.
    """

    def __init__(self, listener: socket.socket, token: str, ended: int, cluster: int) -> None:
        self._listener = listener
        self._token = token
        self._ended = ended
        self._cluster = cluster
        self._supervisors: dict[int, str] = {}

    def serve(self) -> None:
        """Answer until the cluster process is gone; then kill what it left.

        Raises
        ------
        BecomeSupervisor
            In the processes that it forks.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        wake, woken = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while True:
            sources: list[Any] = [self._listener, self._ended, wake]
            ready, _, _ = select.select(sources, [], [])
            if wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(wake, 4096)
                self._reap()
            if self._ended in ready:
                kill_session(self._cluster)
                return
            if self._listener in ready:
                with contextlib.suppress(OSError):
                    connection, _ = self._listener.accept()
                    with connection:
                        self._answer(connection)

    def forget(self) -> None:
        """Close, in a forked process, all descriptors of the launcher."""
        self._listener.close()
        os.closerange(3, 4096)

    def _answer(self, connection: socket.socket) -> None:
        try:
            request = json.loads(self._read_line(connection))
            answer = self._handle(request)
        except (OSError, ValueError, TypeError) as error:
            answer = {"ok": False, "error": f"The request cannot be read: {error}"}
        with contextlib.suppress(OSError):
            connection.sendall(json.dumps(answer).encode() + b"\n")

    def _read_line(self, connection: socket.socket) -> bytes:
        """Read up to a line's end, within a fixed time: nobody keeps others waiting for long."""
        deadline = time.monotonic() + READ_SECONDS
        line = b""
        while not line.endswith(b"\n"):
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            part = connection.recv(4096)
            line += part
            if not part or len(line) > LINE_LIMIT:
                raise ValueError("it is not one line of JSON")
        return line

    def _handle(self, request: Any) -> dict[str, Any]:
        token = request.get("token") if isinstance(request, dict) else None
        if not isinstance(token, str) or not hmac.compare_digest(
            token.encode("utf-8", "replace"), self._token.encode()
        ):
            return {"ok": False, "error": "Refused."}
        if request.get("op") != "run" or not isinstance(request.get("folder"), str):
            return {"ok": False, "error": 'The op must be "run", with a folder.'}
        folder = request["folder"]
        if not Path(folder, "job.json").is_file():
            return {"ok": False, "error": f"There is no job.json in {folder}."}
        return {"ok": True, "pid": self._fork_supervisor(folder)}

    def _fork_supervisor(self, folder: str) -> int:
        pid = os.fork()
        if pid:
            self._supervisors[pid] = folder
            return pid
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        raise BecomeSupervisor(Path(folder))

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
            self._fork_supervisor(folder)
