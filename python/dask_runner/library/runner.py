"""``DaskRunner``: a Dask cluster for one job, the same on a laptop and on a real cluster."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ADDRESS = "DASK_SCHEDULER_ADDRESS"
#: Where Dask's HTTP side listens when nobody wants its pages: without being told, it did so on all
#: addresses of the machine up to Dask 2024.8.
HIDDEN = "127.0.0.1:0"


class DaskRunner:
    """A cluster of so many workers, for as long as a ``with`` block.

    Where the job already runs on a cluster (``DASK_SCHEDULER_ADDRESS`` is set, as in every run
    from the editor), that cluster is used as it is, and the sizes given here do not matter: the
    same code runs everywhere. Give ``own_cluster=True`` to start one on this machine all the same.

    Parameters
    ----------
    worker_memory
        Memory of each worker as Dask writes it, such as ``"8GiB"``, or ``"auto"``.
    worker_vcores
        Threads of each worker; None is one.
    min_workers
        Workers that are always there, 0 or more.
    max_workers
        Most workers that Dask may start as work needs them; None is as many as the machine has
        room for.
    local
        True for a cluster on this machine where there is none yet; False for one on the YARN that
        this machine is part of, in the user's queue (``DASK_YARN__QUEUE``).
    own_cluster
        True to start a cluster although the job runs on one.
    dashboard_address
        Where the dashboard listens; None is for no dashboard: it is open to all users of the
        machine.

    Examples
    --------
    >>> runner = DaskRunner(worker_memory="8GiB", worker_vcores=4, max_workers=10, local=True)
    >>> with runner.get_client() as client:  # doctest: +SKIP
    ...     client.submit(sum, [1, 2]).result()
    """

    def __init__(
        self,
        worker_memory: str = "auto",
        worker_vcores: int | None = None,
        min_workers: int = 1,
        max_workers: int | None = None,
        local: bool = False,
        own_cluster: bool = False,
        dashboard_address: str | None = None,
    ) -> None:
        if min_workers < 0 or (max_workers is not None and max_workers < max(1, min_workers)):
            raise ValueError(
                f"min_workers={min_workers} and max_workers={max_workers} do not fit: "
                "0 <= min_workers <= max_workers, and max_workers is at least 1."
            )
        if worker_vcores is not None and worker_vcores < 1:
            raise ValueError(f"worker_vcores={worker_vcores} must be 1 or more.")
        self._memory = worker_memory
        self._threads = worker_vcores
        self._minimum = min_workers
        self._maximum = max_workers
        self._local = local
        self._own = own_cluster
        self._dashboard = dashboard_address

    @contextlib.contextmanager
    def get_client(self) -> Iterator[Any]:
        """Give a connected ``distributed.Client``; the cluster, if started here, ends with it.

        Yields
        ------
        distributed.Client
            The default client meanwhile: ``compute()`` uses it.

        Raises
        ------
        RuntimeError
            When there is no cluster to use and none may be started here; as ``YarnError`` when YARN
            refuses.
        """
        from distributed import Client

        if os.environ.get(ADDRESS) and not self._own:
            with Client() as client:
                yield client
            return
        here = self._local or self._own
        with (
            self._cluster() if here else self._yarn_cluster() as cluster,
            Client(cluster) as client,
        ):
            yield client

    @contextlib.contextmanager
    def _yarn_cluster(self) -> Iterator[Any]:
        from dask_runner.yarn import HadoopNotFoundError, YarnCluster

        try:
            made = YarnCluster(
                n_workers=self._minimum,
                worker_memory=None if self._memory == "auto" else self._memory,
                worker_vcores=self._threads,
                dashboard_address=self._dashboard,
            )
        except HadoopNotFoundError as error:
            raise RuntimeError(
                f"There is no cluster to run on. {error} For a cluster on this machine use "
                f"local=True; for one that runs already set {ADDRESS}."
            ) from error
        with made as cluster:
            if self._maximum is None or self._maximum > self._minimum:
                cluster.adapt(minimum=self._minimum, maximum=self._maximum or math.inf)
            yield cluster

    @contextlib.contextmanager
    def _cluster(self) -> Iterator[Any]:
        from distributed import LocalCluster

        from dask_runner.cluster.certificates import CertificateMaker, security

        threads, memory, minimum, maximum = self._fit()
        hidden = self._dashboard is None
        with tempfile.TemporaryDirectory(prefix="dask-runner-") as folder:
            files = CertificateMaker(Path(folder) / "tls").finish()
            with LocalCluster(
                n_workers=minimum,
                threads_per_worker=threads,
                memory_limit=memory,
                security=security(files),
                protocol="tls",
                dashboard_address=HIDDEN if hidden else self._dashboard,
                scheduler_kwargs={"dashboard": False} if hidden else {},
                worker_class=_private_nanny(),
                local_directory=folder,
            ) as cluster:
                if maximum > minimum:
                    cluster.adapt(minimum=minimum, maximum=maximum)
                yield cluster

    def _fit(self) -> tuple[int, int | None, int, int]:
        """Return threads, bytes, minimum and maximum, as far as this machine has room.

        Raises
        ------
        ValueError
            When the memory is not written as Dask writes it.
        """
        from dask.system import CPU_COUNT
        from dask.utils import format_bytes, parse_bytes
        from distributed.system import MEMORY_LIMIT

        threads = self._threads or 1
        if threads > CPU_COUNT:
            warnings.warn(
                f"worker_vcores={threads} is more than this machine has; using {CPU_COUNT}.",
                stacklevel=5,
            )
            threads = CPU_COUNT
        wanted = self._maximum or max(self._minimum, CPU_COUNT // threads, 1)
        room = max(1, CPU_COUNT // threads)
        memory: int | None = None
        if self._memory not in ("auto", "0"):
            memory = int(parse_bytes(self._memory))
            if memory > MEMORY_LIMIT:
                warnings.warn(
                    f"worker_memory={self._memory} is more than this machine has; "
                    f"using {format_bytes(MEMORY_LIMIT)}.",
                    stacklevel=5,
                )
                memory = MEMORY_LIMIT
            room = max(1, min(room, MEMORY_LIMIT // memory))
        maximum = min(wanted, room)
        minimum = min(self._minimum, maximum)
        if maximum < wanted:
            warnings.warn(
                f"This machine has room for {maximum} of {wanted} workers "
                f"({CPU_COUNT} cores, {format_bytes(MEMORY_LIMIT)}); using {maximum}.",
                stacklevel=5,
            )
        if self._memory == "auto":
            memory = MEMORY_LIMIT // maximum
        return threads, memory, minimum, maximum


def _private_nanny() -> Any:
    """Return the class of workers whose HTTP side nobody else on the network reaches."""
    from distributed import Nanny

    class PrivateNanny(Nanny):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{**options, "dashboard_address": HIDDEN})

    return PrivateNanny
