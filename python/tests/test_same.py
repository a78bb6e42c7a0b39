"""Scripts do on clusters of ours what they do under plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FORKS, Cluster
from same import world  # noqa: F401
from same.cases import CASES, Case
from same.ways import WORKERS, Result, plain, product

_expected: dict[str, Result] = {}


@pytest.fixture(scope="module")
def kept(root: Path) -> Iterator[Cluster]:
    cluster = Cluster(
        root, workers=WORKERS, memoryLimit="auto", security="tls", ephemeral=False
    ).start()
    yield cluster
    cluster.stop()


def expected(case: Case, folder: Path) -> Result:
    if case.name not in _expected:
        _expected[case.name] = plain(case, folder / "plain" / case.name)
    return _expected[case.name]


@pytest.mark.parametrize("mode", ["fresh", "process", "kept"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_same(case: Case, mode: str, root: Path, tmp_path: Path, kept: Cluster) -> None:
    if mode == "process" and not FORKS:
        pytest.skip("it is the only way here")
    if case.only and mode not in case.only:
        pytest.skip("it is compared in other modes")
    wanted = expected(case, tmp_path)
    folder = tmp_path / mode / case.name
    cluster = kept if mode == "kept" else None
    assert product(case, folder, root, cluster, fork=mode != "process") == wanted
