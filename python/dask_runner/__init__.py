"""Run Python files and functions on a Dask cluster that exists for that run.

``DaskRunner`` and ``YarnCluster`` are the public face; all other modules serve the command line
(``python -m dask_runner``) that editors and schedulers drive.
"""

__all__ = ["DaskRunner", "YarnCluster"]
__version__ = "0.1.0"


def __getattr__(name):  # type: ignore[no-untyped-def]
    """Import the library when it is asked for: the command line must not pay for it."""
    if name == "DaskRunner":
        from dask_runner.library.runner import DaskRunner

        return DaskRunner
    if name == "YarnCluster":
        from dask_runner.yarn import YarnCluster

        return YarnCluster
    raise AttributeError("module 'dask_runner' has no attribute {!r}".format(name))  # noqa: UP032
