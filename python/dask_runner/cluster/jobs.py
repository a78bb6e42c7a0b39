"""The supervisors that use a cluster now."""

from __future__ import annotations

from dask_runner.base.processes import is_alive


class Jobs:
    """Supervisors that said they are at work, for as long as their processes live."""

    def __init__(self) -> None:
        self._supervisors: dict[str, tuple[int, str | None]] = {}

    def add(self, job: str, pid: int, start: str | None) -> None:
        """Note that a supervisor's driver begins."""
        self._supervisors[job] = (pid, start)

    def remove(self, job: str) -> None:
        """Note that it needs the cluster no more."""
        self._supervisors.pop(job, None)

    def alive(self) -> list[str]:
        """Return the ids of those that live; others are forgotten."""
        for job, (pid, start) in list(self._supervisors.items()):
            if not is_alive(pid, start):
                del self._supervisors[job]
        return list(self._supervisors)
