"""Starting a driver: the user's file in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from dask_runner.base.processes import die_with_parent, exit_of, split_exit
from dask_runner.run.order import Order

OnExit = Callable[[int | None, str | None], None]


class DriverError(Exception):
    """A driver cannot be started.

    Parameters
    ----------
    code
        Stable id in lowerCamelCase.
    message
        For people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check_target(order: Order) -> None:
    """Make sure that there is something to run, and something to run it with.

    Raises
    ------
    DriverError
        When there is not.
    """
    if order.path is not None and not order.path.is_file():
        raise DriverError(
            "fileMissing",
            f"{order.path} cannot be run: the file is not there. It may have been moved or "
            "deleted. Open it where it is now and run it again.",
        )
    if not order.directory.is_dir():
        raise DriverError(
            "fileMissing", f"{order.name} cannot be run: the folder {order.directory} is missing."
        )
    if not os.access(order.interpreter, os.X_OK):
        raise DriverError(
            "interpreterMissing",
            f"{order.name} cannot be run: the Python interpreter {order.interpreter} is missing. "
            "Choose another one in the profile.",
        )


def start_process(
    order: Order,
    environment: dict[str, str],
    output: int,
    on_exit: OnExit,
    errors: int | None = None,
) -> int:
    """Start the driver as ``python file.py`` would be; return its pid.

    Parameters
    ----------
    order
        What to run.
    environment
        The driver's whole environment.
    output
        Descriptor that takes its stdout and stderr.
    on_exit
        Called in another thread with exit code and signal name.
    errors
        Descriptor that takes its stderr, where that is another one.

    Raises
    ------
    DriverError
        When the system refuses to start it.
    """
    parent = os.getpid()

    def follow_parent() -> None:
        die_with_parent(parent)

    posix = os.name == "posix"
    try:
        process = subprocess.Popen(
            order.command(),
            cwd=order.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output if errors is None else errors,
            start_new_session=posix,
            preexec_fn=follow_parent if sys.platform == "linux" else None,
            creationflags=0 if posix else subprocess.CREATE_NEW_PROCESS_GROUP,  # type: ignore[attr-defined]
        )
    except OSError as error:
        raise DriverError(
            "interpreterMissing",
            f"{order.name} cannot be run: {order.interpreter} cannot be started: {error}. "
            "Choose another interpreter in the profile.",
        ) from error

    def wait() -> None:
        on_exit(*split_exit(process.wait()))

    threading.Thread(target=wait, name="driver", daemon=True).start()
    return process.pid


def wait_for_pid(pid: int, on_exit: OnExit) -> None:
    """Wait for a forked driver, and say how it ended."""
    try:
        _, status = os.waitpid(pid, 0)
    except ChildProcessError:
        on_exit(None, "SIGKILL")
        return
    on_exit(*exit_of(status))


def read_code(path: Path | None) -> str:
    """Return the script's text for the performance report, cut to 64 KB."""
    if path is None:
        return ""
    try:
        return path.read_bytes()[: 64 * 1024].decode("utf-8", "replace")
    except OSError:
        return ""
