"""What the process that workers are forked from imports, once for all of them."""

import dask_runner.worker_code
import dask_runner.worker_preload  # noqa: F401
