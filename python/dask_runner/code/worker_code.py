"""Importing the user's modules on workers, and never a stale one."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

from dask_runner.code.modules import Stamp, source_stamps, top_level_modules


class LoadedCode:
    """What one process has loaded from runs' directories.

    Modules that were there before the first run are never dropped: Dask itself may lie below a
    run's directory.
    """

    def __init__(self) -> None:
        self._kept = frozenset(name.partition(".")[0] for name in sys.modules)
        self._stamps: dict[str, dict[str, Stamp]] = {}
        self._arranged: list[str] = []

    @staticmethod
    def of(server: Any) -> LoadedCode:
        """Return what the process of a worker or scheduler has loaded."""
        code: LoadedCode = server.__dict__.setdefault("_dask_runner_code", LoadedCode())
        return code

    def adopt(self, root: str) -> None:
        """Count what is imported from below a folder as code of a run, which another one replaces.

        Parameters
        ----------
        root
            Where the code is of the run that this process was started for.
        """
        own = {
            name.partition(".")[0] for name, module in [*sys.modules.items()] if _from(module, root)
        }
        self._kept -= own
        self._arranged = [one for one in sys.path if one == root or _below(one, root)]
        self._stamps = {folder: source_stamps(Path(folder)) for folder in self._arranged}

    def arrange(self, groups: list[list[str]]) -> None:
        """Have imports find the directories of several runs, and none that were arranged before.

        Parameters
        ----------
        groups
            The directories of each run, the first one counting first; the newest run last.
        """
        wanted = [directory for group in groups for directory in group]
        for directory in self._arranged:
            if directory not in wanted:
                self._forget(directory)
        for group in groups:
            # What other runs have loaded stays as it is.
            if group is groups[-1] or any(directory not in self._arranged for directory in group):
                for directory in reversed(group):
                    self.put_first(directory)
        self._arranged = wanted

    def _forget(self, directory: str) -> None:
        self._stamps.pop(directory, None)
        if directory in sys.path:
            sys.path.remove(directory)
        for name, module in list(sys.modules.items()):
            source = getattr(module, "__file__", None) or _namespace(module)
            if (
                name.partition(".")[0] not in self._kept
                and source is not None
                and _below(source, directory)
            ):
                del sys.modules[name]
        importlib.invalidate_caches()

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
            source = getattr(module, "__file__", None) or _namespace(module)
            if top in self._kept or source is None:
                continue
            if _below(source, directory):
                stale = previous.get(source) != current.get(source)
            else:
                stale = top in own and any(_below(source, other) for other in self._stamps)
            if stale:
                del sys.modules[name]
        importlib.invalidate_caches()


def _from(module: Any, folder: str) -> bool:
    source = getattr(module, "__file__", None) or _namespace(module)
    return isinstance(source, str) and _below(source, folder)


def _namespace(module: Any) -> str | None:
    """Return a place below the folder of a package without an ``__init__.py``."""
    # Some modules answer to any name that they are asked for.
    folders = getattr(module, "__dict__", {}).get("__path__") or ()
    return next((str(Path(folder, "__init__.py")) for folder in folders), None)


def _below(source: str, folder: str) -> bool:
    return source.startswith(folder.rstrip(os.sep) + os.sep)
