"""How clusters on YARN, their workers and their machines end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import ENVIRONMENT, PACKAGE, wait_until
from distributed import Client, get_worker
from distributed.core import Status

from dask_runner import YarnCluster
from dask_runner.yarn import EndKind, YarnError
from yarn.conftest import SMALL, Yarn, ended_after, processes, remains

pytestmark = pytest.mark.xdist_group("yarn")
Make = Callable[..., YarnCluster]


def test_workers_of_a_node_that_leaves_are_retired_first(yarn: Yarn, make: Make) -> None:
    yarn.do("addNode")
    with make(1) as cluster, Client(cluster) as client:
        client.wait_for_workers(1, 60)
        result = client.submit(lambda: (get_worker().name, "kept"))
        name, _text = result.result()
        node = cluster.containers()[name].node
        yarn.do("decommission", node=node, seconds=60)
        ended = ended_after(cluster, 0)
        # The only worker: its results had to wait for the next one.
        assert (ended.name, ended.kind, ended.node) == (name, EndKind.RETIRED, node)
        assert "out of service" in ended.reason
        assert result.result() == (name, "kept")
        assert all(c.node != node for c in cluster.containers().values())


def test_workers_of_a_lost_node_are_replaced(yarn: Yarn, make: Make) -> None:
    with make(1) as cluster, Client(cluster) as client:
        client.wait_for_workers(1, 60)
        (container,) = cluster.containers().values()
        yarn.do("addNode")
        yarn.do("killNode", node=container.node)
        ended = ended_after(cluster, 0)
        assert (ended.kind, ended.node) == (EndKind.NODE_LOST, container.node)
        assert client.submit(abs, -1).result(60) == 1


def test_a_preempted_worker_waits_for_another_container(yarn: Yarn, make: Make) -> None:
    with make(2, worker_memory="1500MiB") as cluster, Client(cluster) as client:
        client.wait_for_workers(2, 60)
        with make(1, worker_memory="1500MiB", queue="other") as other:
            ended = ended_after(cluster, 0)
            assert (ended.kind, ended.exit_status) == (EndKind.PREEMPTED, -102)
            other.wait_for_workers(1, 60)
            assert len(cluster.plan) == 2
        wait_until(lambda: len(cluster.scheduler.workers) == 2, what="its share is back")


def test_it_goes_on_after_the_resource_manager_was_restarted(yarn: Yarn, make: Make) -> None:
    with make(1) as cluster, Client(cluster) as client:
        client.wait_for_workers(1, 60)
        names = set(cluster.containers())
        yarn.do("restartResourceManager", downSeconds=2)
        assert client.submit(abs, -1).result(30) == 1
        cluster.scale(2)
        client.wait_for_workers(2, 90)
        assert names < set(cluster.containers()) and not cluster.ended_workers
        app_id = cluster.app_id
    assert yarn.ended(app_id)["finalStatus"] == "SUCCEEDED"


def test_workers_that_cannot_start_end_the_attempts(yarn: Yarn, make: Make) -> None:
    cluster = make(2, environment="python:///nowhere/python3")
    app_id = cluster.app_id
    with pytest.raises(YarnError) as refused:
        cluster.wait_for_workers(2, 90)
    for words in ("3 in a row", "launch failed", "exit code 127", "No such file"):
        assert words in str(refused.value), refused.value
    assert {e.kind for e in cluster.ended_workers} == {EndKind.LAUNCH_FAILED}
    wait_until(lambda: cluster.status == Status.closed, 30)
    assert yarn.ended(app_id)["finalStatus"] == "FAILED"
    with pytest.raises(YarnError, match="3 in a row"):
        cluster.scale(1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"queue": "none"}, ["no queue", '"none"', "default", "other"]),
        ({"queue": "stopped"}, ['"stopped"', "takes no applications", "Choose another"]),
        ({"queue": "root"}, ['"root"', "only holds others", "default"]),
        ({"worker_memory": "3GiB"}, ["largest node", "worker_memory"]),
        ({"worker_vcores": 100}, ["100 cores", "worker_vcores"]),
    ],
)
def test_what_cannot_be_is_refused_before_yarn_is_asked(
    yarn: Yarn, make: Make, options: dict[str, Any], words: list[str]
) -> None:
    before = yarn.count()
    with pytest.raises(YarnError) as refused:
        make(**options)
    assert all(word in str(refused.value) for word in words), refused.value
    assert yarn.count() == before


def test_an_idle_cluster_ends_its_application(yarn: Yarn, make: Make) -> None:
    cluster = make(1, idle_timeout="3s")
    app_id = cluster.app_id
    with Client(cluster) as client:
        # Longer than the time: work is not idleness.
        assert client.submit(lambda: time.sleep(5) or "done").result(60) == "done"
        assert cluster.status == Status.running
    wait_until(lambda: cluster.status == Status.closed, 30)
    application = yarn.ended(app_id)
    assert application["finalStatus"] == "SUCCEEDED"
    assert "nothing to do for 3 s" in application["diagnostics"]


def test_an_error_in_the_block_is_said_on_yarns_page(yarn: Yarn, make: Make) -> None:
    with pytest.raises(ZeroDivisionError), make(0) as cluster:
        app_id = cluster.app_id
        _ = 1 / 0
    application = yarn.ended(app_id)
    assert (application["state"], application["finalStatus"]) == ("FINISHED", "FAILED")
    assert "ZeroDivisionError" in application["diagnostics"]


def test_an_application_that_yarn_ends_closes_the_cluster(yarn: Yarn, make: Make) -> None:
    cluster = make(1)
    cluster.wait_for_workers(1, 60)
    yarn.do("killApplication", id=cluster.app_id)
    wait_until(lambda: cluster.status == Status.closed, 60)
    assert "YARN has ended the application (killed)" in str(cluster.error)


def test_it_is_awaited_as_others_are(yarn: Yarn) -> None:
    async def use() -> int:
        async with (
            YarnCluster(
                n_workers=1,
                worker_memory=SMALL,
                host="127.0.0.1",
                classpath=yarn.info["classpath"],
                asynchronous=True,
            ) as cluster,
            Client(cluster, asynchronous=True) as client,
        ):
            assert "YarnCluster" in repr(cluster) and "YarnCluster" in cluster._repr_html_()
            return int(await client.submit(abs, -3))

    assert asyncio.run(use()) == 3


SCRIPT = """
import sys, time
from distributed import Client
from dask_runner import YarnCluster
if __name__ == "__main__":
    with YarnCluster(1, "256MiB", host="127.0.0.1", death_timeout=20) as cluster:
        with Client(cluster) as client:
            client.wait_for_workers(1)
            print(cluster.app_id, flush=True)
            time.sleep(300)
