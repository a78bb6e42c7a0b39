"""Running a script in a forked process exactly as ``python file.py`` would run it.

The child's only thread has no Python frame: a chain of iterators in C prepares the process and then
calls the very C function that ``python file.py`` calls to run a file. So nothing of ours lies below
the script, and tracebacks, exit codes and the end of the interpreter are CPython's own.
"""

from __future__ import annotations

import _thread
import ctypes
import itertools
import operator
import os
import sys
from dataclasses import dataclass
from typing import Any

from dask_runner.driver import DriverError, OnExit, wait_for_pid
from dask_runner.files import FileLock
from dask_runner.fresh import Baseline, make_fresh
from dask_runner.order import Order
from dask_runner.processes import die_with_parent
from dask_runner.worker_modules import top_level_modules

# Python 3.13 and later crash at the end of a process that a thread has forked: only the very first
# thread's state can finalize the interpreter, and it is not there in such a child.
VERSIONS = ((3, 11), (3, 12))
# operator.call is new in Python 3.11, as forks are.
CALL: Any = getattr(operator, "call", None)
STACK_BYTES = 8 * 1024 * 1024
# What libraries and the interpreter read only once, when they are loaded.
READ_ONCE = (
    "PYTHON", "LD_", "DYLD_", "DASK_", "LC_", "LANG", "MALLOC_", "GLIBC_", "OMP_", "MKL_",
    "OPENBLAS_", "GOTO_", "KMP_", "BLIS_", "NPY_", "NUMPY_", "NUMEXPR_", "OPENSSL_", "HOME",
    "TORNADO_", "BOKEH_",
)  # fmt: skip
OURS = (
    "PYTHONUNBUFFERED",
    "PYTHONPATH",
    "DASK_SCHEDULER_ADDRESS",
    "DASK_DISTRIBUTED__COMM__TLS__CA_FILE",
    "DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT",
    "DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY",
)


FileArguments = tuple[int | None, bytes, int, None]


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
    if sys.implementation.name != "cpython" or not hasattr(
        ctypes.pythonapi, "PyRun_SimpleFileExFlags"
    ):
        return "It is not CPython."
    if order.path is None or order.path.suffix != ".py" or not order.path.is_file():
        return "It is not a file of Python source."
    if order.interpreter != sys.executable:
        return "It has another interpreter."
    for name in set(os.environ) | set(environment):
        read_once = name.startswith(READ_ONCE) and name not in OURS
        if read_once and os.environ.get(name) != environment.get(name):
            return f"{name} differs."
    baseline = Baseline.taken()
    if baseline is None:
        return "This process does not know how it looked when it was fresh."
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


def fork_driver(plan: Plan, on_exit: OnExit) -> int:
    """Fork the driver, and return its pid.

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
    """
    run_file = ctypes.pythonapi.PyRun_SimpleFileExFlags
    run_file.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
    run_file.restype = ctypes.c_int
    leave = ctypes.pythonapi.Py_Exit
    leave.argtypes = [ctypes.c_int]
    leave.restype = None
    try:
        return _fork_bare_thread(plan, run_file, leave, on_exit)
    except OSError as error:
        raise DriverError(
            "forkFailed",
            f"{plan.order.name} cannot be run: the system starts no more processes: {error}.",
        ) from error


def _fork_bare_thread(plan: Plan, run_file: Any, leave: Any, on_exit: OnExit) -> int:
    """Fork in a thread that has no frames: in the child it is the main thread."""
    parent = os.getpid()
    forked = _thread.allocate_lock()
    forked.acquire()
    outcome: list[int | OSError] = []

    def begin() -> FileArguments:
        try:
            pid = os.fork()
        except OSError as error:
            outcome.append(error)
            forked.release()
            raise SystemExit from None
        if pid:
            outcome.append(pid)
            forked.release()
            # This thread must live as long as the driver: its end would end the driver.
            wait_for_pid(pid, on_exit)
            raise SystemExit
        return prepare(plan, parent)

    steps = map(leave, map(exit_code, itertools.starmap(run_file, map(CALL, (begin,)))))
    previous = _thread.stack_size(stack_bytes())
    try:
        _thread.start_new_thread(list, (steps,))
    finally:
        _thread.stack_size(previous)
    forked.acquire()
    result = outcome[0]
    if isinstance(result, OSError):
        raise result
    return result


def stack_bytes() -> int:
    """Return the size that a main thread's stack has here."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_STACK)
    return STACK_BYTES if soft == resource.RLIM_INFINITY else max(soft, STACK_BYTES)


def prepare(plan: Plan, parent: int) -> FileArguments:
    """Prepare the child; when that fails, end it with the reason in its output."""
    try:
        return _prepare(plan, parent)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(70)


def _prepare(plan: Plan, parent: int) -> FileArguments:
    """Make this process what ``python file.py`` is before its first line.

    Returns
    -------
    tuple
        The arguments for ``PyRun_SimpleFileExFlags``: the open file, its name, whether to close
        it, and no flags.
    """
    die_with_parent(parent)
    os.setsid()
    plan.lock.forget()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(plan.output, 1)
    os.dup2(plan.output, 2)
    os.dup2(null, 0)
    os.closerange(3, max(4096, null + 1, plan.output + 1))
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
