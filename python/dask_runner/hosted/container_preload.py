"""Sets up each worker in a container that was started for a script.

Dask imports it in the worker's process (``preload``) and calls ``dask_setup``.
"""

from __future__ import annotations

import os
from typing import Any

from dask_runner.code.worker_code import LoadedCode
from dask_runner.world import worker_preload

#: Where the code is that the worker was started for.
ROOT = "DASKRUNNER_CODE"


def dask_setup(worker: Any) -> None:
    """Note which modules are the script's: other runs may share the worker later."""
    worker_preload.dask_setup(worker)
    root = os.environ.pop(ROOT, None)
    if root is not None:
        LoadedCode.of(worker).adopt(root)
