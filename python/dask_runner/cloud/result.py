"""What a job leaves in its bucket."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from dask_runner.base.files import now
from dask_runner.cloud.storage import Storage, StorageError

#: Once the script has ended, and once all that belongs to the result is in the bucket. Two names:
#: a bucket's retention policy, or a role that may only create, lets nobody write an object again.
NAMES = ("result.json", "released.json")


class Result:
    """A job's result, written whole each time: at the script's end, and when nothing is to come.

    Parameters
    ----------
    storage
        Where to.
    folder
        ``gs://`` address that it is below.
    job
        The job's id.
    """

    def __init__(self, storage: Storage, folder: str, job: str) -> None:
        self._storage = storage
        self._folder = folder
        self._written = 0
        self._value: dict[str, Any] = {
            "version": 1,
            "id": job,
            "exitCode": None,
            "signal": None,
            "startedAt": now(),
            "endedAt": None,
            "error": None,
            "report": None,
            "reportMissing": None,
            "leftOver": 0,
            "codeFolder": None,
            # What the script wrote beside its code: brought back, and lost with its machines.
            "files": [],
            "lostFiles": [],
        }

    def note(self, **changes: Any) -> None:
        """Change some fields."""
        self._value.update(changes)

    def write(self) -> bool:
        """Write it; False where that cannot be, which is said in the output."""
        name = NAMES[min(self._written, 1)]
        done = self._put(name, json.dumps(self._value).encode(), "application/json")
        self._written += int(done)
        return done

    def add_report(self, path: Path) -> bool:
        """Write the performance report, and note it; False where that cannot be."""
        try:
            html = path.read_bytes()
        except OSError as error:
            print(f"The performance report cannot be read: {error}", file=sys.stderr, flush=True)
            return False
        if not self._put(path.name, html, "text/html; charset=utf-8"):
            return False
        self.note(report=path.name)
        return True

    def add_file(self, name: str, path: Path) -> bool:
        """Write a file below the job's folder; False where that cannot be, which is said."""
        try:
            data = path.read_bytes()
        except OSError as error:
            print(f"{name} cannot be read: {error}", file=sys.stderr, flush=True)
            return False
        return self._put(name, data, "application/octet-stream")

    def _put(self, name: str, data: bytes, kind: str) -> bool:
        try:
            self._storage.write(f"{self._folder}/{name}", data, kind)
        except StorageError as error:
            print(f"{name} cannot be written to the bucket: {error}", file=sys.stderr, flush=True)
            return False
        return True
