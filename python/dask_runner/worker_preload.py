"""Set up each worker of a cluster of ours: its log, its code, and its end.

Dask imports it in the worker's process (``preload``) and calls ``dask_setup``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from dask_runner.files import redirect_output
from dask_runner.processes import die_with_parent
from dask_runner.worker_code import CodeDirectory
from dask_runner.worker_source import CODE_DIRECTORY, LOG_FOLDER


def dask_setup(worker: Any) -> None:
    """Send the worker's output to its log file, and make the user's modules importable."""
    logs = os.environ.get(LOG_FOLDER)
    if logs:
        sys.stdout.flush()
        sys.stderr.flush()
        redirect_output(Path(logs) / f"worker-{worker.name}.log")
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    die_with_parent(os.getppid())
    # Nobody asks a worker over HTTP: its port need not be open.
    worker.http_server.stop()
    # Multiprocessing has set sys.path to the cluster process's: add what only workers have.
    for folder in filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        if folder not in sys.path:
            sys.path.append(folder)
    directory = os.environ.get(CODE_DIRECTORY)
    if directory:
        CodeDirectory(directory).setup(worker)
