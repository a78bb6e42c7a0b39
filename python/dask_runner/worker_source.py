"""The process that a cluster's workers are forked from: it imports Dask once for all of them."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import sys

# Where workers find their log's folder, and the directory that they import from.
LOG_FOLDER = "DASK_RUNNER_LOGS"
CODE_DIRECTORY = "DASK_RUNNER_CODE"
# What a worker of a local cluster imports. Names from site-packages only: before Python 3.14 the
# server does not know this process's sys.path.
PRELOAD = [
    "distributed",
    "distributed.nanny",
    "distributed.worker",
    "distributed.comm.tcp",
    "distributed.http.health",
    "distributed.shuffle",
]
# Dask's own ``distributed.nanny.pre-spawn-environ``, which must be there before numpy is loaded.
BEFORE_IMPORT = {
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def start(environment: dict[str, str]) -> bool:
    """Start the process while this one imports Dask; True where there is one (Linux).

    Parameters
    ----------
    environment
        What workers have beyond this process's environment, which stays as it is.
    """
    if sys.platform != "linux":
        return False
    multiprocessing.set_forkserver_preload(PRELOAD)
    before = dict(os.environ)
    for name, value in BEFORE_IMPORT.items():
        os.environ.setdefault(name, value)
    if os.environ.get("PYTHONHASHSEED") in (None, "0"):
        os.environ["PYTHONHASHSEED"] = "6640"  # Dask's choice: workers must agree on hashes
    os.environ.update(environment)
    try:
        multiprocessing.forkserver.ensure_running()
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)
    return True


def forget() -> None:
    """Have a forked process start such processes of its own when it needs them."""
    from multiprocessing import forkserver, resource_tracker

    forkserver._forkserver.__init__()  # type: ignore[misc]
    resource_tracker._resource_tracker.__init__()  # type: ignore[misc]


def is_as_configured() -> bool:
    """Tell whether Dask's configuration wants what the process was started with."""
    import dask

    wanted = dask.config.get("distributed.nanny.pre-spawn-environ")
    return {name: str(value) for name, value in wanted.items()} == BEFORE_IMPORT
