"""What ends a job before its script runs, in words for people."""

from __future__ import annotations


class JobError(Exception):
    """A job cannot be run.

    Parameters
    ----------
    code
        Stable id in lowerCamelCase.
    message
        What happened, why, what to do next.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class CancelError(Exception):
    """A cancel was asked for before the script ran."""
