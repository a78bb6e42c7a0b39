"""Running a script in a forked process exactly as ``python file.py`` would run it.

The main thread forks, and the child leaves all of its Python frames by an exception. Where CPython
asks that exception for an exit code, a chain of iterators in C prepares the process and then calls
the very C function that ``python file.py`` calls to run a file. So nothing of ours lies below the
script, and tracebacks, exit codes and the end of the interpreter are CPython's own.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from dask_runner.base.files import FileLock
from dask_runner.base.processes import die_with_parent
from dask_runner.code.modules import top_level_modules
from dask_runner.fork.fresh import Baseline, make_fresh
from dask_runner.run.driver import DriverError, OnExit, wait_for_pid
from dask_runner.run.order import Order
from dask_runner.world.world import OURS as WORLD

# Those that the tests hold, byte for byte, against ``python file.py``.
VERSIONS = ((3, 10), (3, 11), (3, 12), (3, 13))
# What libraries and the interpreter read only once, when they are loaded.
READ_ONCE = (
    "PYTHON", "LD_", "DYLD_", "DASK_", "LC_", "LANG", "MALLOC_", "GLIBC_", "OMP_", "MKL_",
    "OPENBLAS_", "GOTO_", "KMP_", "BLIS_", "NPY_", "NUMPY_", "NUMEXPR_", "OPENSSL_", "HOME",
    "TORNADO_", "BOKEH_",
)  # fmt: skip
OURS = ("PYTHONUNBUFFERED", "PYTHONPATH", *WORLD)


FileArguments = tuple[int | None, bytes, int, None]


class BecomeDriver(SystemExit):
    """Leaves all frames of a forked process; the script then runs where CPython reads the code.

    Whoever catches ``BaseException`` on the way must let it pass.

    Parameters
    ----------
    steps
        What to do without a frame, the last of which ends the process.
    """

    # Read by C code, which calls list, which takes the steps: no frame comes between.
    code = property(list)

    def __init__(self, steps: Iterator[None]) -> None:
        super().__init__()
        self._steps = steps

    def __iter__(self) -> Iterator[None]:
        return self._steps


@dataclass(frozen=True)
class Plan:
    """What a forked driver runs, and with what."""

    order: Order
    environment: dict[str, str]
    output: int
    lock: FileLock


def why_not(order: Order, environment: dict[str, str]) -> str | None:
    """Return why this script needs a process of its own; None when a fork will do."""
    if sys.platform != "linux" or sys.version_info[:2] not in VERSIONS:
        return "Forks are for Linux and the versions of Python that were tried."
    if (
        sys.implementation.name != "cpython"
        or sys.abiflags
        or not hasattr(ctypes.pythonapi, "PyRun_SimpleFileExFlags")
    ):
        return "It is not the usual build of CPython."
    if sys.flags.inspect:
        return "Python is to go on after the script."
    if order.path is None or order.path.suffix != ".py" or not order.path.is_file():
        return "It is not a file of Python source."
    if order.interpreter != sys.executable:
        return "It has another interpreter."
    baseline = Baseline.taken()
    if baseline is None:
        return "This process does not know how it looked when it was fresh."
    before = baseline.environment
    for name in {*before, *environment}:
        read_once = name.startswith(READ_ONCE) and name not in OURS
        if read_once and before.get(name) != environment.get(name):
            return f"{name} differs."
    if baseline.path_with(environment.get("PYTHONPATH", "")) is None:
        return "PYTHONPATH differs."
    hidden = top_level_modules(order.directory) & {
        name.partition(".")[0] for name in sys.modules if name != "__main__"
    }
    if hidden:
        return f"{sorted(hidden)[0]} beside the script hides a module that is loaded."
    if len(sys._current_frames()) > 1:
        return "This process has threads."
    return None


class Forker:
    """Forks drivers from this process."""

    def may_fork(self, order: Order, environment: dict[str, str]) -> bool:
        """Tell whether the script would not see a difference."""
        return why_not(order, environment) is None

    def fork(
        self,
        order: Order,
        environment: dict[str, str],
        output: int,
        lock: FileLock,
        on_exit: OnExit,
    ) -> int:
        """Fork the driver, and return its pid; see ``fork_driver``."""
        return fork_driver(Plan(order, environment, output, lock), on_exit)


def fork_driver(plan: Plan, on_exit: OnExit) -> int:
    """Fork the driver, and return its pid; called by the main thread.

    Parameters
    ----------
    plan
        What to run; ``why_not`` has found nothing against it.
    on_exit
        Called in another thread with exit code and signal name.

    Raises
    ------
    DriverError
        When the system refuses to fork.
    BecomeDriver
        In the child.
    """
    parent = os.getpid()
    try:
        # The driver ends with the thread that forks it. It is also the only one that can become
        # a main thread: from Python 3.13 on no other one's state can finalize the interpreter.
        pid = os.fork()
    except OSError as error:
        raise DriverError(
            "forkFailed",
            f"{plan.order.name} cannot be run: the system starts no more processes: {error}.",
        ) from error
    if pid == 0:
        become_driver(plan, parent)
    threading.Thread(target=wait_for_pid, args=(pid, on_exit), name="driver", daemon=True).start()
    return pid


def become_driver(plan: Plan, parent: int) -> NoReturn:
    """Leave the frames of this process, and run the script in their stead."""
    try:
        detach(plan, parent)
        run_file = ctypes.pythonapi.PyRun_SimpleFileExFlags
        run_file.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
        run_file.restype = ctypes.c_int
        leave = ctypes.pythonapi.Py_Exit
        leave.argtypes = [ctypes.c_int]
        leave.restype = None
        result = itertools.starmap(run_file, map(prepare, (plan,)))
        steps = map(leave, map(exit_code, result))
    except BaseException:
        end_with_reason()
    raise BecomeDriver(steps)


def detach(plan: Plan, parent: int) -> None:
    """Part from the supervisor: what the child says from here on is in the driver's output."""
    die_with_parent(parent)
    os.setsid()
    plan.lock.forget()
    os.dup2(plan.output, 1)
    os.dup2(plan.output, 2)


