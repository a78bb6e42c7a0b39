"""Scripts that start while the scheduler of their cluster does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cluster, wait_until

Script = Callable[..., Path]
CONNECTS = """\
print("begun", flush=True)
from distributed import Client
if __name__ == "__main__":
    with Client() as c:
        print(c.submit(sum, [1, 2]).result())
"""
SLOW = """\
import os, time
while not os.path.exists({gate!r}):
    time.sleep(0.01)
"""


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    return tmp_path / "gate"


@pytest.fixture(params=[True, False], ids=["forked", "process"])
def starting(
    root: Path, tmp_path: Path, gate: Path, request: pytest.FixtureRequest
) -> Callable[[str], Cluster]:
    """Return what starts a cluster whose scheduler loads a module first, which waits for a file."""

    def start(then: str) -> Cluster:
        preload = tmp_path / "slow_preload.py"
        preload.write_text(SLOW.format(gate=str(gate)) + then)
        cluster = Cluster(
            root,
            security="tls",
            startWorkers="withScript",
            environment={"DASK_DISTRIBUTED__SCHEDULER__PRELOAD": str(preload)},
        ).start(wait=False, fork=request.param)
        request.addfinalizer(cluster.stop)
        request.addfinalizer(gate.touch)
        wait_until(lambda: cluster.state.get("schedulerAddress"), what="no address is told")
        assert cluster.state["state"] == "starting"
        return cluster

    return start


def test_begins_at_once_and_its_client_waits(
    starting: Callable[[str], Cluster], gate: Path, script: Script
) -> None:
    cluster = starting("")
    run = cluster.submit(script(CONNECTS), report=True, releaseCluster=True)
    wait_until(lambda: b"begun" in run.output)
    assert cluster.state["state"] == "starting"
    gate.touch()
    status = run.wait()
    assert status["state"] == "succeeded", run.output
    assert run.output.decode().split()[-1] == "3"
    assert status["report"] is not None, status
    assert cluster.wait_for("closed")["endReason"] == "Its run ended."


def test_a_scheduler_that_does_not_start_is_named(
    starting: Callable[[str], Cluster], gate: Path, script: Script
) -> None:
    cluster = starting("raise ValueError('no such licence')\n")
    run = cluster.submit(script(CONNECTS), releaseCluster=True)
    wait_until(lambda: b"begun" in run.output)
    gate.touch()
    error = run.wait()["error"]
    assert error["code"] == "clusterLost"
    assert "no such licence" in error["message"]


def test_one_that_ends_first_releases_its_cluster(
    starting: Callable[[str], Cluster], gate: Path, script: Script
) -> None:
    cluster = starting("")
    run = cluster.submit(script("print('done')\n"), report=True, releaseCluster=True)
    wait_until(lambda: run.status.get("state") == "succeeded")
    assert cluster.state["state"] == "starting"
    gate.touch()
    assert run.wait()["released"] is True
    assert cluster.wait_for("closed")["endReason"] == "Its run ended."
