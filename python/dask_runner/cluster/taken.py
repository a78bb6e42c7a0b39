"""What is said to a script that comes too late for a cluster."""

from __future__ import annotations


class TakenError(Exception):
    """The workers are another run's; the text is for people."""
