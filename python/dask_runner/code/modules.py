"""The modules that lie beside a script."""

from __future__ import annotations

import os
from pathlib import Path

Stamp = tuple[int, int]


def top_level_modules(directory: Path) -> set[str]:
    """Return the names that ``import`` would find in a directory."""
    names: set[str] = set()
    try:
        entries = list(os.scandir(directory))
    except OSError:
        return names
    for entry in entries:
        stem, dot, suffix = entry.name.partition(".")
        is_source = bool(dot) and suffix == "py"
        is_extension = bool(dot) and suffix.endswith(("so", "pyd"))
        is_folder = not dot and stem.isidentifier() and stem != "__pycache__"
        if is_source or is_extension or (is_folder and entry.is_dir()):
            names.add(stem)
    return names


def source_stamps(directory: Path, limit: int = 2000) -> dict[str, Stamp]:
    """Return time and size of the Python files in a directory and its packages.

    Parameters
    ----------
    directory
        Where to look.
    limit
        Look at no more than so many entries: a script may lie in a home directory.
    """
    stamps: dict[str, Stamp] = {}
    folders = [str(directory)]
    looked = 0
    while folders and looked < limit:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError:
            continue
        for entry in entries:
            looked += 1
            try:
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    stamps[entry.path] = (status.st_mtime_ns, status.st_size)
                elif "." not in entry.name and entry.name.isidentifier() and entry.is_dir():
                    folders.append(entry.path)
            except OSError:
                continue
    return stamps
