"""Importing the user's modules on workers, and never a stale one."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

from distributed.diagnostics.plugin import WorkerPlugin

from dask_runner.worker_modules import Stamp, source_stamps, top_level_modules


class CodeDirectory(WorkerPlugin):  # type: ignore[misc]
    """Puts a directory in front of a worker's ``sys.path``, and drops what it has of old modules.

    Set up anew at the beginning of each run from that directory.

    Parameters
    ----------
    directory
        Where the run's script lies.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.name = plugin_name(directory)

    def setup(self, worker: Any) -> None:
        """Make this directory's modules importable as they are now.

        Parameters
        ----------
        worker
            A worker, or a scheduler: it unpickles task graphs.
        """
        code: LoadedCode = worker.__dict__.setdefault("_dask_runner_code", LoadedCode())
        code.put_first(self.directory)


class LoadedCode:
    """What one process has loaded from runs' directories.

    Modules that were there before the first run are never dropped: Dask itself may lie below a
    run's directory.
    """

    def __init__(self) -> None:
        self._kept = frozenset(name.partition(".")[0] for name in sys.modules)
        self._stamps: dict[str, dict[str, Stamp]] = {}

    def put_first(self, directory: str) -> None:
        """Put a directory in front of ``sys.path``, and drop modules that hide or are old."""
        current = source_stamps(Path(directory))
        previous = self._stamps.get(directory, {})
        self._stamps[directory] = current
        if directory in sys.path:
            sys.path.remove(directory)
        sys.path.insert(0, directory)
        own = top_level_modules(Path(directory))
        for name, module in list(sys.modules.items()):
            top = name.partition(".")[0]
            source = getattr(module, "__file__", None)
            if top in self._kept or not isinstance(source, str):
                continue
            if _below(source, directory):
                stale = previous.get(source) != current.get(source)
            else:
                stale = top in own and any(_below(source, other) for other in self._stamps)
            if stale:
                del sys.modules[name]
        importlib.invalidate_caches()


def plugin_name(directory: str) -> str:
    """Return the name under which the scheduler keeps a directory's plugin."""
    return f"dask-runner-code-{directory}"


def _below(source: str, folder: str) -> bool:
    return source.startswith(folder.rstrip(os.sep) + os.sep)
