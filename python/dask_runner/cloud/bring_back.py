"""Files that a script has written on machines that go: they are put into the bucket."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from dask_runner.cloud.result import Result
from dask_runner.code.written import FOLDER, LIMITS, Stamps, stamps, written_since
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
        lost: list[dict[str, Any]] = []
        theirs: dict[str, dict[str, Any]] = {}
        try:
            found = cluster.collect(job)
            theirs = {one["name"]: one for one in found["files"]}
            lost = found["lost"]
        except OSError as error:
            print(f"dask-runner: The files of workers could not be collected: {error}", flush=True)
        self._add_own(theirs, lost)
        kept = []
        for name, one in sorted(theirs.items()):
            path = self._target / name
            if result.add_file(f"{FOLDER}/{name}", path):
                kept.append({"name": name, "size": one["size"]})
            else:
                lost.append({"name": name, "size": one["size"], "reason": "it was not uploaded"})
        result.note(files=kept, lostFiles=lost)
        if kept:
            print(f"dask-runner: {_kept([one['name'] for one in kept])}", flush=True)
        if lost:
            print(f"dask-runner: {_lost(lost)}", flush=True)

    def _add_own(self, theirs: dict[str, dict[str, Any]], lost: list[dict[str, Any]]) -> None:
        """Add what the driver has written: of two with one name the newer one."""
        used = sum(one["size"] for one in theirs.values())
        for one in written_since(self._code, self._before):
            other = theirs.get(one.name)
            if other is not None and other["changed"] >= one.changed:
                continue
            used += one.size - (other["size"] if other else 0)
            if used > LIMITS.size or len(theirs) >= LIMITS.files + (1 if other else 0):
                used -= one.size
                reason = (
                    f"more than {LIMITS.size // 2**20} MiB or {LIMITS.files} files were written"
                )
                lost.append({"name": one.name, "size": one.size, "reason": reason})
                continue
            try:
                target = self._target / one.name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.copyfile(self._code / one.name, target)
            except OSError as error:
                lost.append({"name": one.name, "size": one.size, "reason": str(error)})
                continue
            theirs[one.name] = vars(one)


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
