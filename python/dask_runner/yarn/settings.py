"""What a cluster is made with: what was given, else what Dask's configuration has."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
from dask.utils import parse_bytes, parse_timedelta
from distributed import Scheduler
from distributed.security import Security

from dask_runner.cluster.certificates import CertificateMaker, TlsFiles
from dask_runner.cluster.certificates import security as security_of_files
from dask_runner.yarn.admission import Submission
from dask_runner.yarn.launch import Environment, Launch, parse_environment, tls_of


def setting(key: str, given: Any, usual: Any) -> Any:
    """Return what was given, else what Dask's configuration has, as dask-yarn reads it."""
    if given is not None:
        return given
    found = dask.config.get(f"yarn.{key}", None)
    return usual if found is None else found


@dataclass(frozen=True)
class WorkerSettings:
    """How each worker is started."""

    memory: int  #: bytes, Dask's limit
    vcores: int
    overhead: int | None  #: bytes; None for the default
    environment: Environment
    variables: Mapping[str, str]
    options: Mapping[str, Any]  #: more of ``dask worker``'s
    death_timeout: float  #: seconds

    @staticmethod
    def read(
        memory: str | int | None,
        vcores: int | None,
        overhead: str | int | None,
        environment: str | None,
        variables: Mapping[str, str] | None,
        options: Mapping[str, Any] | None,
        death_timeout: float,
    ) -> WorkerSettings:
        """Read the arguments of ``YarnCluster`` that are about workers.

        Raises
        ------
        ValueError
            When a worker would have nothing.
        YarnError
            When the environment is of no kind that is known.
        """
        limit = int(parse_bytes(setting("worker.memory", memory, "2GiB")))
        threads = int(setting("worker.vcores", vcores, 1))
        if limit < 1 or threads < 1:
            raise ValueError("worker_memory and worker_vcores must be more than 0.")
        given = setting("worker.env", variables, {})
        return WorkerSettings(
            memory=limit,
            vcores=threads,
            overhead=None if overhead is None else int(parse_bytes(overhead)),
            environment=parse_environment(
                setting("environment", environment, None), sys.executable
            ),
            variables={str(key): str(value) for key, value in given.items()},
            options=dict(options or {}),
            death_timeout=death_timeout,
        )

    def launch(self, security: Security) -> Launch:
        """Return what workers are started with.

        Parameters
        ----------
        security
            The cluster's.

        Raises
        ------
        YarnError
            When a file of the certificate cannot be read.
        """
        return Launch(
            environment=self.environment,
            memory_limit=self.memory,
            threads=self.vcores,
            death_timeout=self.death_timeout,
            variables=self.variables,
            options=self.options,
            tls=tls_of(security),
        )


def read_count(given: int | None) -> int:
    """Return how many workers there are to begin with.

    Raises
    ------
    ValueError
        When that is less than none.
    """
    count = int(setting("worker.count", given, 0))
    if count < 0:
        raise ValueError(f"n_workers={count} must be 0 or more.")
    return count


def read_submission(
    name: str | None,
    queue: str | None,
    tags: Iterable[str] | str | None,
    timeout: str | float,
) -> Submission:
    """Return what the application is submitted with."""
    labels = setting("tags", tags, ())
    return Submission(
        name=str(setting("name", name, "dask")),
        queue=str(setting("queue", queue, "default")),
        # One in an environment variable is text.
        tags=(labels,) if isinstance(labels, str) else tuple(labels),
        timeout=float(parse_timedelta(timeout)),
    )


def read_idle_timeout(given: str | float | None) -> float | None:
    """Return the seconds without work after which the application ends; None is never."""
    timeout = setting("idle-timeout", given, None)
    return None if timeout is None else float(parse_timedelta(timeout))


def scheduler_spec(
    host: str | None,
    port: int,
    dashboard_address: str | None,
    security: Security,
    options: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return how ``SpecCluster`` makes the scheduler."""
    return {
        "cls": Scheduler,
        "options": {
            "protocol": "tls://" if security.require_encryption else "tcp://",
            "host": setting("host", host, None),
            "port": port,
            "dashboard": dashboard_address is not None,
            # Without one, Dask would listen for HTTP on all addresses.
            "dashboard_address": dashboard_address or "127.0.0.1:0",
            "security": security,
            **(options or {}),
        },
    }


def make_security(given: Security | bool) -> Security:
    """Return what was given, a certificate of the cluster's own, or open connections."""
    if isinstance(given, Security):
        return given
    if not given:
        return Security(require_encryption=False)
    with tempfile.TemporaryDirectory(prefix="dask-runner-") as folder:
        files = CertificateMaker(Path(folder) / "tls").finish()
        texts = {name: Path(path).read_text() for name, path in vars(files).items()}
    # Dask takes texts for paths: nothing is left on a disk when this process ends badly.
    return security_of_files(TlsFiles(**texts))
