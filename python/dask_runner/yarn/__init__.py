"""Dask clusters on Hadoop YARN: ``YarnCluster``."""

from dask_runner.yarn.cluster import YarnCluster
from dask_runner.yarn.ends import EndedWorker, EndKind
from dask_runner.yarn.errors import HadoopNotFoundError, YarnError

__all__ = ["EndKind", "EndedWorker", "HadoopNotFoundError", "YarnCluster", "YarnError"]
