"""Scripts that must do on a cluster of ours what they do under plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """A script, what lies beside it, and how its output is compared.

    Parameters
    ----------
    name
        In the table.
    text
        Of ``script.py``.
    files
        What lies beside it, by path.
    args
        Of the script.
    environment
        Variables that are set for it.
    path
        Where the script is.
    unordered
        True where the lines of its output may come in any order.
    only
        The modes that it is compared in; none for all.
    """

    name: str
    text: str
    files: Mapping[str, str] = field(default_factory=dict)
    args: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    path: str = "script.py"
    unordered: bool = False
    only: Sequence[str] = ()


CASES: list[Case] = []


def case(name: str, text: str, **more: object) -> None:
    """Add one."""
    assert name not in {one.name for one in CASES}, name
    CASES.append(Case(name, text.strip("\n") + "\n", **more))  # type: ignore[arg-type]
