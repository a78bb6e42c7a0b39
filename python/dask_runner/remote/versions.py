"""Versions of a run's Python and of a scheduler of somebody else, compared before anything runs."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from dask_runner.remote.probe import ProbeError, Scheduler

ASK_SECONDS = 8.0
#: Clients up to the first, and clusters from the second on, were tried: futures are cancelled, the
#: connection is lost, or tasks end with an error of Dask's own.
OLDER_CLIENT = (((2024, 4), (2024, 8)), ((2024, 12), (2025, 1)), ((2025, 3), (2025, 4)))
#: Clients from the first on, and clusters up to the second: ``Client()`` or delayed tasks fail.
NEWER_CLIENT = (((2024, 8), (2024, 4)), ((2025, 5), (2025, 4)))
#: Different ones are told of: how many numbers of the version have to be the same.
PARTS = {"dask": 3, "distributed": 3, "msgpack": 2, "cloudpickle": 2, "numpy": 2, "pandas": 2}
#: What the scheduler does not use itself.
OF_WORKERS = ("numpy", "pandas")

Versions = dict[str, str]


class VersionError(Exception):
    """Tasks would be lost or fail with these versions; the text is for people."""


@dataclass(frozen=True)
class Cluster:
    """The versions of a scheduler and its workers."""

    scheduler: Versions
    workers: list[Versions]


def ask_versions(address: str, tls: dict[str, str] | None) -> Cluster | None:
    """Return a cluster's versions; None where it does not tell: the script will find out why."""
    asked = Scheduler(address, tls)

    async def ask() -> tuple[Any, Any]:
        scheduler = await asked.ask("versions", ASK_SECONDS)
        message = {"op": "versions"}
        return scheduler, await asked.ask("broadcast", ASK_SECONDS, msg=message, on_error="return")

    try:
        scheduler, workers = asyncio.run(ask())
    except ProbeError:
        return None
    found = [_versions(one) for one in workers.values()] if isinstance(workers, dict) else []
    return Cluster(_versions(scheduler), [one for one in found if one])


def own_versions() -> Versions:
    """Return those of this Python."""
    from distributed.versions import get_versions

    return _versions(get_versions())


def compare(own: Versions, cluster: Cluster) -> str | None:
    """Return in a sentence what is different and matters; None where nothing is.

    Parameters
    ----------
    own
        Versions of the Python that runs the script.
    cluster
        Those of the scheduler and its workers.

    Raises
    ------
    VersionError
        Where tasks are known to fail or to be lost.
    """
    for name, apart in (("python", _python_apart), ("distributed", _dask_apart)):
        for there, who in _others(own, cluster, name, 2):
            if apart(own[name], there):
                raise VersionError(_refusal(name, own[name], there, who))
    found = [
        f"{name} {own[name]} here, {there} on {who}"
        for name, parts in PARTS.items()
        for there, who in _others(own, cluster, name, parts)
    ]
    # The two are released together.
    found = [one for one in found if not one.startswith("distributed ") or len(found) == 1]
    if not found:
        return None
    return (
        f"The script and the cluster have different versions: {'; '.join(found)}. Where results "
        "are wrong or tasks fail, use a Python with the cluster's versions."
    )


def _others(own: Versions, cluster: Cluster, name: str, parts: int) -> list[tuple[str, str]]:
    """Return other versions of a package, and who has them."""
    mine = own.get(name)
    if mine is None:
        return []
    scheduler = cluster.scheduler.get(name) if name not in OF_WORKERS else None
    theirs = [worker[name] for worker in cluster.workers if name in worker]
    found = []
    for there in sorted({*theirs, *([scheduler] if scheduler else [])}):
        if numbers(there, parts) == numbers(mine, parts):
            continue
        count = theirs.count(there)
        workers = "" if count == 0 else "1 worker" if count == 1 else f"{count} workers"
        both = [*(["the scheduler"] if there == scheduler else []), *([workers] if workers else [])]
        found.append((there, " and ".join(both)))
    return found


def _python_apart(own: str, there: str) -> bool:
    return numbers(own, 2) != numbers(there, 2)


def _dask_apart(own: str, there: str) -> bool:
    client, cluster = numbers(own, 2), numbers(there, 2)
    return any(client <= last and cluster >= first for last, first in OLDER_CLIENT) or any(
        client >= first and cluster <= last for first, last in NEWER_CLIENT
    )


def _refusal(name: str, own: str, there: str, who: str) -> str:
    if name == "python":
        here, wanted = (".".join(map(str, numbers(one, 2))) for one in (own, there))
        return (
            f"Python is {here} here and {wanted} on {who}. Functions cannot be sent between them: "
            "they end the workers, and their results never come. Choose an interpreter with "
            f"Python {wanted} in the profile."
        )
    return (
        f"Dask is {own} here and {there} on {who}. These two do not understand each other: tasks "
        f"fail or are lost. Choose an interpreter with Dask {there} in the profile."
    )


def numbers(version: str, count: int) -> tuple[int, ...]:
    """Return the first numbers of a version."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:count])


def _versions(answer: Any) -> Versions:
    """Return what one process tells of itself; empty where it is something else."""
    packages = answer.get("packages") if isinstance(answer, dict) else None
    if not isinstance(packages, dict):
        return {}
    return {str(name): str(version) for name, version in packages.items() if version}
