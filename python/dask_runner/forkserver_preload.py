"""What the process that workers are forked from imports, once for all of them."""

import distributed
import distributed.comm.tcp
import distributed.nanny
import distributed.worker
import distributed.http.health

import dask_runner.worker_code
import dask_runner.worker_preload  # noqa: F401
