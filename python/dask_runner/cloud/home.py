"""Where the Python side is on a machine of a cloud."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dask_runner.base.package import PACKAGE

#: Says where it is, where it is not at its usual place.
VARIABLE = "DASK_RUNNER_HOME"
USUAL = "/opt/dask-runner"


class Home:
    """The folders that an initialization action has made.

    Parameters
    ----------
    root
        The folder that they are in.
    """

    def __init__(self, root: Path) -> None:
        self.cluster = root / "cluster"
        self._root = root

    @staticmethod
    def find() -> Home:
        """Return that of this machine."""
        return Home(Path(os.environ.get(VARIABLE) or USUAL))

    @property
    def python(self) -> str:
        """The environment's Python."""
        own = self._root / "env" / "bin" / "python"
        return str(own) if own.exists() else sys.executable

    @property
    def library(self) -> str:
        """The folder that the package is imported from, on all machines alike."""
        own = self._root / "lib"
        return str(own if (own / "dask_runner").is_dir() else PACKAGE.parent)

    def job_folder(self, job: str) -> Path:
        """Return a folder of a job's own.

        Raises
        ------
        OSError
            When it cannot be made.
        """
        folder = self._root / "jobs" / job
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder
