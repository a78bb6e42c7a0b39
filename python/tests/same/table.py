"""Writes docs/same.md: ``python -m same.table REPORT DOCUMENT``, after a run of the suite.

What that run did not compare stays as the document has it: a whole run takes hours of a small
machine, and may be made in parts (``-k fresh``).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

from same import TOPICS
from same.cases import CASES, MODES, Case

MISSING = "\N{EN DASH}"
INTRODUCTION = """\
# Scripts under plain Python and here

Each script of `python/tests/same` is run by `python script.py` and by the extension, and what it
prints, its exit code and the files that it writes are compared. **fresh**: on a cluster that is
made for the run, forked from the zygote; **process**: the same, started as processes; **kept**: on
a cluster that other scripts have used before, with new workers; **shared**: there, on the workers
that others have used (scripts that are about workers of their own are left out); **attached**:
likewise, on a scheduler and workers that somebody else has started; **yarn**: as a Dataproc job
with workers in YARN containers, one script after another on one cluster.

Written by `npm run test:same -- --write`, also in parts (`-k fresh`): **{missing}** stands for
what was not compared yet, or cannot be. `npm test` compares those about the script's world, in two
modes.
"""


def outcomes(report: Path) -> dict[tuple[str, str], str]:
    """Read how each comparison has ended from a JUnit file."""
    found = {}
    for test in ElementTree.parse(report).iter("testcase"):
        match = re.fullmatch(r"test_same\[(\w+)-(\w+)\](?:@.*)?", test.get("name", ""))
        if match:
            kinds = {child.tag for child in test}
            bad = kinds & {"failure", "error"}
            found[match[1], match[2]] = "fails" if bad else "skipped" if kinds else "same"
    return found


def before(document: Path) -> dict[tuple[str, str], str]:
    """Read how comparisons had ended when the document was written."""
    found = {}
    modes: list[str] = []
    for line in document.read_text().splitlines() if document.exists() else []:
        first, *cells = [cell.strip() for cell in line.split("|")[1:-1]] or [""]
        if first == "script":
            modes = cells[:-1]
        match = re.fullmatch(r"`(\w+)`", first)
        for mode, cell in zip(modes, cells if match else [], strict=False):
            if match and cell != MISSING:
                found[match[1], mode] = "same" if cell == "differs" else cell
    return found


def row(case: Case, found: dict[tuple[str, str], str]) -> str:
    cells = []
    for mode in MODES:
        outcome = found.get((case.name, mode), MISSING)
        differs = outcome == "same" and mode in case.different_modes
        cells.append("differs" if differs else MISSING if outcome == "skipped" else outcome)
    shows = case.name.replace("_", " ")
    if case.differs:
        shows += f". {case.differs}"
    return "| " + " | ".join([f"`{case.name}`", *cells, shows]) + " |"


def section(topic: ModuleType, found: dict[tuple[str, str], str]) -> str:
    title = (topic.__doc__ or "").strip().rstrip(".")
    cases = [case for case in CASES if case.topic == topic.__name__.rpartition(".")[2]]
    head = f"| script | {' | '.join(MODES)} | what it shows |\n|---|{'---|' * len(MODES)}---|"
    return "\n".join([f"## {title}", "", head, *(row(case, found) for case in cases), ""])


def main(report: str, document: str) -> None:
    known = {case.name: case.modes for case in CASES}
    everything = {**before(Path(document)), **outcomes(Path(report))}
    found = {key: one for key, one in everything.items() if key[1] in known.get(key[0], ())}
    wrong = sorted(f"{name} ({mode})" for (name, mode), one in found.items() if one == "fails")
    same = sum(one == "same" for one in found.values())
    differ = sum(bool(case.differs) for case in CASES)
    counts = f"{len(CASES)} scripts, {same} comparisons as expected; {differ} scripts differ."
    parts = [
        INTRODUCTION.replace("{missing}", MISSING),
        counts + "\n",
        *(section(topic, found) for topic in TOPICS),
    ]
    Path(document).write_text("\n".join(parts))
    print(f"{document}: {counts}", *wrong, sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
