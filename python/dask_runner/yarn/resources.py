"""How large containers are, and what is refused before YARN is asked."""

from __future__ import annotations

from dataclasses import dataclass

from dask_runner.yarn.errors import YarnError

MIB = 2**20
#: What a worker's nanny and interpreter need beside the worker's own memory limit.
LEAST_OVERHEAD = 384 * MIB


@dataclass(frozen=True)
class WorkerSize:
    """One worker, and the container around it."""

    memory_limit: int  #: bytes, Dask's own limit
    container: int  #: MiB that YARN is asked for
    vcores: int


@dataclass(frozen=True)
class Room:
    """The largest that there is."""

    allocation: int  #: MiB, the most that the scheduler gives one container
    allocation_vcores: int
    node: int | None  #: MiB of the largest node; None when there is no node
    step: int  #: MiB, what the scheduler rounds up to


def default_overhead(memory_limit: int) -> int:
    """Return the overhead of a worker in bytes: a tenth, and 384 MiB at least."""
    return max(memory_limit // 10, LEAST_OVERHEAD)


def worker_size(memory_limit: int, overhead: int | None, vcores: int, room: Room) -> WorkerSize:
    """Work out a worker's container: its limit and the overhead, rounded up as YARN does.

    Parameters
    ----------
    memory_limit
        Dask's limit in bytes.
    overhead
        Bytes; None for the default.
    vcores
        Of the container, and threads of the worker.
    room
        What there is.

    Raises
    ------
    YarnError
        When no node could ever run it.
    """
    needed = memory_limit + (default_overhead(memory_limit) if overhead is None else overhead)
    steps = -(-needed // (room.step * MIB))
    size = WorkerSize(memory_limit, steps * room.step, vcores)
    limits = [(room.allocation, "YARN gives one container at most {} MiB")]
    if room.node is not None:
        # First, as the ResourceManager lowers the other to this one.
        limits.insert(0, (room.node, "the largest node has {} MiB for containers"))
    for most, why in sorted(limits, key=lambda limit: limit[0]):
        if size.container > most:
            fits = max(0, most - (size.container - memory_limit // MIB))
            raise YarnError(
                f"Workers of {memory_limit // MIB} MiB cannot run here: with their overhead they "
                f"need containers of {size.container} MiB, and {why.format(most)}. "
                f"Ask for worker_memory of about {fits} MiB or less."
            )
    if vcores > room.allocation_vcores:
        raise YarnError(
            f"Workers of {vcores} cores cannot run here: YARN gives one container at most "
            f"{room.allocation_vcores}. Ask for fewer worker_vcores."
        )
    return size
