"""How a driver ended, and why where its output cannot say it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from dask_runner.cluster_client import ClusterClient
from dask_runner.files import disk_is_full


@dataclass(frozen=True)
class Outcome:
    """The end of a driver.

    Parameters
    ----------
    code
        Its exit code; None when a signal ended it.
    signal
        That signal's name.
    cancelled
        True when somebody asked for a cancel.
    cluster_lost
        True when it was ended because its cluster had gone.
    """

    code: int | None
    signal: str | None
    cancelled: bool
    cluster_lost: bool

    @property
    def state(self) -> str:
        """The run's state: a script that ends well in spite of a cancel has succeeded."""
        if self.code == 0:
            return "succeeded"
        return "cancelled" if self.cancelled else "failed"

    def error(
        self, name: str, folder: Path, cluster: ClusterClient | None
    ) -> dict[str, str] | None:
        """Say what went wrong where the output cannot say it.

        Parameters
        ----------
        name
            The script's name.
        folder
            The run's folder.
        cluster
            The cluster that it used, where that is ours.
        """
        if self.state != "failed":
            return None
        if disk_is_full(folder):
            return {
                "code": "diskFull",
                "message": f"{name} failed while the disk was full: "
                f"{folder} takes no more output. The output until then is kept. "
                "Free some space and run it again.",
            }
        if self.cluster_lost or (cluster is not None and not cluster.is_alive()):
            reason = None if cluster is None else cluster.end_reason()
            return {
                "code": "clusterLost",
                "message": f"{name} lost its cluster while it ran: "
                f"{reason or 'the cluster process was killed.'} "
                "Its output is kept. Run it again to get a new cluster.",
            }
        if self.signal == "SIGKILL":
            return {
                "code": "driverKilled",
                "message": f"{name} was killed (SIGKILL) by the system or by "
                f"somebody.{memory_hint()} Its output until then is kept.",
            }
        return None


def memory_hint() -> str:
    """Say so when the system tells that it killed processes of ours for want of memory."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/sys/fs/cgroup/memory.events").read_text().splitlines():
            if line.startswith("oom_kill ") and int(line.split()[1]) > 0:
                return " The machine ran out of memory before: try with less data at a time."
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill ") and int(line.split()[1]) > 0:
                return " The machine ran out of memory before: try with less data at a time."
    return ""
