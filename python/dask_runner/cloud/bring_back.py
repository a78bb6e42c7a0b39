"""Files that a script has written on machines that go: they are put into the bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dask_runner.cloud.result import Result
from dask_runner.code.written import FOLDER, LIMITS, Collection, Stamps, stamps, written_since
from dask_runner.run.cluster_client import ClusterClient

MOST_NAMED = 10


class BringBack:
    """Collects what a run has written in the folder of its code, on all machines.

    Parameters
    ----------
    folder
        A folder of the job's own.
    code
        Where the driver's code is.
    """

    def __init__(self, folder: Path, code: Path) -> None:
        self._target = folder / FOLDER
        self._code = code
        self._before: Stamps = stamps(code)

    def take(self, cluster: ClusterClient, job: str, result: Result) -> None:
        """Write all of it to the bucket, and note and say what that was.

        Parameters
        ----------
        cluster
            Where workers are.
        job
            The run's id.
        result
            What is noted and where files go.
        """
        found: dict[str, Any] | None = None
        try:
            found = cluster.collect(job)
        except OSError as error:
            print(f"dask-runner: The files of workers could not be collected: {error}", flush=True)
        files = Collection(self._target, LIMITS, found)
        for one in written_since(self._code, self._before):
            files.copy(one, self._code / one.name)
        for name in [one["name"] for one in files.to_json()["files"]]:
            if not result.add_file(f"{FOLDER}/{name}", self._target / name):
                files.drop(name, "it was not uploaded")
        collected = files.to_json()
        kept, lost = collected["files"], collected["lost"]
        result.note(
            files=[{"name": one["name"], "size": one["size"]} for one in kept], lostFiles=lost
        )
        if kept:
            print(f"dask-runner: {_kept([one['name'] for one in kept])}", flush=True)
        if lost:
            print(f"dask-runner: {_lost(lost)}", flush=True)


def _kept(names: list[str]) -> str:
    """Say which files come back, for people."""
    more = len(names) - MOST_NAMED
    return (
        f"{len(names)} file{'s' if len(names) > 1 else ''} that the script wrote "
        f"{'are' if len(names) > 1 else 'is'} brought to the run's folder, below files: "
        + ", ".join(names[:MOST_NAMED])
        + (f" and {more} more." if more > 0 else ".")
    )


def _lost(lost: list[dict[str, Any]]) -> str:
    """Name files that do not come back, for people."""
    named = [f"{one['name']} ({one['reason']})" for one in lost[:MOST_NAMED]]
    more = len(lost) - len(named)
    return (
        f"{len(lost)} file{'s' if len(lost) > 1 else ''} that the script wrote "
        f"{'are' if len(lost) > 1 else 'is'} lost with the machines: {', '.join(named)}"
        + (f" and {more} more" if more else "")
        + ". Write them to gs:// instead."
    )
