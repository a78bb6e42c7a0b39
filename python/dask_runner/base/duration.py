"""Times, as people write them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Write a time for people: ``10 minutes``, ``90 seconds``."""
    whole = max(1, round(seconds))
    for size, word in ((3600, "hour"), (60, "minute")):
        if whole % size == 0:
            count = whole // size
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return "1 second" if whole == 1 else f"{whole} seconds"
