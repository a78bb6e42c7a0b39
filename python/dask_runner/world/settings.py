"""Dask's settings as environment variables."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LOG_FILE = re.compile(r"logging[-_]file[-_]config", re.IGNORECASE)


def variable_of(key: str) -> str:
    """Return the environment variable that Dask reads a key of its configuration from."""
    return "DASK_" + key.upper().replace(".", "__").replace("-", "_")


def text_of(value: Any) -> str:
    """Return what a variable has to hold for Dask to read a value from it."""
    return value if isinstance(value, str) else repr(value)


def logs_by_file(environment: dict[str, str], interpreter: str) -> bool:
    """Tell whether Dask's settings name a file about its logs.

    It then refuses to be imported where they say anything else about logs.

    Parameters
    ----------
    environment
        Of the process that imports it.
    interpreter
        Its Python.
    """
    if any(LOG_FILE.search(name) for name in environment if name.startswith("DASK_")):
        return True
    return any(LOG_FILE.search(text) for text in _texts(environment, interpreter))


def _texts(environment: dict[str, str], interpreter: str) -> Iterator[str]:
    home = Path(environment.get("HOME") or environment.get("USERPROFILE") or Path.home())
    prefix = Path(interpreter).parent if os.name == "nt" else Path(interpreter).parent.parent
    folders = [
        Path(environment.get("DASK_ROOT_CONFIG", "/etc/dask")),
        prefix / "etc" / "dask",
        home / ".config" / "dask",
    ]
    if "DASK_CONFIG" in environment:
        folders.append(Path(environment["DASK_CONFIG"]))
    for folder in folders:
        # DASK_CONFIG may be a file.
        files = sorted(folder.glob("*")) if folder.is_dir() else [folder]
        for file in files:
            if file.suffix in (".yaml", ".yml", ".json") and file.is_file():
                try:
                    yield file.read_text(encoding="utf-8", errors="replace")
                except OSError:
                    continue
