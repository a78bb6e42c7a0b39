"""Why a run has no performance report, in a sentence."""

from __future__ import annotations

import re
from typing import Any

#: Dask before this cannot draw with Bokeh from that on.
DASK_FOR_NEW_BOKEH, NEW_BOKEH = (2026, 3), (3, 9)
_BEGIN = "There is no performance report: "


class ReportMissingError(Exception):
    """The report cannot be had; the text is for people."""


def explain_missing(python: dict[str, Any], said: str) -> str:
    """Say why a scheduler has not drawn the report.

    Parameters
    ----------
    python
        Versions of ``dask`` and ``bokeh`` where it was to be drawn, as far as they are known.
    said
        What went wrong, in the words of whatever it was.
    """
    dask, bokeh = python.get("dask"), python.get("bokeh")
    if dask is not None and bokeh is None:
        return (
            f"{_BEGIN}Bokeh, which draws it, is not installed where the cluster's Dask is. "
            'Install it with: pip install "bokeh>=3.1"'
        )
    if _is_below(dask, DASK_FOR_NEW_BOKEH) and not _is_below(bokeh, NEW_BOKEH):
        return (
            f"{_BEGIN}Dask {dask} cannot draw it with Bokeh {bokeh}. Install Dask 2026.3.0 or "
            'newer, or an older Bokeh: pip install "bokeh<3.9"'
        )
    return f"{_BEGIN}{said.strip().rstrip('.') or 'nobody says why'}."


def _is_below(version: Any, least: tuple[int, ...]) -> bool:
    numbers = tuple(int(part) for part in re.findall(r"\d+", str(version or ""))[: len(least)])
    return bool(numbers) and numbers < least
