"""What was asked for: a cluster's ``spec.json``, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dask_runner.base.files import read_json
from dask_runner.cluster.state import StartError


@dataclass(frozen=True)
class WorkerRange:
    """A fixed number of workers (both ends the same), or Dask's adaptive scaling."""

    adaptive: bool
    minimum: int
    maximum: int

    @staticmethod
    def parse(value: Any) -> WorkerRange:
        """Read ``{"kind": "fixed", "count": 4}`` or ``{"kind": "adaptive", "minimum": …}``.

        Raises
        ------
        ValueError
            When it is neither.
        """
        if not isinstance(value, dict):
            raise ValueError("workers must be an object")
        if value.get("kind") == "fixed":
            count = _count(value.get("count"), "count")
            return WorkerRange(False, count, count)
        if value.get("kind") == "adaptive":
            minimum = _count(value.get("minimum"), "minimum")
            maximum = _count(value.get("maximum"), "maximum")
            if maximum < max(minimum, 1):
                raise ValueError("maximum must be at least 1, and not less than minimum")
            return WorkerRange(True, minimum, maximum)
        raise ValueError('workers must have the kind "fixed" or "adaptive"')

    def to_json(self) -> dict[str, Any]:
        """Return what ``parse`` reads."""
        if self.adaptive:
            return {"kind": "adaptive", "minimum": self.minimum, "maximum": self.maximum}
        return {"kind": "fixed", "count": self.minimum}


def _count(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10_000:
        raise ValueError(f"{name} must be a whole number from 0 to 10000, not {value!r}")
    return value


def _kind(value: Any) -> str:
    if value not in ("local", "yarn"):
        raise ValueError(f'kind must be "local" or "yarn", not {value!r}')
    return str(value)


def _secret(value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or not re.fullmatch(r"\w{16,}", value)):
        raise ValueError("httpSecret must be 16 letters and digits or more")
    return value


@dataclass(frozen=True)
class Spec:
    """A cluster's ``spec.json``."""

    id: str
    name: str
    workers: WorkerRange
    threads_per_worker: int | None
    memory_limit: str
    idle_timeout: float
    tls: bool
    environment: dict[str, str]
    #: True where a script's ``Client()`` starts the workers, in that script's world.
    with_script: bool = False
    #: True where the cluster was made for one run.
    ephemeral: bool = False
    #: True where runs share the workers of a cluster that stays.
    shared: bool = False
    #: ``local``, or ``yarn`` with the three below.
    kind: str = "local"
    queue: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    http_secret: str | None = None

    @staticmethod
    def read(folder: Path) -> Spec:
        """Read and check a cluster's specification.

        Raises
        ------
        StartError
            When it is missing or wrong.
        """
        value = read_json(folder / "spec.json")
        if value is None:
            raise StartError(
                "specInvalid", f"The cluster cannot be started: {folder / 'spec.json'} is missing."
            )
        try:
            threads = value.get("threadsPerWorker")
            return Spec(
                id=str(value["id"]),
                name=str(value.get("name", value["id"])),
                workers=WorkerRange.parse(value["workers"]),
                threads_per_worker=None if threads is None else max(1, int(threads)),
                memory_limit=str(value.get("memoryLimit", "auto")),
                idle_timeout=float(value.get("idleTimeoutSeconds", 600)),
                tls=value.get("security", "tls") != "none",
                environment={str(k): str(v) for k, v in value.get("environment", {}).items()},
                ephemeral=value.get("ephemeral") is True,
                with_script=value.get("startWorkers") == "withScript",
                shared=value.get("sharedWorkers") is True,
                kind=_kind(value.get("kind", "local")),
                queue=value.get("queue"),
                config=dict(value.get("config") or {}),
                http_secret=_secret(value.get("httpSecret")),
            )
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise StartError(
                "specInvalid", f"The cluster cannot be started: its specification is wrong: {error}"
            ) from error
