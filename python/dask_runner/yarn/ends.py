"""How workers end on YARN, told apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum


class EndKind(Enum):
    """Why a worker's container has ended."""

    RELEASED = "released"  #: the cluster gave it back
    RETIRED = "retired"  #: its results were moved elsewhere first
    FINISHED = "finished"  #: its process ended by itself, without an error
    KILLED = "killed"  #: a signal ended its process
    MEMORY = "memory"  #: YARN killed it for using more memory than its container has
    PREEMPTED = "preempted"  #: another queue took its share back
    NODE_LOST = "node lost"  #: the machine is gone
    DISKS_FAILED = "disks failed"  #: the machine's disks are full or broken
    FAILED = "failed"  #: its process ended with an error
    LAUNCH_FAILED = "launch failed"  #: it ended before it had joined
    LOST_CONTACT = "lost contact"  #: its container ran on, but it no longer answered


#: Those that say something about the worker and not about the machine: another try may fail alike.
COUNTED = {EndKind.KILLED, EndKind.MEMORY, EndKind.FAILED, EndKind.LAUNCH_FAILED}
#: Those that nobody has to make up for.
WANTED = {EndKind.RELEASED, EndKind.RETIRED}

# org.apache.hadoop.yarn.api.records.ContainerExitStatus
SUCCESS = 0
ABORTED = -100
DISKS_FAILED = -101
PREEMPTED = -102
KILLED_EXCEEDED_VMEM = -103
KILLED_EXCEEDED_PMEM = -104
KILLED_BY_APPMASTER = -105
SIGNALS = {130: "SIGINT", 134: "SIGABRT", 137: "SIGKILL", 139: "SIGSEGV", 143: "SIGTERM"}


@dataclass
class EndedWorker:
    """One worker that is no more."""

    name: str
    kind: EndKind
    reason: str  #: for people, one sentence
    container: str | None = None  #: YARN's id; None when it never had one
    node: str | None = None  #: host name
    exit_status: int | None = None  #: as YARN has it: that of the process, or a negative one
    diagnostics: str = ""  #: what YARN says
    log: str = ""  #: the end of what it wrote
    ended_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    def as_log(self) -> str:
        """Return how it ended, and the end of what it wrote."""
        head = f"{self.name} on {self.node} ({self.container}), {self.kind.value}: {self.reason}"
        return f"{head}\n{self.log}"


@dataclass(frozen=True)
class Circumstances:
    """What the cluster knows of a worker beyond what YARN says."""

    joined: bool  #: it was part of the Dask cluster once
    retired: bool  #: Dask has retired it
    released: bool  #: the cluster has given its container back
    memory: int  #: of its container, in MiB
    why: str | None = None  #: why it was retired or released


def classify(status: int, diagnostics: str, known: Circumstances) -> tuple[EndKind, str]:
    """Tell how a container has ended.

    Parameters
    ----------
    status
        ``ContainerStatus.getExitStatus()``.
    diagnostics
        ``ContainerStatus.getDiagnostics()``.
    known
        What else is known.

    Returns
    -------
    tuple
        The kind, and a sentence for people.
    """
    because = "" if known.why is None else f": {known.why}"
    if status in (KILLED_EXCEEDED_PMEM, KILLED_EXCEEDED_VMEM):
        what = "memory" if status == KILLED_EXCEEDED_PMEM else "virtual memory"
        return (
            EndKind.MEMORY,
            f"YARN killed it: its processes used {_used(diagnostics)}{what} than the "
            f"{known.memory} MiB of its container. Ask for more worker_memory, or for a larger "
            "memory_overhead if it starts processes of its own.",
        )
    if status == PREEMPTED:
        return EndKind.PREEMPTED, "YARN took its container back for another queue or user."
    if status == DISKS_FAILED:
        return EndKind.DISKS_FAILED, "The disks of its node are full or broken."
    if status == ABORTED and "lost" in diagnostics:
        if known.retired:
            return EndKind.RETIRED, f"It was retired{because}."
        return EndKind.NODE_LOST, "Its node is gone."
    if known.retired and status not in SIGNALS:
        return EndKind.RETIRED, f"It was retired{because}."
    if known.released or status in (ABORTED, KILLED_BY_APPMASTER):
        return EndKind.RELEASED, f"Its container was given back{because}."
    if not known.joined:
        return EndKind.LAUNCH_FAILED, f"It ended before it had joined, with {_exit(status)}."
    if status == SUCCESS:
        return EndKind.FINISHED, "It ended by itself."
    if status in SIGNALS:
        return EndKind.KILLED, f"Its process was killed by {SIGNALS[status]}."
    return EndKind.FAILED, f"Its process ended with {_exit(status)}."


def _exit(status: int) -> str:
    if status in SIGNALS:
        return f"signal {SIGNALS[status]}"
    return f"exit code {status}" if status >= 0 else f"YARN's exit status {status}"


def _used(diagnostics: str) -> str:
    """Pick how much it was out of YARN's sentence: “1.1 GB of 640 MB physical memory used”."""
    match = re.search(r"([\d.]+ [KMGT]?B) of [\d.]+ [KMGT]?B physical memory used", diagnostics)
    return "more " if match is None else f"{match[1]}, more "


class FailureLimit:
    """Stops after so many failures of one kind in a row without one success.

    Parameters
    ----------
    most
        Failures that are one too many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kind: EndKind | None = None
        self._count = 0

    def succeed(self) -> None:
        """Start to count anew: a worker has joined."""
        self._kind, self._count = None, 0

    def fail(self, kind: EndKind) -> bool:
        """Count a failure; return True when it was one too many."""
        if kind not in COUNTED:
            return False
        self._count = self._count + 1 if kind is self._kind else 1
        self._kind = kind
        return self._count >= self._most
