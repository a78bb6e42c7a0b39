"""Sets up each worker of a cluster on this machine: its output, its log, and its end.

Dask imports it in the worker's process (``preload``) and calls ``dask_setup``.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

import dask

from dask_runner.base.files import redirect_output
from dask_runner.base.processes import die_with_parent
from dask_runner.world.marks import mark_lines
from dask_runner.world.world import MARKS, OUTPUT

LOG_FOLDER = "DASKRUNNER_LOGS"
#: What workers are told before they are closed, and where a script writes that shares them.
CLOSING, PRINT_TO = "dask_runner_closing", "dask_runner_print_to"


def dask_setup(worker: Any) -> None:
    """Give the worker's log a file of its own: what tasks print goes where the script's does."""
    folder, output = os.environ.pop(LOG_FOLDER, None), os.environ.pop(OUTPUT, None)
    marks = os.environ.pop(MARKS, None) is not None
    if folder is not None:
        log = Path(folder) / f"worker-{worker.name}.log"
        log_to(log)
        print_to(log if output is None else Path(output))

        def print_elsewhere(path: str | None) -> None:
            print_to(log if path is None else Path(path))

        worker.handlers[PRINT_TO] = print_elsewhere
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    if marks:
        mark_lines(str(worker.name))
    worker.handlers[CLOSING] = be_quiet
    die_with_parent(os.getppid())
    # Nobody asks a worker over HTTP: its port need not be open.
    worker.http_server.stop()


def be_quiet() -> None:
    """Write no more of Dask's warnings where the script writes: it has let the cluster go."""
    own = logging.getLogger("distributed")
    for handler in own.handlers:
        if not isinstance(handler, logging.FileHandler):
            handler.setLevel(logging.CRITICAL + 1)


def level_of_settings() -> int:
    """Return the level of Dask's log in its settings; 0 where they have none, or another form."""
    levels = dask.config.get("logging", None)
    name = levels.get("distributed") if isinstance(levels, dict) else None
    level = logging.getLevelName(name.upper()) if isinstance(name, str) else name
    return level if isinstance(level, int) else 0


def print_to(path: Path) -> None:
    """Have this process print to a file, where it does not yet."""
    sys.stdout.flush()
    sys.stderr.flush()
    if not path.exists() or not os.path.samestat(path.stat(), os.fstat(1)):
        redirect_output(path)


def log_to(path: Path) -> None:
    """Write Dask's log to a file; on the terminal, only warnings, as under plain Python.

    Or less, where the script's settings say so.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    own = logging.getLogger("distributed")
    for handler in own.handlers:
        handler.setLevel(max(logging.WARNING, level_of_settings()))
    file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))
    own.addHandler(file)
    own.setLevel(logging.INFO)
