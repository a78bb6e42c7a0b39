"""Making a process that has imported Dask look like an interpreter that has just started."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import random
import signal
import sys
import threading
import time
import types
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from dask_runner.base.package import PACKAGE_PARENT
from dask_runner.fork.warm import WarmPackages


@dataclass(frozen=True)
class Baseline:
    """What a fresh interpreter has, noted before anything was imported."""

    path: list[str]
    environment: dict[str, str]
    main_names: tuple[str, ...]
    filters: list[Any]
    modules: frozenset[str]

    @staticmethod
    def take() -> None:
        """Note it; called once, by the process that others are forked from."""
        main = sys.modules["__main__"]
        if main.__spec__ is not None or not hasattr(main, "_PRISTINE"):
            return  # started with -m, or by somebody else's program: sys.path is not as usual
        _noted.append(
            Baseline(
                path=list(sys.path),
                environment=dict(os.environ),
                main_names=main._PRISTINE,
                filters=list(warnings.filters),
                modules=frozenset(main._PRISTINE_MODULES),
            )
        )

    @staticmethod
    def taken() -> Baseline | None:
        """Return what was noted."""
        return _noted[0] if _noted else None

    def path_with(self, python_path: str) -> list[str] | None:
        """Return ``sys.path``, without the script's folder, as a driver would have it.

        Parameters
        ----------
        python_path
            The driver's ``PYTHONPATH``.

        Returns
        -------
        list of str or None
            None where that cannot be told without starting Python.
        """
        own = [
            folder for folder in self.environment.get("PYTHONPATH", "").split(os.pathsep) if folder
        ]
        new = [folder for folder in python_path.split(os.pathsep) if folder]
        path = [folder for folder in self.path if folder != PACKAGE_PARENT or folder in own]
        if new == own:
            return path
        if new != [*own, PACKAGE_PARENT]:
            return None
        archive = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
        for index, folder in enumerate(path):
            if Path(folder).name == archive:
                return [*path[:index], PACKAGE_PARENT, *path[index:]]
        return None


_noted: list[Baseline] = []


def make_fresh(
    baseline: Baseline,
    environment: dict[str, str],
    arguments: list[str],
    command: list[str],
    path: list[str],
) -> None:
    """Undo what the parents of this process did, as far as a script can see it.

    Parameters
    ----------
    baseline
        What a fresh interpreter has.
    environment
        The script's whole environment.
    arguments
        ``sys.argv``.
    command
        ``sys.orig_argv``.
    path
        ``sys.path``.
    """
    reset_signals()
    set_environment(environment)
    sys.argv = arguments
    sys.orig_argv = command
    sys.path[:] = path
    open_streams()
    renew_randomness()
    forget_ourselves()
    sys.meta_path.insert(0, WarmPackages(baseline.modules, baseline.filters))
    renew_main(baseline.main_names)
    # Not done by Python itself when a main thread forks.
    threading.main_thread()._set_native_id()  # type: ignore[attr-defined]
    importlib.invalidate_caches()
    gc.enable()


def reset_signals() -> None:
    """Give each signal the handler that Python starts with."""
    signal.set_wakeup_fd(-1)
    ignored = {signal.SIGPIPE, getattr(signal, "SIGXFSZ", signal.SIGPIPE)}
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        usual: Any = signal.SIG_IGN if number in ignored else signal.SIG_DFL
        if number == signal.SIGINT:
            usual = signal.default_int_handler
        with contextlib.suppress(OSError, ValueError):
            if signal.getsignal(number) is not None and signal.getsignal(number) != usual:
                signal.signal(number, usual)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def set_environment(environment: dict[str, str]) -> None:
    """Set the environment, that of the C library too."""
    zone = os.environ.get("TZ")
    for name in [name for name in os.environ if name not in environment]:
        del os.environ[name]
    for name, value in environment.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    if os.environ.get("TZ") != zone:
        time.tzset()


def open_streams() -> None:
    """Make stdin, stdout and stderr as under ``PYTHONUNBUFFERED``."""
    old_in, old_out, old_err = sys.__stdin__, sys.__stdout__, sys.__stderr__
    assert old_in is not None and old_out is not None and old_err is not None
    stdin = io.TextIOWrapper(
        open(0, "rb", closefd=False), old_in.encoding, old_in.errors, write_through=True
    )
    stdin.buffer.raw.name = "<stdin>"  # type: ignore[attr-defined]
    stdin.mode = "r"  # type: ignore[misc]
    sys.stdin = sys.__stdin__ = stdin  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _unbuffered(1, "<stdout>", old_out)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _unbuffered(2, "<stderr>", old_err)  # type: ignore[misc]


def _unbuffered(descriptor: int, name: str, old: TextIO) -> io.TextIOWrapper:
    raw = open(descriptor, "wb", 0, closefd=False)
    raw.name = name
    stream = io.TextIOWrapper(raw, old.encoding, old.errors, newline="\n", write_through=True)
    stream.mode = "w"  # type: ignore[misc]
    return stream


def renew_randomness() -> None:
    """Seed what was seeded in a parent."""
    random.seed()
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
    process: Any = sys.modules.get("multiprocessing.process")
    if process is not None:
        process.ORIGINAL_DIR = str(Path.cwd())
        process.current_process()._config["authkey"] = process.AuthenticationString(os.urandom(32))
    tempfile: Any = sys.modules.get("tempfile")
    if tempfile is not None:
        tempfile.tempdir = None


def forget_ourselves() -> None:
    """Take our own modules away: a script that imports them gets them new."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "dask_runner"]:
        del sys.modules[name]
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)
    linecache = sys.modules.get("linecache")
    if linecache is not None:
        linecache.clearcache()


def renew_main(names: tuple[str, ...]) -> None:
    """Put an empty ``__main__`` where the old one was."""
    main = types.ModuleType("__main__")
    main.__loader__ = importlib.machinery.BuiltinImporter
    if "__annotations__" in names:
        main.__annotations__ = {}
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