def end_with_reason() -> NoReturn:
    """End a child that did not become a driver."""
    import traceback

    traceback.print_exc()
    os._exit(70)


def prepare(plan: Plan) -> FileArguments:
    """Prepare the child; when that fails, end it with the reason in its output."""
    try:
        return _prepare(plan)
    except BaseException:
        end_with_reason()


def _prepare(plan: Plan) -> FileArguments:
    """Make this process what ``python file.py`` is before its first line.

    Returns
    -------
    tuple
        The arguments for ``PyRun_SimpleFileExFlags``: the open file, its name, whether to close
        it, and no flags.
    """
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.closerange(3, max(4096, null + 1))
    order = plan.order
    assert order.path is not None
    os.chdir(order.directory)
    baseline = Baseline.taken()
    assert baseline is not None
    path = baseline.path_with(plan.environment.get("PYTHONPATH", ""))
    assert path is not None
    name = str(order.path)
    make_fresh(
        baseline,
        environment=plan.environment,
        arguments=[name, *order.args],
        command=order.command(),
        path=[str(order.directory.resolve()), *path],
    )
    fopen = ctypes.CDLL(None).fopen
    fopen.restype = ctypes.c_void_p
    file = fopen(os.fsencode(name), b"rbe")
    if not file:
        # As Python says it: the file went away since it was looked for.
        print(
            f"{order.interpreter}: can't open file {name!r}: [Errno 2] No such file or directory",
            file=sys.stderr,
        )
        os._exit(2)
    return file, os.fsencode(name), 1, None


def exit_code(result: int) -> int:
    """Turn what running the file gave into an exit code.

    CPython ends by SIGINT after a KeyboardInterrupt that nobody caught, so that shells stop too:
    its C library does it here, when the interpreter is finalized.
    """
    if result == 0:
        return 0
    if getattr(sys, "last_type", None) is KeyboardInterrupt:
        import signal

        library = ctypes.CDLL(None)
        if hasattr(library, "on_exit"):
            # on_exit calls a function with the exit code as its first argument: raise(SIGINT).
            library.on_exit(getattr(library, "raise"), None)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            return int(signal.SIGINT)
        return 130
    return 1
