"""How a driver ended, and why where its output cannot say it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from dask_runner.base.files import disk_is_full
from dask_runner.run.cluster_client import ClusterClient


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
    out_of_memory
        True when the system killed processes for want of memory while it ran.
    """

    code: int | None
    signal: str | None
    cancelled: bool
    cluster_lost: bool
    out_of_memory: bool = False

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
            killer, remedy = (
                ("by the system, which ran out of memory", "Run it with less data at a time.")
                if self.out_of_memory
                else (
                    "by somebody or by the system",
                    "Run it again; less data at a time needs less memory.",
                )
            )
            return {
                "code": "driverKilled",
                "message": f"{name} was killed (SIGKILL) {killer}. "
                f"Its output until then is kept. {remedy}",
            }
        return None


def oom_kills() -> int:
    """Count the processes that the system has killed so far for want of memory.

    Returns
    -------
    int
        Of this container where the system tells, else of the machine; 0 where it does not tell.
    """
    for path in ("/sys/fs/cgroup/memory.events", "/proc/vmstat"):
        with contextlib.suppress(OSError, ValueError):
            for line in Path(path).read_text().splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
    return 0