"""


@pytest.fixture
def master(yarn: Yarn, tmp_path: Path) -> Any:
    (tmp_path / "script.py").write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, tmp_path / "script.py"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={
            **ENVIRONMENT,
            "PYTHONPATH": str(PACKAGE.parent),
            "DASK_YARN__CLASSPATH": yarn.info["classpath"],
        },
    )
    assert process.stdout is not None
    yield process, process.stdout.readline().strip()
    process.kill()
    process.wait()


def test_ctrl_c_ends_the_application(yarn: Yarn, master: Any) -> None:
    process, app_id = master
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: Java is told, too
    process.wait(60)
    application = yarn.ended(app_id)
    assert (application["state"], application["finalStatus"]) == ("FINISHED", "KILLED")
    wait_until(lambda: not remains(app_id), 30, "workers left")


def test_no_worker_outlives_a_killed_master_for_long(yarn: Yarn, master: Any) -> None:
    process, app_id = master
    children = psutil.Process(process.pid).children(recursive=True)
    assert remains(app_id) and children
    process.kill()
    process.wait()
    wait_until(lambda: not remains(app_id), what="workers left")
    wait_until(lambda: not any(c.is_running() for c in children), what="Java left")
    wait_until(lambda: yarn.metrics()["containersAllocated"] == 0, what="containers left")


def test_no_daemon_outlives_whoever_started_it() -> None:
    yarn = Yarn("--nodes", "0")
    assert processes(f"{yarn.folder}/")
    yarn.process.kill()
    wait_until(lambda: not processes(f"{yarn.folder}/"), what="daemons left")
    wait_until(lambda: not yarn.folder.exists(), what="folder left")
