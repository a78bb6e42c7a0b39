"""Scripts do on clusters of ours what they do under plain Python.

With ``DASK_TEST_SAME=all`` (``npm run test:same``) each is compared in all modes; else those about
the script's world alone, on a cluster that is made for them and in one more mode.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FORKS, Cluster
from same import TOPICS  # noqa: F401
from same.cases import CASES, Case
from same.ways import WORKERS, Expected, Result, attached, is_usual, on_yarn, product
from theirs import Theirs
from yarn.conftest import Master, Yarn, bucket, yarn  # noqa: F401

ALL = os.environ.get("DASK_TEST_SAME") == "all"
_expected = Expected()


@pytest.fixture(scope="module")
def kept(root: Path) -> Iterator[Cluster]:
    """A cluster that scripts use one after another."""
    cluster = Cluster(
        root, workers=WORKERS, memoryLimit="auto", security="tls", ephemeral=False
    ).start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def shared(root: Path) -> Iterator[Cluster]:
    """A cluster whose workers scripts use one after another."""
    cluster = Cluster(
        root,
        workers=WORKERS,
        memoryLimit="auto",
        security="tls",
        ephemeral=False,
        sharedWorkers=True,
    ).start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theirs]:
    """A scheduler of somebody else, with as many workers, which scripts use one after another."""
    cluster = Theirs(tmp_path_factory.mktemp("theirs"), workers=WORKERS["count"], nannies=True)
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def master(root: Path, yarn: Yarn) -> Iterator[Master]:  # noqa: F811
    """A machine of a cloud, whose cluster stays."""
    master = Master(root, yarn, workers=WORKERS, ephemeral=False, startWorkers="withScript")
    yield master
    master.down()


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each script runs in every way: keys of tasks and wide tracebacks hold its path."""
    return tmp_path_factory.mktemp("place")


def usual_modes(case: Case) -> set[str]:
    """Return the modes that each run of the tests compares: starting processes takes its time."""
    number = zlib.crc32(case.name.encode())
    others = [mode for mode in case.modes if mode in ("kept", "shared")]
    usual = {"fresh", *([others[number % len(others)]] if others else [])}
    return usual | {"process"} if number % 6 == 0 and "process" in case.modes else usual


def comparisons() -> list[object]:
    """Return what is compared: one process of pytest has all modes of a script.

    All but those on YARN, which have daemons of their own."""
    found = []
    for case in CASES:
        usual = usual_modes(case) if is_usual(case) else set()
        for mode in case.modes:
            if ALL or mode in usual:
                group = pytest.mark.xdist_group("yarn" if mode == "yarn" else f"same-{case.name}")
                found.append(pytest.param(case, mode, id=f"{case.name}-{mode}", marks=group))
    return found


def difference(found: Result, wanted: Result) -> str:
    """Return what differs, a line each: ``-`` for plain Python."""
    sides = [
        [*repr((one.code, one.error, one.files)).split(","), *one.output.splitlines()]
        for one in (wanted, found)
    ]
    both = set(sides[0]) & set(sides[1])
    lines = [
        f"{sign} {line}"
        for sign, side in zip("-+", sides, strict=True)
        for line in side
        if line not in both
    ]
    return "\n".join(lines)[:4000] or "the order of the lines"


@pytest.mark.parametrize(("case", "mode"), comparisons())
def test_same(
    case: Case, mode: str, root: Path, place: Path, request: pytest.FixtureRequest
) -> None:
    if mode == "process" and not FORKS:
        pytest.skip("it is the only way here")
    folder = place / case.name
    wanted = _expected.of(case, folder)
    if mode == "yarn":
        machines = [request.getfixturevalue(name) for name in ("master", "bucket")]
        found = on_yarn(case, folder, *machines)
    elif mode == "attached":
        found = attached(case, folder, root, request.getfixturevalue("theirs"))
    else:
        cluster = request.getfixturevalue(mode) if mode in ("kept", "shared") else None
        found = product(case, folder, root, cluster, fork=mode != "process")
    if found != wanted:
        # It may have been kept from a former run of the tests.
        wanted = _expected.anew(case, folder)
    if mode in case.different_modes:
        assert found != wanted, f"It does the same now: {case.differs}"
    else:
        # Comparing long texts as pytest does takes hours.
        same = found == wanted
        assert same, difference(found, wanted)
