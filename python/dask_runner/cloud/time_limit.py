"""How long a run may take."""

from __future__ import annotations

import time

from dask_runner.base.duration import duration


class TimeLimit:
    """The time that a script has, from its start.

    Parameters
    ----------
    seconds
        So many; None for no limit.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._end: float | None = None

    def begin(self) -> None:
        """Start the clock."""
        if self._seconds is not None:
            self._end = time.monotonic() + self._seconds

    def over(self) -> bool:
        """Tell whether the time is up."""
        return self._end is not None and time.monotonic() >= self._end

    def error(self, name: str) -> dict[str, str]:
        """Return what is said of a script that was ended for it."""
        return {
            "code": "runTooLong",
            "message": f"{name} was ended after {duration(self._seconds or 0)}, as the profile's "
            '"maxRun" has it. Allow more time in the profile, or have it do less at a time.',
        }
