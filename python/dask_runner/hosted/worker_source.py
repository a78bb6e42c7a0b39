"""The process that a cluster's workers are forked from.

It is forked itself, from one that has imported Dask with the environment that Dask gives to
workers, and it is the guard of its cluster: when the cluster process has gone, it kills what that
has left. For each world that workers take over it forks one of multiprocessing's own fork servers,
so that environment, folder and output of a worker are the script's from its first line on.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dask_runner.base.messages import close_all_but, receive, send
from dask_runner.base.processes import kill_session


class WorkerSource:
    """The cluster process's side of it.

    Parameters
    ----------
    connection
        Leads to the process.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._folder = Path(tempfile.mkdtemp(prefix="dask-runner-"))
        self._alive: int | None = None
        self._count = 0

    @staticmethod
    def fork(prepare: Callable[[], None]) -> WorkerSource:
        """Fork it; called while this process has one thread.

        Parameters
        ----------
        prepare
            Called where workers are forked from, while nobody waits for them.
        """
        ours, theirs = socket.socketpair()
        if os.fork():
            theirs.close()
            return WorkerSource(ours)
        code = 1
        with contextlib.suppress(BaseException):
            close_all_but(theirs.fileno())
            code = _serve(theirs, _spare(prepare))
        os._exit(code)

    def open(
        self, environment: dict[str, str], directory: str, output: str | None, errors: str
    ) -> None:
        """Have workers that are started from now on forked with this.

        Parameters
        ----------
        environment
            Their whole environment.
        directory
            Their working folder.
        output
            The file that takes what they print; None for ``errors``.
        errors
            The file that takes it where ``output`` cannot be opened.

        Raises
        ------
        OSError
            When the process has gone.
        """
        from multiprocessing import forkserver

        self.close()
        self._count += 1
        address = str(self._folder / str(self._count))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address)
            listener.listen()
            alive_r, alive_w = os.pipe()
            log = _open_log(output, errors)
            try:
                order = {"environment": environment, "directory": directory}
                send(self._connection, order, [listener.fileno(), alive_r, log])
                receive(self._connection)
            except BaseException:
                os.close(alive_w)
                raise
            finally:
                os.close(alive_r)
                os.close(log)
        self._alive = alive_w
        server: Any = forkserver._forkserver
        server._forkserver_address = address
        server._forkserver_alive_fd = alive_w
        # It is not this process's child: that it runs is seen by connecting.
        server.ensure_running = lambda: None

    def close(self) -> None:
        """End the fork server of the last world, once its workers have gone."""
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None

    def remove(self) -> None:
        """Remove its files."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _open_log(*paths: str | None) -> int:
    for path in filter(None, paths):
        with contextlib.suppress(OSError):
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.open(os.devnull, os.O_WRONLY)


def _spare(prepare: Callable[[], None]) -> socket.socket:
    """Fork a fork server that waits for its order: the first world's, which comes in a moment."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        with contextlib.suppress(Exception):
            prepare()
        with contextlib.suppress(BaseException):
            order, descriptors = receive(theirs)
            theirs.close()
            _be_fork_server(order, *descriptors)
        os._exit(1)
    theirs.close()
    return ours


def _serve(connection: socket.socket, spare: socket.socket) -> int:
    """Fork a fork server for each order; at the end of the cluster process, kill what it left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Fork servers are no matter once they have ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        try:
            order, descriptors = receive(connection)
        except (EOFError, OSError):
            kill_session(os.getsid(0))
            return 0
        if not _order_spare(spare, order, descriptors) and os.fork() == 0:
            connection.close()
            _be_fork_server(order, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        send(connection, {})


def _order_spare(spare: socket.socket, order: dict[str, Any], descriptors: list[int]) -> bool:
    """Give an order to the fork server that waits for one; False where there is none any more."""
    try:
        send(spare, order, descriptors)
    except OSError:
        return False
    spare.close()
    return True


def _be_fork_server(order: dict[str, Any], listener: int, alive: int, log: int) -> None:
    from multiprocessing import forkserver

    code = 1
    try:
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        os.environ.clear()
        os.environ.update(order["environment"])
        with contextlib.suppress(OSError):
            os.chdir(order["directory"])
        # As the workers of a ``LocalCluster`` are: they have a log of their own.
        for handler in logging.getLogger("distributed").handlers:
            handler.setLevel(logging.WARNING)
        forkserver.main(listener, alive, [])
    except SystemExit:
        code = 0
    finally:
        os._exit(code)
