"""What activating an environment of Python's does to variables."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def activated(environment: dict[str, str]) -> dict[str, str]:
    """Return variables with which programs find the environment of this process's Python."""
    found = dict(environment)
    own = str(Path(sys.executable).parent)
    folders = [folder for folder in found.get("PATH", os.defpath).split(os.pathsep) if folder]
    found["PATH"] = os.pathsep.join([own, *(folder for folder in folders if folder != own)])
    if sys.prefix != sys.base_prefix:
        found["VIRTUAL_ENV"] = sys.prefix
        found.pop("PYTHONHOME", None)
    return found
