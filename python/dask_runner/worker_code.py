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
        """Make this directory's modules importable as they are now."""
        seen: dict[str, dict[str, Stamp]] = worker.__dict__.setdefault("_dask_runner_code", {})
        current = source_stamps(Path(self.directory))
        previous = seen.get(self.directory, {})
        seen[self.directory] = current
        if self.directory in sys.path:
            sys.path.remove(self.directory)
        sys.path.insert(0, self.directory)
        own = top_level_modules(Path(self.directory))
        for name, module in list(sys.modules.items()):
            source = getattr(module, "__file__", None)
            if not isinstance(source, str) or name in ("__main__", "__mp_main__"):
                continue
            if _below(source, self.directory):
                stale = previous.get(source) != current.get(source)
            else:
                hidden = name.partition(".")[0] in own
                stale = hidden and any(_below(source, folder) for folder in seen)
            if stale:
                del sys.modules[name]
        importlib.invalidate_caches()


def plugin_name(directory: str) -> str:
    """Return the name under which the scheduler keeps a directory's plugin."""
    return f"dask-runner-code-{directory}"


def _below(source: str, folder: str) -> bool:
    return source.startswith(folder.rstrip(os.sep) + os.sep)
