"""A script's Dask settings, for a scheduler that runs already."""

from __future__ import annotations

import contextlib
from typing import Any

import dask
from dask.utils import parse_bytes, parse_timedelta

#: Attributes that Dask's scheduler (2024.4 to 2026.8) reads from its settings when it is made.
READ_AT_START: tuple[tuple[str, str, Any], ...] = (
    ("allowed_failures", "distributed.scheduler.allowed-failures", int),
    ("bandwidth", "distributed.scheduler.bandwidth", parse_bytes),
    ("validate", "distributed.scheduler.validate", bool),
    ("UNKNOWN_TASK_DURATION", "distributed.scheduler.unknown-task-duration", parse_timedelta),
    ("MEMORY_RECENT_TO_OLD_TIME", "distributed.worker.memory.recent-to-old-time", parse_timedelta),
    ("MEMORY_REBALANCE_MEASURE", "distributed.worker.memory.rebalance.measure", str),
    ("MEMORY_REBALANCE_SENDER_MIN", "distributed.worker.memory.rebalance.sender-min", float),
    ("MEMORY_REBALANCE_RECIPIENT_MAX", "distributed.worker.memory.rebalance.recipient-max", float),
    (
        "MEMORY_REBALANCE_HALF_GAP",
        "distributed.worker.memory.rebalance.sender-recipient-gap",
        lambda gap: float(gap) / 2,
    ),
    ("WORKER_SATURATION", "distributed.scheduler.worker-saturation", float),
    ("worker_ttl", "distributed.scheduler.worker-ttl", parse_timedelta),
    ("no_workers_timeout", "distributed.scheduler.no-workers-timeout", parse_timedelta),
)


def take_over_settings(scheduler: Any, ours: dict[str, Any], script: dict[str, Any]) -> None:
    """Put a script's settings in the place of all that this process had.

    Parameters
    ----------
    scheduler
        The scheduler: what it has read once is read again.
    ours
        Settings that stay as they are, by their dotted names.
    script
        The script's ``dask.config.config``.
    """
    config = dask.config.config
    config.clear()
    dask.config.update(config, script)
    dask.config.set(ours)
    for attribute, name, read in READ_AT_START:
        value = dask.config.get(name, None)
        if hasattr(scheduler, attribute):
            with contextlib.suppress(TypeError, ValueError):
                setattr(scheduler, attribute, None if value is None else read(value))
    _steal(scheduler, dask.config.get("distributed.scheduler.work-stealing", True))


def _steal(scheduler: Any, wanted: bool) -> None:
    """Turn work stealing on or off, as a scheduler does that is made with these settings."""
    stealing = scheduler.extensions.get("stealing")
    if stealing is None:
        return
    if wanted:
        scheduler.loop.add_callback(stealing.start)
    else:
        scheduler.loop.add_callback(stealing.stop)
