"""Making a process what a script's own is for the processes that it starts."""

from __future__ import annotations

import importlib
import os
import sys
import types
from multiprocessing import process


def enter(directory: str) -> None:
    """Have this process, and those that it spawns, work in a folder."""
    os.chdir(directory)
    process.ORIGINAL_DIR = directory  # type: ignore[attr-defined]


def take_over_path(path: list[str]) -> None:
    """Have imports look into these folders, in this order."""
    sys.path[:] = path
    importlib.invalidate_caches()


def take_over_main(path: str | None) -> None:
    """Have ``multiprocessing`` import the script in each process that it spawns, or nothing."""
    main = types.ModuleType("__main__")
    if path is not None:
        main.__file__ = path
    sys.modules["__main__"] = main


def take_over_environment(environment: dict[str, str]) -> None:
    """Have these variables, and no others."""
    for name in [name for name in os.environ if name not in environment]:
        del os.environ[name]
    os.environ.update(environment)


def named_preloads() -> list[str]:
    """Return what Dask's settings have each worker load at its start."""
    import dask

    names = dask.config.get("distributed.worker.preload", None) or []
    return [names] if isinstance(names, str) else list(names)


def before_spawn() -> dict[str, str]:
    """Return what Dask's nanny sets before it starts a worker."""
    from distributed.nanny import _get_env_variables

    variables: dict[str, str] = _get_env_variables("distributed.nanny.pre-spawn-environ")
    if variables.get("PYTHONHASHSEED") in (None, "0"):
        variables["PYTHONHASHSEED"] = "6640"
    return variables
