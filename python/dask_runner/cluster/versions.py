"""The oldest Dask that clusters of ours run with."""

from __future__ import annotations

import re
import sys

from dask_runner.check import package_version
from dask_runner.cluster.state import StartError

#: Before it, workers cannot be restarted, and how workers on YARN end is not understood.
OLDEST = "2024.4.0"


def check_dask() -> None:
    """Make sure that Dask is new enough, without importing it.

    Raises
    ------
    StartError
        When it is too old. One that is missing is found out when it is imported.
    """
    for name in ("dask", "distributed"):
        version = package_version(name)
        if version is not None and is_older(version, OLDEST):
            raise StartError(
                "daskTooOld",
                f"{name} {version} of {sys.executable} is too old: clusters need {OLDEST} or "
                "newer. Update it with: "
                f'"{sys.executable}" -m pip install --upgrade "dask[distributed]>={OLDEST}"',
            )


def is_older(version: str, oldest: str) -> bool:
    """Compare two versions of Dask: year, month and number; what cannot be read is not older."""
    given, least = (
        [int(part) for part in re.findall(r"\d+", one)[:3]] for one in (version, oldest)
    )
    return bool(given) and given < least
