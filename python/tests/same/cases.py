"""Scripts that must do on a cluster of ours what they do under plain Python."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: On a cluster that is made for the script by forks, by processes that are started, on one that is
#: kept, on the workers that others have used, on a scheduler and workers that somebody else has
#: started, and in containers of YARN as on Dataproc.
MODES = ("fresh", "process", "kept", "shared", "attached", "yarn")
#: Why relative paths are no good everywhere.
OWN_FOLDERS = (
    "Workers that scripts share, those of others and containers have folders of their own: "
    "give whole paths, or gs:// between machines."
)
#: Likewise for names, which plain Python takes from 0 on.
OWN_NAMES = (
    "Workers of others have names and folders of their own, those in containers names that are "
    "never used twice; shared workers have one folder for all."
)
#: What is only done where workers start.
THERE_BEFORE = (
    "Workers that scripts share were there before: a script's settings, its preloads and what it "
    "does at its top level are not theirs."
)
THEY_STAY = "The workers of a cluster that is kept stay until the next run: no plugin is torn down."
DATA_STAYS = "What is published stays on a cluster that is kept, and so do its workers."
#: Those in which a script starts its workers, or has its own.
OWN_WORKERS = ("fresh", "process", "kept", "yarn")
#: Those in which a script keeps its path.
ON_THIS_MACHINE = MODES[:-1]
#: What these scripts show does not depend on workers that are the script's own.
FOR_SHARED = ("collections", "coordination", "futures", "tasks")


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
    differs
        Why it is not the same here, where it is not.
    differs_in
        The modes in which it is not; none for all.
    topic
        The module that it is from.
    """

    name: str
    text: str
    files: Mapping[str, str] = field(default_factory=dict)
    args: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    path: str = "script.py"
    unordered: bool = False
    only: Sequence[str] = ()
    differs: str = ""
    differs_in: Sequence[str] = ()
    topic: str = ""

    @property
    def modes(self) -> Sequence[str]:
        """The modes that it is compared in."""
        without = set() if self.topic in FOR_SHARED else {"shared", "attached"}
        if any("{folder}" in value for value in self.environment.values()):
            # Where its files are on the machines of a cloud is not known before.
            without.add("yarn")
        return [one for one in MODES if one not in without and (not self.only or one in self.only)]

    @property
    def different_modes(self) -> Sequence[str]:
        """The modes in which it must not be the same: else the sentence is out of date."""
        return (self.differs_in or self.modes) if self.differs else ()


CASES: list[Case] = []


def case(name: str, text: str, **more: object) -> None:
    """Add one."""
    assert name not in {one.name for one in CASES}, name
    topic = sys._getframe(1).f_globals["__name__"].rpartition(".")[2]
    CASES.append(Case(name, text.strip("\n") + "\n", topic=topic, **more))  # type: ignore[arg-type]
